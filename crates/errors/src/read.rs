//! Finds the code, the message and the request id in an answer, whichever protocol wrote it.
//!
//! The form is taken from the body rather than from the protocol alone: gateways in front of AWS's services answer in
//! JSON where XML was asked for, and the other way round.

use portolan_tables::Protocol;
use portolan_xml::Element;
use serde_json::Value;

/// How much of a message is kept, in characters. AWS's longest, denials with encoded details, are cut by this.
pub const MAX_MESSAGE: usize = 2_000;

/// An error as AWS states it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsError {
    /// AWS's own code, without namespace; the status as text where the answer states none.
    pub code: String,
    /// AWS's own message, cut to [`MAX_MESSAGE`]; the status in words where the answer states none.
    pub message: String,
    /// The request's id, for AWS's support.
    pub request_id: Option<String>,
    /// The HTTP status.
    pub status: u16,
}

/// What an answer says to have gone wrong; `None` when it is not an error.
///
/// An error may come with status 200 and stand in the body alone. Header names are taken in any case.
#[must_use]
pub fn read(protocol: Protocol, status: u16, headers: &[(String, String)], body: &str) -> Option<AwsError> {
    let failed = status >= 300;
    if !failed && !states_an_error(protocol, headers, body) {
        return None;
    }
    let found = match body.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).chars().next() {
        Some('<') => from_xml(body),
        Some('{') => from_json(body),
        _ => Found::default(),
    };
    let code = header(headers, "x-amzn-query-error")
        .and_then(query_compatible)
        .or_else(|| header(headers, "x-amzn-errortype").and_then(bare))
        .or(found.code)
        .unwrap_or_else(|| status.to_string());
    let message = found.message.or_else(|| plain_text(body)).unwrap_or_else(|| reason(status).to_owned());
    let request_id = ["x-amzn-requestid", "x-amz-request-id", "x-amz-requestid"]
        .iter()
        .find_map(|name| header(headers, name))
        .map(str::to_owned)
        .or(found.request_id);
    Some(AwsError { code, message: message.chars().take(MAX_MESSAGE).collect(), request_id, status })
}

pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Whether an answer that claims success holds an error.
fn states_an_error(protocol: Protocol, headers: &[(String, String)], body: &str) -> bool {
    if header(headers, "x-amzn-errortype").is_some() {
        return true;
    }
    if protocol.is_xml() {
        return match portolan_xml::root_name(body) {
            Some("Error" | "ErrorResponse") => true,
            Some("Response") => portolan_xml::parse(body).is_ok_and(|root| root.child("Errors").is_some()),
            _ => false,
        };
    }
    // Only an answer that begins with its type can be one, so that no whole page is read twice.
    let start = body.trim_start();
    let begins = |name: &str| start.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with(name));
    if begins("\"Output\"") {
        return from_json(body).code.is_some();
    }
    begins("\"__type\"")
        && from_json(body).code.is_some_and(|code| code.ends_with("Exception") || code.ends_with("Error"))
}

#[derive(Default)]
struct Found {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
}

fn from_json(body: &str) -> Found {
    let Ok(Value::Object(mut fields)) = serde_json::from_str::<Value>(body) else { return Found::default() };
    // What the JSON services' front door says of an operation it does not know.
    if let Some(Value::Object(inner)) = fields.get("Output").cloned() {
        fields = inner;
    }
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| fields.get(*name).and_then(Value::as_str));
        found.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    Found {
        code: text(&["__type", "code", "Code"]).as_deref().and_then(bare),
        message: text(&["message", "Message", "errorMessage"]),
        request_id: text(&["RequestId", "requestId"]),
    }
}

