//! How AWS says no, in the words of each protocol and service.

use super::operation::Operation;
use super::protocol::Protocol;

/// Why a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Trouble {
    Throttled,
    Internal,
    Unavailable,
    /// The session is over.
    Expired,
    /// The request's time is too far from ours.
    Skewed,
    DeniedByPolicy,
    Denied,
    NotEnabled,
    UnknownOperation,
    /// The request is not signed.
    Unsigned,
    /// The signature names another service or region than the operation has.
    WrongScope,
    /// The page token was not given for this list.
    BadToken,
    /// The key is of nobody.
    UnknownKey,
}

/// Status, code and message.
pub(crate) type Said = (u16, &'static str, String);

/// What AWS says.
pub(crate) fn said(trouble: Trouble, operation: &Operation, who: &str) -> Said {
    let (service, protocol) = (operation.service.as_str(), operation.protocol);
    let s3 = service == "s3";
    let ec2 = protocol == Protocol::Ec2;
    let json = protocol.is_json();
    let rest = protocol == Protocol::RestJson;
    let action = format!("{}:{}", operation.signing, operation.name);
    let (status, code) = match trouble {
        Trouble::Throttled if ec2 => (503, "RequestLimitExceeded"),
        Trouble::Throttled => match service {
            "s3" => (503, "SlowDown"),
            "lambda" | "apigateway" => (429, "TooManyRequestsException"),
            "organizations" | "cognito-idp" => (400, "TooManyRequestsException"),
            "kinesis" => (400, "LimitExceededException"),
            "sqs" => (400, "RequestThrottled"),
            _ if rest => (429, "ThrottlingException"),
            _ if json => (400, "ThrottlingException"),
            _ => (400, "Throttling"),
        },
        Trouble::Internal if s3 || ec2 => (500, "InternalError"),
        Trouble::Internal if service == "dynamodb" => (500, "InternalServerError"),
        Trouble::Internal => (500, "InternalFailure"),
        Trouble::Unavailable if ec2 => (503, "Unavailable"),
        Trouble::Unavailable if json => (503, "ServiceUnavailableException"),
        Trouble::Unavailable => (503, "ServiceUnavailable"),
        Trouble::Expired if ec2 => (400, "RequestExpired"),
        Trouble::Expired if s3 => (400, "ExpiredToken"),
        Trouble::Expired if rest => (403, "ExpiredTokenException"),
        Trouble::Expired if json => (400, "ExpiredTokenException"),
        Trouble::Expired => (403, "ExpiredToken"),
        Trouble::Skewed if s3 => (403, "RequestTimeTooSkewed"),
        Trouble::Skewed if ec2 => (400, "RequestExpired"),
        Trouble::Skewed if rest => (403, "InvalidSignatureException"),
        Trouble::Skewed if json => (400, "InvalidSignatureException"),
        Trouble::Skewed => (403, "SignatureDoesNotMatch"),
        Trouble::DeniedByPolicy | Trouble::Denied if ec2 => (403, "UnauthorizedOperation"),
        Trouble::DeniedByPolicy | Trouble::Denied if rest => (403, "AccessDeniedException"),
        Trouble::DeniedByPolicy | Trouble::Denied if json => (400, "AccessDeniedException"),
        Trouble::DeniedByPolicy | Trouble::Denied => (403, "AccessDenied"),
        Trouble::NotEnabled | Trouble::UnknownKey if ec2 => (401, "AuthFailure"),
        Trouble::NotEnabled | Trouble::UnknownKey if s3 => (403, "InvalidAccessKeyId"),
        Trouble::NotEnabled | Trouble::UnknownKey if rest => (403, "UnrecognizedClientException"),
        Trouble::NotEnabled | Trouble::UnknownKey if json => (400, "UnrecognizedClientException"),
        Trouble::NotEnabled | Trouble::UnknownKey => (403, "InvalidClientTokenId"),
        Trouble::UnknownOperation if rest => (404, "UnknownOperationException"),
        Trouble::UnknownOperation if json => (400, "UnknownOperationException"),
        Trouble::UnknownOperation if s3 => (501, "NotImplemented"),
        Trouble::UnknownOperation => (400, "InvalidAction"),
        Trouble::Unsigned if json => (403, "MissingAuthenticationTokenException"),
        Trouble::Unsigned => (403, "MissingAuthenticationToken"),
        Trouble::WrongScope if json => (400, "InvalidSignatureException"),
        Trouble::WrongScope => (403, "SignatureDoesNotMatch"),
        Trouble::BadToken if json => (400, "InvalidNextTokenException"),
        Trouble::BadToken if s3 => (400, "InvalidArgument"),
        Trouble::BadToken if ec2 => (400, "InvalidNextToken"),
        Trouble::BadToken => (400, "InvalidParameterValue"),
    };
    let message = match trouble {
        Trouble::Throttled if ec2 => "Request limit exceeded.".to_owned(),
        Trouble::Throttled if s3 => "Please reduce your request rate.".to_owned(),
        Trouble::Throttled => "Rate exceeded".to_owned(),
        Trouble::Internal => "We encountered an internal error. Please try again.".to_owned(),
        Trouble::Unavailable => "The service is unavailable. Please try again shortly.".to_owned(),
        Trouble::Expired if ec2 => "Request has expired.".to_owned(),
        Trouble::Expired => "The security token included in the request is expired".to_owned(),
        Trouble::Skewed if s3 => {
            "The difference between the request time and the current time is too large.".to_owned()
        }
        Trouble::Skewed => {
            "Signature expired: its time is now earlier, or later, than the server's by more than 5 minutes".to_owned()
        }
        Trouble::DeniedByPolicy => {
            format!(
                "User: {who} is not authorized to perform: {action} with an explicit deny in a service control policy"
            )
        }
        Trouble::Denied => {
            format!(
                "User: {who} is not authorized to perform: {action} because no identity-based policy allows the {action} action"
            )
        }
        Trouble::NotEnabled if ec2 => "AWS was not able to validate the provided access credentials".to_owned(),
        Trouble::NotEnabled | Trouble::UnknownKey => {
            "The security token included in the request is invalid.".to_owned()
        }
        Trouble::UnknownOperation => "The operation is not known here.".to_owned(),
        Trouble::Unsigned => "Request is missing Authentication Token".to_owned(),
        Trouble::WrongScope => "Credential should be scoped to a valid region and to the correct service.".to_owned(),
        Trouble::BadToken => "The token is not valid.".to_owned(),
    };
    (status, code, message)
}

/// The body, and the header that names the error where the protocol has one.
pub(crate) fn body(
    operation: &Operation,
    status: u16,
    code: &str,
    message: &str,
    request: u64,
) -> (String, Option<String>) {
    let fault = if status < 500 { "Sender" } else { "Receiver" };
    match operation.protocol {
        Protocol::Ec2 => (
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{code}</Code><Message>{}</Message></Error></Errors><RequestID>{request:08x}-0000-4000-a000-000000000000</RequestID></Response>",
                xml(message)
            ),
            None,
        ),
        Protocol::RestXml if operation.service == "s3" => (
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{}</Message><RequestId>{request:016X}</RequestId><HostId>scripted</HostId></Error>",
                xml(message)
            ),
            None,
        ),
        Protocol::Query | Protocol::RestXml => (
            format!(
                "<ErrorResponse xmlns=\"https://{}.amazonaws.com/doc/\"><Error><Type>{fault}</Type><Code>{code}</Code><Message>{}</Message></Error><RequestId>{request:08x}-0000-4000-a000-000000000000</RequestId></ErrorResponse>",
                operation.service,
                xml(message)
            ),
            None,
        ),
        Protocol::RestJson => (serde_json::json!({ "message": message }).to_string(), Some(code.to_owned())),
        Protocol::Json10 | Protocol::Json11 => {
            let prefix = if operation.protocol == Protocol::Json10 {
                format!("com.amazonaws.{}#", operation.service)
            } else {
                String::new()
            };
            (serde_json::json!({ "__type": format!("{prefix}{code}"), "message": message }).to_string(), None)
        }
    }
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
