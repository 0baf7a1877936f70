//! A template as CloudFormation writes it.

use std::convert::Infallible;

use serde_json::{Map, Value, json};

use super::deployments::AUDIENCE;
use super::documents::{self, trust};
use super::model::{Attached, Form, Output, Parameter, Resource, Role, StackSet, Template, Test, What};
use super::text::Text;
use super::yaml;

/// What CloudFormation takes as the body of a template; a larger one comes from S3.
pub const BODY_BYTES_MAX: usize = 51_200;

/// The template as a value.
#[must_use]
pub fn template(template: &Template) -> Value {
    let parameters: Map<String, Value> =
        template.parameters.iter().map(|parameter| (parameter.name.clone(), said(parameter))).collect();
    let resources: Map<String, Value> =
        template.resources.iter().map(|resource| (resource.id.clone(), made(template, resource))).collect();
    let outputs: Map<String, Value> =
        template.outputs.iter().map(|output| (output.name.clone(), told(output))).collect();
    let mut whole = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": template.description,
    });
    let conditions: Map<String, Value> =
        template.conditions.iter().map(|(name, test)| (name.clone(), condition(test))).collect();
    for (name, map) in
        [("Parameters", parameters), ("Conditions", conditions), ("Resources", resources), ("Outputs", outputs)]
    {
        if let Some(whole) = whole.as_object_mut()
            && !map.is_empty()
        {
            whole.insert(name.to_owned(), Value::Object(map));
        }
    }
    whole
}

fn said(parameter: &Parameter) -> Value {
    let list = parameter.form == Form::Units;
    let mut said = json!({
        "Type": if list { "CommaDelimitedList" } else { "String" },
        "Description": parameter.description,
    });
    let Some(fields) = said.as_object_mut() else { return said };
    if let Some(default) = &parameter.default {
        fields.insert("Default".to_owned(), json!(default));
    }
    if let Form::Choice(choices) = parameter.form {
        fields.insert("AllowedValues".to_owned(), json!(choices));
    }
    if let Some(pattern) = parameter.form.pattern() {
        fields.insert("AllowedPattern".to_owned(), json!(pattern));
        fields.insert("ConstraintDescription".to_owned(), json!(parameter.form.says()));
    }
    if parameter.form.is_secret() {
        fields.insert("NoEcho".to_owned(), json!(true));
    }
    said
}

fn condition(test: &Test) -> Value {
    let all = |tests: &[Test]| tests.iter().map(condition).collect::<Vec<_>>();
    match test {
        Test::Equals(one, other) => json!({"Fn::Equals": [plain(one), plain(other)]}),
        Test::Not(test) => json!({"Fn::Not": [condition(test)]}),
        Test::Any(tests) => json!({"Fn::Or": all(tests)}),
        Test::All(tests) => json!({"Fn::And": all(tests)}),
        Test::Is(name) => json!({"Condition": name}),
    }
}

/// A text without locals.
fn plain(text: &Text) -> Value {
    match (text.sole_reference(), text.references().next()) {
        (Some(name), _) => json!({"Ref": name}),
        (None, Some(_)) => json!({"Fn::Sub": text.as_str()}),
        (None, None) => json!(text.as_str()),
    }
}

/// A text of a template, its locals written out.
fn written(template: &Template, text: &Text) -> Value {
    let locals: Vec<&str> = text.references().filter(|name| template.local(name).is_some()).collect();
    let of_local = |name: &str| match template.local(name) {
        Some(local) => json!({"Fn::If": [local.when, plain(&local.then), plain(&local.otherwise)]}),
        None => json!({"Ref": name}),
    };
    match (locals.as_slice(), text.sole_reference()) {
        ([], _) => plain(text),
        ([name], Some(_)) => of_local(name),
        (names, _) => {
            let values: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), of_local(name))).collect();
            json!({"Fn::Sub": [text.as_str(), values]})
        }
    }
}

