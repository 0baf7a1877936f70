//! Reads that are inventory only with certain parameters.
//!
//! The rows of the reviewed list with the rule `constrain`. What they demand of the request is checked
//! here. What they demand to be dropped from the *answer* is `drops.rs`'s.

use crate::parameters::Parameters;

/// Public parameters that AWS itself publishes; everything else in the parameter store is the user's.
const PUBLIC_PARAMETERS: &str = "/aws/service/";

/// What is wrong with the parameters; none where the constraint of this action is met.
pub(crate) fn violated(action: &str, parameters: &Parameters) -> Option<String> {
    match action {
        "ec2:DescribeInstanceAttribute" => unless(
            one(parameters, "Attribute").is_some_and(|name| {
                !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphabetic())
                    && !name.eq_ignore_ascii_case("userData")
            }),
            "Attribute must be given and not be userData",
        ),
        "glue:GetConnection" | "glue:GetConnections" => {
            unless(one(parameters, "HidePassword").as_deref() == Some("true"), "HidePassword must be true")
        }
        "ssm:GetParameter" => public(parameters, "Name"),
        "ssm:GetParameters" => public(parameters, "Names"),
        "ssm:GetParametersByPath" => public(parameters, "Path"),
        _ => Some("what it demands of the request is not understood".to_owned()),
    }
}

/// Parameters that turn a permitted read into another one, whatever the operation's own row says.
pub(crate) fn escalates(service: &str, parameters: &Parameters) -> Option<&'static str> {
    match service {
        // Shows what a data protection policy masks; its permission is logs:Unmask, which is denied.
        "logs" if parameters.has("unmask") => Some("unmask shows what the account's owner has masked"),
        // Without it the call is about the signing account; with it, about any account of the organization.
        "account" if parameters.has("AccountId") => Some("AccountId names another account than the one that signs"),
        // The handlers would run with that role's rights, whoever may assume it.
        "cloudcontrol" if parameters.has("RoleArn") => Some("RoleArn names another role than the one that signs"),
        // What was learned of a type is about the version that is used without saying.
        "cloudcontrol" if parameters.has("TypeVersionId") => {
            Some("TypeVersionId names a version of the type of its own")
        }
        _ => None,
    }
}

fn one(parameters: &Parameters, name: &str) -> Option<String> {
    match parameters.scalars(name)?.as_slice() {
        [value] => Some(value.clone()),
        _ => None,
    }
}

fn public(parameters: &Parameters, name: &str) -> Option<String> {
    let met = parameters.scalars(name).is_some_and(|values| {
        !values.is_empty()
            && values
                .iter()
                .all(|value| value.starts_with(PUBLIC_PARAMETERS) && !value.contains("..") && !value.contains("//"))
    });
    unless(met, &format!("{name} must lie under {PUBLIC_PARAMETERS}"))
}

fn unless(met: bool, message: &str) -> Option<String> {
    (!met).then(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{escalates, violated};
    use crate::parameters::Parameters;

    #[track_caller]
    fn check(action: &str, given: &serde_json::Value, met: bool) {
        let mut parameters = Parameters::default();
        for (name, value) in given.as_object().unwrap() {
            parameters.push(name.clone(), value.clone());
        }
        assert_eq!(violated(action, &parameters).is_none(), met, "{action} {given}");
    }

    #[test]
    fn each_row_that_the_request_can_meet() {
        check("ec2:DescribeInstanceAttribute", &json!({"Attribute": "instanceType", "InstanceId": "i-1"}), true);
        for attribute in ["userData", "USERDATA", "userdata", " userData", "userData\u{0}", ""] {
            check("ec2:DescribeInstanceAttribute", &json!({ "Attribute": attribute }), false);
        }
        check("ec2:DescribeInstanceAttribute", &json!({}), false);
        check("ec2:DescribeInstanceAttribute", &json!({"Attribute": "instanceType", "Attribute.1": "userData"}), false);
        check("glue:GetConnections", &json!({"HidePassword": true}), true);
        check("glue:GetConnections", &json!({"HidePassword": false}), false);
        check("glue:GetConnection", &json!({}), false);
        check("ssm:GetParameter", &json!({"Name": "/aws/service/ami-amazon-linux-latest/x"}), true);
        check("ssm:GetParameter", &json!({"Name": "/prod/password"}), false);
        check("ssm:GetParameter", &json!({"Name": "/aws/service/../../prod"}), false);
        check(
            "ssm:GetParameter",
            &json!({"Name": "arn:aws:ssm:eu-west-1:111122223333:parameter/aws/service/x"}),
            false,
        );
        check("ssm:GetParameters", &json!({"Names": ["/aws/service/a", "/aws/service/b"]}), true);
        check("ssm:GetParameters", &json!({"Names": ["/aws/service/a", "/prod"]}), false);
        check("ssm:GetParameters", &json!({"Names": []}), false);
        check("ssm:GetParameters", &json!({"Names": [["/prod"]]}), false);
        check("ssm:GetParametersByPath", &json!({"Path": "/aws/service"}), false);
        check("ssm:GetParametersByPath", &json!({"Path": "/aws/service/global"}), true);
    }

    #[test]
    fn rows_that_are_not_understood_are_met_by_no_request() {
        check("ec2:DescribeSomethingNew", &json!({}), false);
    }

    #[test]
    fn parameters_that_change_what_a_read_is() {
        let mut parameters = Parameters::default();
        parameters.push_text("AccountId", "444455556666".to_owned());
        assert!(escalates("account", &parameters).is_some());
        assert!(escalates("s3", &parameters).is_none());
        assert!(escalates("account", &Parameters::default()).is_none());
        for name in ["RoleArn", "TypeVersionId"] {
            let mut parameters = Parameters::default();
            parameters.push_text("TypeName", "AWS::IoT::Thing".to_owned());
            assert!(escalates("cloudcontrol", &parameters).is_none());
            parameters.push_text(name, "x".to_owned());
            assert!(escalates("cloudcontrol", &parameters).is_some(), "{name}");
        }
    }
}
