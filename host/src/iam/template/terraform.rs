//! A template as a module of Terraform, in HCL.

use std::convert::Infallible;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::deployments::AUDIENCE;
use super::documents::{self, trust};
use super::model::{Attached, Form, Parameter, Permission, Resource, Role, StackSet, Template, Test, What};
use super::text::{Part, Text};
use super::{cloudformation, yaml};

/// The module.
#[must_use]
pub fn module(template: &Template) -> String {
    let writer = Writer { template };
    let mut blocks = vec![
        "terraform {\n  required_providers {\n    aws = {\n      source  = \"hashicorp/aws\"\n      version = \">= 5.0\"\n    }\n  }\n}\n"
            .to_owned(),
    ];
    blocks.extend(template.parameters.iter().map(variable));
    blocks.push("data \"aws_partition\" \"current\" {}\n\ndata \"aws_caller_identity\" \"current\" {}\n".to_owned());
    blocks.extend(writer.locals());
    blocks.extend(template.resources.iter().flat_map(|resource| writer.resource(resource)));
    blocks.extend(template.outputs.iter().map(|output| {
        let arn = writer.attribute_or_null(&output.arn_of, "arn");
        let description = quoted(&output.description);
        format!("output \"{}\" {{\n  description = {description}\n  value       = {arn}\n}}\n", snake(&output.name))
    }));
    blocks.join("\n")
}

struct Writer<'a> {
    template: &'a Template,
}

/// `ReadRoleName` as `read_role_name`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// A text of HCL in which nothing is replaced.
fn quoted(text: &str) -> String {
    Value::from(text.replace("${", "$${").replace("%{", "%%{")).to_string()
}

fn variable(parameter: &Parameter) -> String {
    let name = snake(&parameter.name);
    let sort = if parameter.form == Form::Units { "list(string)" } else { "string" };
    let mut lines =
        vec![format!("  type        = {sort}"), format!("  description = {}", quoted(&parameter.description))];
    if let Some(default) = &parameter.default {
        lines.push(format!("  default     = {}", quoted(default)));
    }
    if parameter.form.is_secret() {
        lines.push("  sensitive   = true".to_owned());
    }
    let condition = match (parameter.form, parameter.form.pattern()) {
        (Form::Choice(choices), _) => Some(format!("contains({}, var.{name})", json!(choices))),
        (_, Some(pattern)) => Some(format!("can(regex({}, var.{name}))", quoted(pattern))),
        (_, None) => None,
    };
    if let Some(condition) = condition {
        let message = quoted(&format!("{name}: {}.", parameter.form.says()));
        lines.push(format!("\n  validation {{\n    condition     = {condition}\n    error_message = {message}\n  }}"));
    }
    format!("variable \"{name}\" {{\n{}\n}}\n", lines.join("\n"))
}

