//! Requests read and errors written in the wire formats of AWS's protocols, by hand: nothing of the product's is used.

use std::collections::BTreeMap;

use portolan::aws::{Answer, Call};
use serde_json::{Value, json};

/// The members of a request, wherever its protocol puts them.
pub struct Asked(Value);

impl Asked {
    pub fn of(call: &Call) -> Self {
        let body = call.body.as_str();
        if body.starts_with('{') {
            return Self(serde_json::from_str(body).unwrap_or_default());
        }
        let query = call.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = body.split('&').chain(query.split('&')).filter_map(|pair| pair.split_once('='));
        let members: BTreeMap<String, String> = pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
        Self(json!(members))
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub fn list(&self, name: &str) -> Vec<String> {
        let listed = self.0.get(name).and_then(Value::as_array).into_iter().flatten();
        listed.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The values of a query protocol's list: `Filter.1.Value.1`, and so on.
    pub fn numbered(&self, prefix: &str) -> Vec<String> {
        (1..).map_while(|number| self.text(&format!("{prefix}.{number}")).map(str::to_owned)).collect()
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16)).unwrap_or(0);
        match byte {
            b'%' => {
                let (high, low) = (hex(rest.next()), hex(rest.next()));
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
            }
            b'+' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The path of a request, in its parts.
pub fn path(call: &Call) -> Vec<String> {
    let path = call.target.split('?').next().unwrap_or_default();
    path.split('/').filter(|part| !part.is_empty()).map(decoded).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    RestJson,
    Query,
    Ec2,
    S3,
}

fn form(service: &str) -> Form {
    match service {
        "lambda" | "account" => Form::RestJson,
        "iam" | "elbv2" => Form::Query,
        "ec2" => Form::Ec2,
        "s3" => Form::S3,
        _ => Form::Json,
    }
}

pub fn answer(status: u16, headers: &[(&str, &str)], body: String) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Answer { status, headers, body: body.into(), at_ms: portolan::run::now_ms(), remembered: false }
}

/// What a service answers where all is well.
pub fn well(body: String) -> Answer {
    answer(200, &[], body)
}

pub fn error(service: &str, status: u16, code: &str, message: &str) -> Answer {
    let json = || json!({ "__type": code, "message": message }).to_string();
    match form(service) {
        // As SQS says it, whose codes are still those of its old protocol.
        Form::Json if code == "QueueDoesNotExist" => {
            answer(status, &[("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")], json())
        }
        Form::Json => answer(status, &[], json()),
        Form::RestJson => answer(status, &[("x-amzn-errortype", code)], json!({ "message": message }).to_string()),
        Form::Query => well(format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        ))
        .with(status),
        Form::Ec2 => well(format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>r</RequestID></Response>"
        ))
        .with(status),
        Form::S3 => well(format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>")).with(status),
    }
}

trait With {
    fn with(self, status: u16) -> Self;
}

impl With for Answer {
    fn with(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

pub fn throttled(service: &str) -> Answer {
    let (status, code) = match form(service) {
        Form::Json => (400, "ThrottlingException"),
        Form::RestJson => (429, "TooManyRequestsException"),
        Form::Query => (400, "Throttling"),
        Form::Ec2 => (503, "RequestLimitExceeded"),
        Form::S3 => (503, "SlowDown"),
    };
    error(service, status, code, "Rate exceeded")
}

pub fn denied(service: &str, operation: &str, by_scp: bool) -> Answer {
    let code = match form(service) {
        Form::Json | Form::RestJson => "AccessDeniedException",
        Form::Ec2 => "UnauthorizedOperation",
        Form::Query | Form::S3 => "AccessDenied",
    };
    let why = if by_scp {
        "with an explicit deny in a service control policy"
    } else {
        "because no identity-based policy allows the action"
    };
    let message = format!(
        "User: arn:aws:sts::222222222222:assumed-role/Read/portolan is not authorized to perform: {service}:{operation} on resource: * {why}"
    );
    error(service, 403, code, &message)
}

pub fn expired_session(service: &str) -> Answer {
    let code = if form(service) == Form::Ec2 { "RequestExpired" } else { "ExpiredToken" };
    error(service, 400, code, "The security token included in the request is expired")
}

pub fn stale_token(service: &str) -> Answer {
    let (code, message) = match service {
        "ec2" => ("InvalidParameterValue", "Value for parameter nextToken is invalid."),
        "ecs" => ("InvalidParameterException", "The specified next token is invalid"),
        "dynamodb" | "iam" | "elbv2" => ("ValidationError", "Invalid marker"),
        "kms" => ("InvalidMarkerException", "Invalid marker"),
        "s3" => ("InvalidArgument", "The continuation token provided is incorrect"),
        _ => ("InvalidNextTokenException", "The token is expired"),
    };
    error(service, 400, code, message)
}

pub fn misshapen(service: &str) -> String {
    match form(service) {
        Form::Json | Form::RestJson => "[\"what is this\"]".to_owned(),
        Form::Query | Form::Ec2 | Form::S3 => "<Unexpected><What>is this</What></Unexpected>".to_owned(),
    }
}