fn from_xml(body: &str) -> Found {
    let Ok(root) = portolan_xml::parse(body) else { return Found::default() };
    if root.name.eq_ignore_ascii_case("html") {
        return Found::default();
    }
    let nested = root.child("Error").or_else(|| root.child("Errors").and_then(|errors| errors.child("Error")));
    let error = nested.unwrap_or(&root);
    let text = |element: &Element, names: &[&str]| {
        let found = names.iter().find_map(|name| element.child(name));
        found.map(|child| child.text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let ids = ["RequestId", "RequestID", "requestId"];
    Found {
        // Some front doors name the error by the root element: <UnknownOperationException/>.
        code: text(error, &["Code", "code"]).or_else(|| root.name.ends_with("Exception").then(|| root.name.clone())),
        message: text(error, &["Message", "message"]),
        request_id: text(&root, &ids).or_else(|| text(error, &ids)),
    }
}

/// `com.amazonaws#ThrottlingException:http://…` is `ThrottlingException`.
fn bare(code: &str) -> Option<String> {
    let code = code.split(':').next().unwrap_or(code);
    let code = code.rsplit('#').next().unwrap_or(code).trim();
    (!code.is_empty()).then(|| code.to_owned())
}

/// The code before `;Sender` or `;Receiver`, as the service called it in its older protocol.
fn query_compatible(value: &str) -> Option<String> {
    let (code, fault) = value.split_once(';')?;
    (!code.is_empty() && !fault.contains(';')).then(|| code.to_owned())
}

/// A short answer that is neither JSON nor XML is its own message.
fn plain_text(body: &str) -> Option<String> {
    let text = body.trim();
    let markup = text.starts_with(['<', '{']);
    (!text.is_empty() && !markup).then(|| text.chars().filter(|c| !c.is_control()).take(MAX_MESSAGE).collect())
}

fn reason(status: u16) -> &'static str {
    match status {
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        412 => "Precondition Failed",
        413 => "Request Entity Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[track_caller]
    fn check(protocol: Protocol, status: u16, pairs: &[(&str, &str)], body: &str, code: &str, message: &str) {
        let error = read(protocol, status, &headers(pairs), body).unwrap();
        assert_eq!((error.code.as_str(), error.message.as_str()), (code, message), "{body}");
    }

    #[test]
    fn each_protocols_form() {
        let query = "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>slow</Message></Error>
            <RequestId>r-1</RequestId></ErrorResponse>";
        check(Protocol::Query, 400, &[], query, "Throttling", "slow");
        assert_eq!(read(Protocol::Query, 400, &[], query).unwrap().request_id.as_deref(), Some("r-1"));
        let ec2 = "<?xml version='1.0'?><Response><Errors><Error><Code>UnauthorizedOperation</Code>
            <Message>no</Message></Error></Errors><RequestID>r-2</RequestID></Response>";
        check(Protocol::Ec2, 403, &[], ec2, "UnauthorizedOperation", "no");
        assert_eq!(read(Protocol::Ec2, 403, &[], ec2).unwrap().request_id.as_deref(), Some("r-2"));
        let s3 = "<Error><Code>NoSuchTagSet</Code><Message>none</Message><RequestId>r-3</RequestId></Error>";
        check(Protocol::RestXml, 404, &[], s3, "NoSuchTagSet", "none");
        check(Protocol::RestXml, 403, &[], "", "403", "Forbidden");
        let json = r#"{"__type":"com.amazon.x#AccessDeniedException","Message":"no"}"#;
        check(Protocol::Json, 400, &[], json, "AccessDeniedException", "no");
        let rest = [("X-Amzn-ErrorType", "ResourceNotFoundException:http://internal.amazon.com/x/")];
        check(Protocol::RestJson, 404, &rest, r#"{"message":"gone"}"#, "ResourceNotFoundException", "gone");
    }

    #[test]
    fn the_older_code_of_a_query_compatible_service_wins() {
        let pairs = [("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")];
        let body = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}"#;
        check(Protocol::Json, 400, &pairs, body, "AWS.SimpleQueueService.NonExistentQueue", "gone");
        check(Protocol::Json, 400, &[("x-amzn-query-error", "odd")], body, "QueueDoesNotExist", "gone");
    }

    #[test]
    fn front_doors_and_proxies() {
        check(Protocol::Json, 404, &[], "<UnknownOperationException/>\n", "UnknownOperationException", "Not Found");
        let coral = r#"{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}"#;
        check(Protocol::Json, 200, &[], coral, "UnknownOperationException", "");
        check(
            Protocol::Query,
            503,
            &[],
            "<html><body><b>Http/1.1 Service Unavailable</b></body></html>",
            "503",
            "Service Unavailable",
        );
        check(Protocol::Query, 404, &[], "<!DOCTYPE html><title>404", "404", "Not Found");
        check(Protocol::Json, 400, &[], "upstream\u{7} connect error", "400", "upstream connect error");
        check(Protocol::Json, 500, &[], "{\"__type\": 5}", "500", "Internal Server Error");
        check(Protocol::Json, 502, &[], "{\"__type\":\"x", "502", "Bad Gateway");
    }

    #[test]
    fn an_error_in_an_answer_that_claims_success() {
        check(Protocol::RestXml, 200, &[], "<Error><Code>InternalError</Code></Error>", "InternalError", "");
        check(Protocol::Ec2, 200, &[], "<Response><Errors><Error><Code>X</Code></Error></Errors></Response>", "X", "");
        check(Protocol::Json, 200, &[], r#"{"__type":"a#InternalServerException"}"#, "InternalServerException", "");
    }

    #[track_caller]
    fn check_no_error(protocol: Protocol, body: &str) {
        assert_eq!(read(protocol, 200, &[], body), None, "{body}");
    }

    #[test]
    fn answers_are_no_errors() {
        check_no_error(Protocol::Query, "<ListTopicsResponse><ListTopicsResult/></ListTopicsResponse>");
        check_no_error(Protocol::Ec2, "<Response><Errors2/></Response>");
        check_no_error(Protocol::Json, r#"{"__type":"a#Shape","message":"a union's type"}"#);
        check_no_error(Protocol::Json, r#"{"Error":{"Code":"x"}}"#);
        check_no_error(Protocol::Json, "");
        check_no_error(Protocol::RestXml, "");
    }

    #[test]
    fn a_long_message_is_cut() {
        let body = format!("<Error><Code>X</Code><Message>{}</Message></Error>", "ä".repeat(5_000));
        assert_eq!(read(Protocol::RestXml, 400, &[], &body).unwrap().message.chars().count(), MAX_MESSAGE);
    }
}
