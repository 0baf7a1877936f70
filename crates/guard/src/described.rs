//! What an answer to `cloudformation:DescribeType` says about a type's handlers, and which requests are such a question.

use portolan_names::TypeName;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::Handlers;

/// A type's schema. That of a dashboard, among AWS's largest, has some 260 KiB.
const SCHEMA_BYTES_MAX: usize = 2 << 20;

/// What is learned of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Which version of the type this is: the id of the default version where AWS gives one. For types of its own it
    /// gives none, so that a digest of the schema stands for it.
    pub version: String,
    /// What its handlers need.
    pub handlers: Handlers,
}

/// Why nothing is learned from an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer about {name} says nothing about its handlers: {reason}")]
pub struct Undescribed {
    name: TypeName,
    reason: String,
}

#[derive(Deserialize)]
struct Schema {
    #[serde(rename = "typeName")]
    type_name: String,
    #[serde(default)]
    handlers: SchemaHandlers,
}

#[derive(Default, Deserialize)]
struct SchemaHandlers {
    list: Option<SchemaHandler>,
    read: Option<SchemaHandler>,
}

#[derive(Deserialize)]
struct SchemaHandler {
    permissions: Vec<String>,
}

impl Described {
    /// Reads the body of an answer to the question about `name`.
    ///
    /// # Errors
    /// It is not one, is about another type, or its schema does not say what the handlers need.
    pub fn read(body: &str, name: &TypeName) -> Result<Self, Undescribed> {
        let failed = |reason: String| Undescribed { name: name.clone(), reason };
        let root = portolan_xml::parse(body).map_err(|error| failed(error.to_string()))?;
        let result =
            root.child("DescribeTypeResult").ok_or_else(|| failed("it is no DescribeTypeResult".to_owned()))?;
        let text = |member: &str| result.child(member).map(|element| element.text.trim()).unwrap_or_default();
        for (member, expected) in [("Type", "RESOURCE"), ("TypeName", name.as_str()), ("Visibility", "PUBLIC")] {
            if text(member) != expected {
                return Err(failed(format!("its {member} is not {expected}")));
            }
        }
        let schema = text("Schema");
        if schema.len() > SCHEMA_BYTES_MAX {
            return Err(failed(format!("its schema has {} bytes, more than {SCHEMA_BYTES_MAX}", schema.len())));
        }
        let read: Schema = serde_json::from_str(schema).map_err(|error| failed(format!("its schema: {error}")))?;
        if read.type_name != name.as_str() {
            return Err(failed("its schema is another type's".to_owned()));
        }
        let version = match text("DefaultVersionId") {
            "" => digest(schema),
            id => id.to_owned(),
        };
        let permissions = |handler: Option<SchemaHandler>| handler.map(|handler| handler.permissions);
        let handlers = Handlers { list: permissions(read.handlers.list), read: permissions(read.handlers.read) };
        Ok(Self { version, handlers })
    }
}

/// The type of AWS's own that a permitted request asks about, as Cloud Control would use it: by its name and kind alone.
///
/// Questions about another version, an ARN or another publisher's types have answers of their own, of which nothing is
/// learned. The guard has checked the form's spelling.
#[must_use]
pub fn asked_type(service: &str, operation: &str, body: &str) -> Option<TypeName> {
    if service != "cloudformation" || operation != "DescribeType" {
        return None;
    }
    let (mut name, mut is_resource) = (None, false);
    for field in body.split('&') {
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

fn digest(schema: &str) -> String {
    let hex: String = Sha256::digest(schema.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"{"typeName":"AWS::IoT::Thing","properties":{"A":{"pattern":"<&>"}},"handlers":{
        "create":{"permissions":["iot:CreateThing"]},"list":{"permissions":["iot:ListThings"]},
        "read":{"permissions":["iot:DescribeThing","iot:ListTagsForResource"],"timeoutInMinutes":2}}}"#;

    fn answer(schema: &str, more: &str) -> String {
        let schema = schema.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        format!(
            "<DescribeTypeResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeTypeResult>\
             <Type>RESOURCE</Type><TypeName>AWS::IoT::Thing</TypeName><Visibility>PUBLIC</Visibility>{more}\
             <Schema>{schema}</Schema></DescribeTypeResult></DescribeTypeResponse>"
        )
    }

    fn asked(service: &str, operation: &str, body: &str) -> Option<String> {
        asked_type(service, operation, body).map(String::from)
    }

    fn read(body: &str) -> Result<Described, Undescribed> {
        Described::read(body, &TypeName::parse("AWS::IoT::Thing").unwrap())
    }

    #[test]
    fn the_list_and_read_handlers_are_read_and_no_other() {
        let described = read(&answer(SCHEMA, "")).unwrap();
        assert_eq!(described.handlers.list.as_deref(), Some(&["iot:ListThings".to_owned()][..]));
        assert_eq!(described.handlers.read.map(|actions| actions.len()), Some(2));
        assert!(described.version.starts_with("sha256:") && described.version.len() == 23, "{}", described.version);
        let versioned = read(&answer(SCHEMA, "<DefaultVersionId>00000007</DefaultVersionId>")).unwrap();
        assert_eq!(versioned.version, "00000007");
        let bare = read(&answer(r#"{"typeName":"AWS::IoT::Thing"}"#, "")).unwrap();
        assert_eq!(bare.handlers, Handlers::default());
    }

    #[test]
    fn what_is_not_wholly_understood_teaches_nothing() {
        let good = answer(SCHEMA, "");
        for (body, reason) in [
            ("<html>sign in</html>".to_owned(), "no DescribeTypeResult"),
            (good[..good.len() / 2].to_owned(), "not XML"),
            (good.replace("<Type>RESOURCE", "<Type>MODULE"), "its Type"),
            (good.replace("<TypeName>AWS::IoT::Thing", "<TypeName>AWS::IoT::Policy"), "its TypeName"),
            (good.replace("PUBLIC", "PRIVATE"), "its Visibility"),
            (answer(&SCHEMA.replace("IoT::Thing", "IoT::Policy"), ""), "another type's"),
            (answer("{", ""), "its schema"),
            (answer(&SCHEMA.replace(r#"{"permissions":["iot:ListThings"]}"#, "{}"), ""), "permissions"),
            (answer(&SCHEMA.replace(r#"["iot:ListThings"]"#, r#""iot:ListThings""#), ""), "its schema"),
            (answer(&SCHEMA.replace(r#""create""#, r#""list":{"permissions":[]},"create""#), ""), "duplicate field"),
            (answer(&SCHEMA.replace("<&>", &"x".repeat(SCHEMA_BYTES_MAX)), ""), "more than"),
        ] {
            let error = read(&body).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains("AWS::IoT::Thing"), "{error} lacks {reason:?}");
        }
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