fn made(template: &Template, resource: &Resource) -> Value {
    let (sort, mut properties) = match &resource.what {
        What::Role(role) => ("AWS::IAM::Role", role_properties(template, role)),
        What::Profile { role, name } => (
            "AWS::IAM::InstanceProfile",
            json!({"InstanceProfileName": written(template, name), "Roles": [{"Ref": role}]}),
        ),
        What::User { name, permission } => (
            "AWS::IAM::User",
            json!({
                "UserName": written(template, name),
                "Policies": [{"PolicyName": permission.name, "PolicyDocument": inline(template, permission)}],
            }),
        ),
        What::Provider { issuer, tag } => {
            let mut properties = json!({
                "Url": {"Fn::Sub": format!("https://{issuer}")},
                "ClientIdList": [AUDIENCE],
            });
            if let (Some(properties), Some(tag)) = (properties.as_object_mut(), tag) {
                properties.insert("Tags".to_owned(), json!([{"Key": "port:integration", "Value": plain(tag)}]));
            }
            ("AWS::IAM::OIDCProvider", properties)
        }
        What::Policy { description, document } => {
            ("AWS::IAM::ManagedPolicy", json!({"Description": description, "PolicyDocument": document}))
        }
        What::StackSet(set) => ("AWS::CloudFormation::StackSet", stack_set(template, set)),
    };
    let mut made = json!({"Type": sort});
    let Some(fields) = made.as_object_mut() else { return made };
    if let Some(when) = &resource.when {
        fields.insert("Condition".to_owned(), json!(when));
    }
    let (sometimes, always): (Vec<_>, Vec<_>) =
        resource.after.iter().map(|id| (id, condition_of(template, id))).partition(|(_, when)| when.is_some());
    if !always.is_empty() {
        fields.insert("DependsOn".to_owned(), always.iter().map(|(id, _)| json!(id)).collect());
    }
    if matches!(resource.what, What::Provider { .. }) {
        // Others may use it: deleting the stack must not lock them out.
        fields.insert("DeletionPolicy".to_owned(), json!("Retain"));
        fields.insert("UpdateReplacePolicy".to_owned(), json!("Retain"));
    }
    if let Some(properties) = properties.as_object_mut()
        && !sometimes.is_empty()
    {
        // What may not be there can be waited for by a reference alone: here, in a tag that says whose it is.
        let tag = |(id, when): &(&String, Option<&str>)| json!({"Key": "portolan:source", "Value": {"Fn::If": [when, {"Ref": id}, "in another account"]}});
        properties.insert("Tags".to_owned(), sometimes.iter().map(tag).collect());
    }
    fields.insert("Properties".to_owned(), properties);
    made
}

/// Under which condition a resource is there; none where it always is.
fn condition_of<'t>(template: &'t Template, id: &str) -> Option<&'t str> {
    template.resources.iter().find(|resource| resource.id == id)?.when.as_deref()
}

fn role_properties(template: &Template, role: &Role) -> Value {
    let as_written = |text: &Text| Ok::<_, Infallible>(text.to_string());
    let as_text = |text: &Text| Ok::<_, Infallible>(json!(text.as_str()));
    let as_value = |text: &Text| Ok::<_, Infallible>(written(template, text));
    let document = if role.trust.substitutes_keys() {
        // A key cannot be a function, so the document is a text as a whole.
        let Ok(document) = trust(&role.trust, &as_written, &as_text);
        json!({"Fn::Sub": serde_json::to_string_pretty(&document).unwrap_or_default()})
    } else {
        let Ok(document) = trust(&role.trust, &as_written, &as_value);
        document
    };
    let mut properties = json!({
        "RoleName": written(template, &role.name),
        "Description": role.description,
        "AssumeRolePolicyDocument": document,
    });
    let Some(fields) = properties.as_object_mut() else { return properties };
    if let Some(permission) = &role.permission {
        let policy = json!({"PolicyName": permission.name, "PolicyDocument": inline(template, permission)});
        fields.insert("Policies".to_owned(), json!([policy]));
    }
    if !role.attached.is_empty() {
        let attached = role.attached.iter().map(|attached| match attached {
            Attached::Arn(arn) => written(template, arn),
            Attached::Own(id, None) => json!({"Ref": id}),
            Attached::Own(id, Some(when)) => json!({"Fn::If": [when, {"Ref": id}, {"Ref": "AWS::NoValue"}]}),
        });
        fields.insert("ManagedPolicyArns".to_owned(), attached.collect());
    }
    properties
}

fn inline(template: &Template, permission: &super::model::Permission) -> Value {
    let Ok(document) = documents::permission(permission, &|text| Ok::<_, Infallible>(written(template, text)));
    document
}

fn stack_set(outer: &Template, set: &StackSet) -> Value {
    let parameters = set
        .parameters
        .iter()
        .map(|(name, value)| json!({"ParameterKey": name, "ParameterValue": written(outer, value)}));
    json!({
        "StackSetName": written(outer, &set.name),
        "Description": set.template.description,
        "PermissionModel": "SERVICE_MANAGED",
        "CallAs": written(outer, &set.call_as),
        "AutoDeployment": {"Enabled": true, "RetainStacksOnAccountRemoval": false},
        "ManagedExecution": {"Active": true},
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "OperationPreferences": {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100},
        "Parameters": parameters.collect::<Vec<_>>(),
        "StackInstancesGroup": [{
            "DeploymentTargets": {"OrganizationalUnitIds": {"Ref": set.units}},
            // Roles are of all regions: one stack in each account is enough.
            "Regions": [{"Ref": "AWS::Region"}],
        }],
        "TemplateBody": yaml::text(&template(&set.template)),
    })
}

fn told(output: &Output) -> Value {
    let mut told = json!({
        "Description": output.description,
        "Value": {"Fn::GetAtt": [output.arn_of, "Arn"]},
    });
    if let (Some(told), Some(when)) = (told.as_object_mut(), &output.when) {
        told.insert("Condition".to_owned(), json!(when));
    }
    told
}
