//! The wire formats: what a request of an operation looks like, and what its answer says.
//!
//! Each of AWS's protocols is written and read in exactly one module here, from the tables of `portolan-tables`; every
//! kind and the discovery of accounts and regions go through [`request`] and [`response`]. Values use the member
//! names of AWS's models, as boto3 does. In answers, points in time are ISO-8601 text in UTC, bytes are base64 text,
//! numbers and booleans are typed, and what AWS leaves out is left out; floating point numbers that JSON cannot hold
//! are the texts `NaN`, `Infinity` and `-Infinity`.
//!
//! An answer that is not what the model says is a [`Fault`], never a panic and never an empty listing: an empty
//! listing is what deletes.

mod base64;
mod ec2;
mod encode;
mod json;
mod place;
mod query;
mod rest;
mod rest_json;
mod rest_xml;
pub(crate) mod timestamp;
mod xml;

use portolan_errors::AwsError;
use portolan_tables::{Operation, Protocol, Service, Shape};
use serde_json::{Map, Value};

use place::Misfit;

/// The HTTP methods that reads use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
}

/// A request as it goes over the wire, but for what the host adds: host name, signature, length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireRequest {
    /// The method.
    pub method: Method,
    /// Path and query, percent-encoded.
    pub target: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: String,
    /// What stands before the endpoint's host name, filled in.
    pub host_prefix: Option<String>,
}

/// Why an input cannot be sent. A mistake in a kind definition, never AWS's doing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The operation is not in the service's table.
    #[error("{service} has no operation {operation} in the tables")]
    UnknownOperation {
        /// The service.
        service: String,
        /// The operation.
        operation: String,
    },
    /// A member is missing, unknown or of the wrong type.
    #[error("the input of {operation} is wrong{}{place}: {reason}", if place.is_empty() { "" } else { " at " })]
    Member {
        /// The operation.
        operation: String,
        /// Where in the input: `Filters[0].Name`.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The operation needs something that no read needs: another method, bytes or XML to send.
    #[error("{operation} cannot be written: {reason}")]
    Unsupported {
        /// The operation.
        operation: String,
        /// What is not supported.
        reason: &'static str,
    },
}

/// Why an answer gives no output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// AWS says that something went wrong.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The answer is not what the operation answers with: what is wrong, and where. Holds no values of the answer.
    #[error("{0}")]
    BadAnswer(String),
}

/// Writes the request of an operation. `input` has the member names of AWS's model; null counts as not given.
///
/// # Errors
///
/// When the input does not fit the operation.
pub fn request(service: &Service, operation: &str, input: &Value) -> Result<WireRequest, InputError> {
    let entry = service.operation(operation).ok_or_else(|| InputError::UnknownOperation {
        service: service.name.clone(),
        operation: operation.to_owned(),
    })?;
    let unsupported = |reason| InputError::Unsupported { operation: operation.to_owned(), reason };
    let method = match entry.method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        _ => return Err(unsupported("its method is none that a read uses")),
    };
    let call = Call { service, entry, name: operation };
    let written = call.check(input).and_then(|input| {
        let host_prefix = call.host_prefix(input)?;
        let written = match service.protocol {
            Protocol::Query => query::request(&call, input),
            Protocol::Ec2 => ec2::request(&call, input),
            Protocol::Json => json::request(&call, input),
            Protocol::RestJson => rest_json::request(&call, input),
            Protocol::RestXml => rest_xml::request(&call, input),
        }?;
        Ok((host_prefix, written))
    });
    let (host_prefix, written) = written.map_err(|misfit| InputError::Member {
        operation: operation.to_owned(),
        place: misfit.place,
        reason: misfit.reason,
    })?;
    let Written { target, headers, body } = written;
    Ok(WireRequest { method, target, headers, body, host_prefix })
}

/// Reads the answer of an operation. The output has the member names of AWS's model.
///
/// # Errors
///
/// When AWS answers with an error, whatever the status, or the answer is not what the operation answers with.
pub fn response(
    service: &Service,
    operation: &str,
    status: u16,
    headers: &[(String, String)],
    body: &str,
) -> Result<Value, Fault> {
    let bad = |reason: String| Fault::BadAnswer(format!("the answer of {}:{operation} {reason}", service.name));
    let entry = service.operation(operation).ok_or_else(|| bad("is of no operation in the tables".into()))?;
    if let Some(error) = portolan_errors::read(service.protocol, status, headers, body) {
        return Err(Fault::Aws(error));
    }
    let call = Call { service, entry, name: operation };
    let answer = Answer { status, headers, body };
    let read = match service.protocol {
        Protocol::Query => query::response(&call, &answer),
        Protocol::Ec2 => ec2::response(&call, &answer),
        Protocol::Json => json::response(&call, &answer),
        Protocol::RestJson => rest_json::response(&call, &answer),
        Protocol::RestXml => rest_xml::response(&call, &answer),
    };
    read.map(Value::Object).map_err(|misfit| bad(misfit.to_string()))
}

/// One operation of one service: what all protocols need to write and read it.
struct Call<'a> {
    service: &'a Service,
    entry: &'a Operation,
    name: &'a str,
}

/// What a protocol makes of an input.
struct Written {
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// An answer as it came over the wire.
struct Answer<'a> {
    status: u16,
    headers: &'a [(String, String)],
    body: &'a str,
}

static NO_MEMBERS: portolan_tables::Structure =
    portolan_tables::Structure { members: Vec::new(), payload: None, union: false };

impl<'a> Call<'a> {
    /// The structure of the input; one without members where the operation takes none.
    fn input(&self) -> &'a portolan_tables::Structure {
        self.structure(self.entry.input)
    }

    /// The structure of the output; one without members where the operation gives none.
    fn output(&self) -> &'a portolan_tables::Structure {
        self.structure(self.entry.output)
    }

    fn structure(&self, id: Option<portolan_tables::ShapeId>) -> &'a portolan_tables::Structure {
        match id.map(|id| self.service.shape(id)) {
            Some(Shape::Structure(structure)) => structure,
            _ => &NO_MEMBERS,
        }
    }

    /// Whether the output has members in the body, so that an answer without one says nothing.
    fn answers_in_body(&self) -> bool {
        let output = self.output();
        let in_body = output.members.iter().any(|member| member.location.is_none());
        self.entry.method != "HEAD" && output.payload.is_none() && in_body
    }

    /// Checks an input against its shape, in one place for all protocols.
    fn check<'v>(&self, input: &'v Value) -> Result<&'v Map<String, Value>, Misfit> {
        let Value::Object(members) = input else { return Err(Misfit::new("not an object")) };
        place::check_structure(self.service, self.input(), members)?;
        Ok(members)
    }

    fn host_prefix(&self, input: &Map<String, Value>) -> Result<Option<String>, Misfit> {
        let Some(template) = &self.entry.host_prefix else { return Ok(None) };
        let mut prefix = template.clone();
        for member in self.input().members.iter().filter(|member| member.host_label) {
            let value = input.get(&member.name).and_then(Value::as_str).unwrap_or_default();
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            if value.is_empty() || !value.bytes().all(allowed) {
                return Err(Misfit::new("not a label of a host name").at(&member.name));
            }
            prefix = prefix.replace(&format!("{{{}}}", member.name), value);
        }
        Ok(Some(prefix))
    }
}