impl Writer<'_> {
    /// What a reference is called.
    fn reference(&self, name: &str) -> String {
        match name {
            "AWS::Partition" => "data.aws_partition.current.partition".to_owned(),
            "AWS::AccountId" => "data.aws_caller_identity.current.account_id".to_owned(),
            name if self.template.local(name).is_some() => format!("local.{}", snake(name)),
            name => format!("var.{}", snake(name)),
        }
    }

    /// A text with HCL's own references in it, unquoted.
    fn inside(&self, text: &Text) -> String {
        let part = |part| match part {
            Part::Plain(text) => text.to_owned(),
            Part::Reference(name) => format!("${{{}}}", self.reference(name)),
        };
        text.parts().into_iter().map(part).collect()
    }

    /// A text as an expression.
    fn expression(&self, text: &Text) -> String {
        match text.sole_reference() {
            Some(name) => self.reference(name),
            None => Value::from(self.inside(text)).to_string(),
        }
    }

    fn test(&self, test: &Test) -> String {
        let joined = |tests: &[Test], with: &str| {
            let tests: Vec<String> = tests.iter().map(|test| self.test(test)).collect();
            format!("({})", tests.join(with))
        };
        match test {
            Test::Equals(one, other) => format!("{} == {}", self.expression(one), self.expression(other)),
            Test::Not(test) => format!("!({})", self.test(test)),
            Test::Any(tests) => joined(tests, " || "),
            Test::All(tests) => joined(tests, " && "),
            Test::Is(name) => format!("local.{}", snake(name)),
        }
    }

    fn locals(&self) -> Option<String> {
        let conditions =
            self.template.conditions.iter().map(|(name, test)| format!("  {} = {}\n", snake(name), self.test(test)));
        let locals = self.template.locals.iter().map(|local| {
            let (then, otherwise) = (self.expression(&local.then), self.expression(&local.otherwise));
            format!("  {} = local.{} ? {then} : {otherwise}\n", snake(&local.name), snake(&local.when))
        });
        let lines: String = conditions.chain(locals).collect();
        (!lines.is_empty()).then(|| format!("locals {{\n{lines}}}\n"))
    }

    /// The type and name of a resource.
    fn address(&self, id: &str) -> String {
        let sort = match self.template.resource(id).map(|resource| &resource.what) {
            Some(What::User { .. }) => "aws_iam_user",
            Some(What::Policy { .. }) => "aws_iam_policy",
            _ => "aws_iam_role",
        };
        format!("{sort}.{}", snake(id))
    }

    fn is_conditional(&self, id: &str) -> bool {
        self.template.resource(id).is_some_and(|resource| resource.when.is_some())
    }

    /// An attribute of a resource that is there.
    fn attribute(&self, id: &str, attribute: &str) -> String {
        let index = if self.is_conditional(id) { "[0]" } else { "" };
        format!("{}{index}.{attribute}", self.address(id))
    }

    fn attribute_or_null(&self, id: &str, attribute: &str) -> String {
        match self.is_conditional(id) {
            true => format!("one({}[*].{attribute})", self.address(id)),
            false => self.attribute(id, attribute),
        }
    }

    /// A block of a resource, with the conditions under which it is made.
    fn block(sort: &str, name: &str, when: &[&String], lines: &[String]) -> String {
        let mut out = format!("resource \"{sort}\" \"{name}\" {{\n");
        if !when.is_empty() {
            let tests: Vec<String> = when.iter().map(|name| format!("local.{}", snake(name))).collect();
            let _ = writeln!(out, "  count = {} ? 1 : 0\n", tests.join(" && "));
        }
        for line in lines {
            let _ = writeln!(out, "  {line}");
        }
        out.push_str("}\n");
        out
    }

    fn resource(&self, resource: &Resource) -> Vec<String> {
        let name = snake(&resource.id);
        let when: Vec<&String> = resource.when.iter().collect();
        match &resource.what {
            What::Role(role) => self.role(resource, role),
            What::Profile { role, name: called } => {
                let lines =
                    [format!("name = {}", self.expression(called)), format!("role = {}", self.attribute(role, "name"))];
                vec![Self::block("aws_iam_instance_profile", &name, &when, &lines)]
            }
            What::User { name: called, permission } => {
                let user = Self::block("aws_iam_user", &name, &when, &[format!("name = {}", self.expression(called))]);
                vec![user, self.inline("aws_iam_user_policy", "user", resource, permission)]
            }
            What::Provider { issuer, tag } => {
                let mut lines = vec![
                    format!("url            = {}", Value::from(format!("https://{}", self.inside(issuer)))),
                    format!("client_id_list = [{}]", quoted(AUDIENCE)),
                ];
                if let Some(tag) = tag {
                    lines.push(format!("tags           = {{ \"port:integration\" = {} }}", self.expression(tag)));
                }
                // Terraform has no word for keeping it: this refuses to destroy it until it is taken out of the state.
                lines.push("\n  # Others may use it: `terraform state rm` lets go of it.".to_owned());
                lines.push("lifecycle {\n    prevent_destroy = true\n  }".to_owned());
                vec![Self::block("aws_iam_openid_connect_provider", &name, &when, &lines)]
            }
            What::Policy { description, document } => {
                let lines = [
                    format!("name_prefix = {}", quoted(&format!("Portolan{}-", resource.id))),
                    format!("description = {}", quoted(description)),
                    format!("policy = {}", encoded(document)),
                ];
                vec![Self::block("aws_iam_policy", &name, &when, &lines)]
            }
            What::StackSet(set) => self.stack_set(&name, set),
        }
    }

    fn role(&self, resource: &Resource, role: &Role) -> Vec<String> {
        let name = snake(&resource.id);
        let when: Vec<&String> = resource.when.iter().collect();
        let key = |text: &Text| Ok::<_, Infallible>(self.inside(text));
        let value = |text: &Text| Ok::<_, Infallible>(json!(self.inside(text)));
        let Ok(document) = trust(&role.trust, &key, &value);
        let mut lines = vec![
            format!("name        = {}", self.expression(&role.name)),
            format!("description = {}", quoted(&role.description)),
            format!("assume_role_policy = {}", encoded(&document)),
        ];
        if !resource.after.is_empty() {
            let after: Vec<String> = resource.after.iter().map(|id| self.address(id)).collect();
            lines.push(format!("\n  depends_on = [{}]", after.join(", ")));
        }
        let mut blocks = vec![Self::block("aws_iam_role", &name, &when, &lines)];
        if let Some(permission) = &role.permission {
            blocks.push(self.inline("aws_iam_role_policy", "role", resource, permission));
        }
        for (number, attached) in (1..).zip(&role.attached) {
            let (arn, also) = match attached {
                Attached::Arn(arn) => (self.expression(arn), None),
                Attached::Own(id, also) => (self.attribute(id, "arn"), also.as_ref()),
            };
            let both: Vec<&String> = when.iter().copied().chain(also).collect();
            let lines =
                [format!("role       = {}", self.attribute(&resource.id, "name")), format!("policy_arn = {arn}")];
            blocks.push(Self::block("aws_iam_role_policy_attachment", &format!("{name}_{number}"), &both, &lines));
        }
        blocks
    }

    fn inline(&self, sort: &str, of: &str, resource: &Resource, permission: &Permission) -> String {
        let Ok(document) = documents::permission(permission, &|text| Ok::<_, Infallible>(json!(self.inside(text))));
        let lines = [
            format!("name = {}", quoted(&permission.name)),
            format!("{of} = {}", self.attribute(&resource.id, "name")),
            format!("policy = {}", encoded(&document)),
        ];
        let when: Vec<&String> = resource.when.iter().collect();
        Self::block(sort, &snake(&resource.id), &when, &lines)
    }

    fn stack_set(&self, name: &str, set: &StackSet) -> Vec<String> {
        let mut lines = vec![
            format!("name             = {}", self.expression(&set.name)),
            format!("description      = {}", quoted(&set.template.description)),
            "permission_model = \"SERVICE_MANAGED\"".to_owned(),
            format!("call_as          = {}", self.expression(&set.call_as)),
            "capabilities     = [\"CAPABILITY_NAMED_IAM\"]\n".to_owned(),
            "auto_deployment {\n    enabled                          = true\n    retain_stacks_on_account_removal = false\n  }\n".to_owned(),
            "managed_execution {\n    active = true\n  }\n".to_owned(),
            "operation_preferences {\n    failure_tolerance_percentage = 100\n    max_concurrent_percentage    = 100\n  }\n".to_owned(),
            "parameters = {".to_owned(),
        ];
        for (parameter, value) in &set.parameters {
            lines.push(format!("  {parameter} = {}", self.expression(value)));
        }
        lines.push("}\n".to_owned());
        let body = yaml::text(&cloudformation::template(&set.template)).replace("${", "$${");
        lines.push(format!("template_body = <<-EOT\n{body}EOT\n"));
        lines.push("lifecycle {\n    # AWS fills it in; Terraform would take it away again.\n    ignore_changes = [administration_role_arn]\n  }".to_owned());
        let everywhere = [
            format!("stack_set_name = aws_cloudformation_stack_set.{name}.name"),
            format!("call_as        = {}", self.expression(&set.call_as)),
            format!(
                "\n  deployment_targets {{\n    organizational_unit_ids = {}\n  }}",
                self.expression(&Text::of(&set.units))
            ),
        ];
        vec![
            Self::block("aws_cloudformation_stack_set", name, &[], &lines),
            Self::block("aws_cloudformation_stack_set_instance", name, &[], &everywhere),
        ]
    }
}

/// JSON is HCL's own form of an object, and references in its texts are HCL's own as well.
fn encoded(document: &Value) -> String {
    let pretty = serde_json::to_string_pretty(document).unwrap_or_default();
    format!("jsonencode({})", pretty.replace('\n', "\n  "))
}
