//! Which requests ask about a type, and about nothing more special.

use portolan_names::TypeName;

use crate::aws::exchange::Call;

/// The type of AWS's own that a permitted call asks about, as Cloud Control would use it: by its name and kind alone.
///
/// Questions about another version, an ARN or another publisher's types have answers of their own, of which nothing is
/// learned. The guard has checked the form's spelling.
pub(in crate::aws) fn asked_type(call: &Call) -> Option<TypeName> {
    if call.service != "cloudformation" || call.operation != "DescribeType" {
        return None;
    }
    let (mut name, mut is_resource) = (None, false);
    for field in call.body.split('&') {
        match field.split_once('=')? {
            ("Action" | "Version", _) => {}
            ("Type", kind) => is_resource = kind == "RESOURCE",
            // Of a name's characters the colons alone are encoded; whatever else is makes it none.
            ("TypeName", text) => name = TypeName::parse(&text.replace("%3A", ":")).ok(),
            _ => return None,
        }
    }
    name.filter(|name| is_resource && name.is_of_aws())
}

#[cfg(test)]
mod tests {
    use portolan_guard::Method;
    use portolan_names::AccountId;

    use super::*;
    use crate::credentials::Identity;

    fn asked(service: &str, operation: &str, body: &str) -> Option<String> {
        let call = Call {
            identity: Identity::Account(AccountId::parse("111122223333").unwrap()),
            policy: None,
            service: service.to_owned(),
            region: "eu-west-1".to_owned(),
            operation: operation.to_owned(),
            host_prefix: None,
            method: Method::Post,
            target: "/".to_owned(),
            headers: Vec::new(),
            body: body.to_owned(),
            dropped: Vec::new(),
        };
        asked_type(&call).map(String::from)
    }

    #[test]
    fn only_the_plain_question_about_a_resource_type_of_aws_counts() {
        let plain = "Action=DescribeType&Version=2010-05-15&Type=RESOURCE&TypeName=AWS%3A%3AIoT%3A%3AThing";
        assert_eq!(asked("cloudformation", "DescribeType", plain).as_deref(), Some("AWS::IoT::Thing"));
        assert_eq!(asked("cloudformation", "DescribeTypeRegistration", plain), None);
        assert_eq!(asked("cloudcontrol", "DescribeType", plain), None);
        for other in [
            format!("{plain}&VersionId=00000002"),
            format!("{plain}&Arn=arn%3Aaws%3Acloudformation%3Aeu-west-1%3A%3Atype%2Fresource%2FAWS-IoT-Thing"),
            format!("{plain}&PublisherId=c830e97710da0c9954d80ba8df021e5439e7134b"),
            format!("{plain}&PublicVersionNumber=1.0.0"),
            plain.replace("RESOURCE", "MODULE"),
            plain.replace("&Type=RESOURCE", ""),
            plain.replace("Thing", "Thing%3A%3AMODULE"),
            plain.replace("AWS", "My"),
            plain.replace("Thing", "Th%C3%AFng"),
            plain.replace("&TypeName=AWS%3A%3AIoT%3A%3AThing", ""),
            String::new(),
        ] {
            assert_eq!(asked("cloudformation", "DescribeType", &other), None, "{other}");
        }
    }
}
