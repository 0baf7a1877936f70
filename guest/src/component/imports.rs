//! The host, as the imports of the world give it.

use super::bindings::portolan::aws::{log, signed_http};
use crate::host::{Host, Identity, Level, Method, Request, Response, SendError, SendFailure};

/// Calls the imports.
pub(super) struct Imports;

impl Host for Imports {
    fn send(&self, requests: Vec<Request>) -> Vec<Result<Response, SendError>> {
        let requests: Vec<signed_http::Request> = requests.into_iter().map(Into::into).collect();
        let answers = signed_http::send(&requests);
        answers.into_iter().map(|answer| answer.map(Into::into).map_err(Into::into)).collect()
    }

    fn log(&self, level: Level, message: &str) {
        let level = match level {
            Level::Error => log::Level::Error,
            Level::Warn => log::Level::Warn,
            Level::Info => log::Level::Info,
            Level::Debug => log::Level::Debug,
        };
        log::write(level, message);
    }
}

impl From<Request> for signed_http::Request {
    fn from(request: Request) -> Self {
        Self {
            identity: match request.identity {
                Identity::Account => signed_http::Identity::Account,
                Identity::Management => signed_http::Identity::Management,
            },
            service: request.service,
            region: request.region,
            operation: request.operation,
            host_prefix: request.host_prefix,
            method: match request.method {
                Method::Get => signed_http::Method::Get,
                Method::Head => signed_http::Method::Head,
                Method::Post => signed_http::Method::Post,
            },
            target: request.target,
            headers: request.headers,
            body: request.body,
        }
    }
}

impl From<signed_http::Response> for Response {
    fn from(response: signed_http::Response) -> Self {
        let signed_http::Response { status, headers, body, attempts } = response;
        Self { status, headers, body, attempts }
    }
}

impl From<signed_http::SendError> for SendError {
    fn from(error: signed_http::SendError) -> Self {
        let class = match error.class {
            signed_http::SendFailure::Refused => SendFailure::Refused,
            signed_http::SendFailure::NoCredentials => SendFailure::NoCredentials,
            signed_http::SendFailure::Unreachable => SendFailure::Unreachable,
            signed_http::SendFailure::TimedOut => SendFailure::TimedOut,
            signed_http::SendFailure::TooLarge => SendFailure::TooLarge,
            signed_http::SendFailure::NotText => SendFailure::NotText,
            signed_http::SendFailure::Cancelled => SendFailure::Cancelled,
        };
        Self { class, message: error.message }
    }
}
