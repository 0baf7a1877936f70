//! Calls to AWS: written by the wire formats, sent in batches, read back, and every failure a typed problem.

use std::collections::BTreeMap;

use portolan_tables::{Paging, Service};
use serde_json::{Map, Value};

use crate::host::{Host, Identity, Request, SendFailure};
use crate::path;
use crate::problem::{Problem, ProblemClass};
use crate::wire::{self, Fault};

/// One call of one operation.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) service: &'static Service,
    pub(crate) operation: String,
    pub(crate) identity: Identity,
    pub(crate) region: String,
    pub(crate) input: Value,
}

impl Call {
    /// # Errors
    /// The service is not in the API tables.
    pub(crate) fn new(
        service: &str,
        operation: &str,
        identity: Identity,
        region: &str,
        input: Value,
    ) -> Result<Self, Problem> {
        let Some(service) = portolan_tables::service(service) else {
            let message = format!("{service} is not in the API tables");
            return Err(Problem::new(ProblemClass::BadCall, message).at(service, operation));
        };
        Ok(Self { service, operation: operation.to_owned(), identity, region: region.to_owned(), input })
    }

    pub(crate) fn paging(&self) -> Option<&'static Paging> {
        self.service.operation(&self.operation)?.paging.as_ref()
    }

    /// The same call for the page that this token names.
    pub(crate) fn with_token(mut self, token: Option<&Token>) -> Self {
        if let (Some(token), Value::Object(input)) = (token, &mut self.input) {
            for (name, value) in &token.0 {
                input.insert(name.clone(), value.clone());
            }
        }
        self
    }

    /// The token of the page after this answer.
    ///
    /// # Errors
    /// The answer says that there is more, and not where.
    pub(crate) fn next_token(&self, answer: &Value) -> Result<Option<Token>, Problem> {
        let Some(paging) = self.paging() else { return Ok(None) };
        let mut token = BTreeMap::new();
        for (input, output) in paging.input_token.iter().zip(&paging.output_token) {
            // Some outputs are written `A || B`: the first that is there.
            let value =
                output.split("||").filter_map(|path| path::get(answer, path.trim())).find(|value| !is_empty(value));
            if let Some(value) = value {
                token.insert(input.clone(), value.clone());
            }
        }
        let more = paging.more.as_deref().and_then(|path| path::get(answer, path)).and_then(Value::as_bool);
        match (token.is_empty(), more) {
            (true, Some(true)) => {
                let message = "the answer says that there is more and gives no page token";
                Err(self.problem(Problem::new(ProblemClass::BadAnswer, message)))
            }
            (true, _) | (false, Some(false)) => Ok(None),
            (false, _) => Ok(Some(Token(token))),
        }
    }

    /// A problem with this call.
    pub(crate) fn problem(&self, problem: Problem) -> Problem {
        Problem { region: Some(self.region.clone()), ..problem.at(&self.service.name, &self.operation) }
    }

    fn request(&self) -> Result<Request, Problem> {
        let written = wire::request(self.service, &self.operation, &self.input)
            .map_err(|error| self.problem(Problem::new(ProblemClass::BadCall, error.to_string())))?;
        Ok(Request {
            identity: self.identity,
            service: self.service.name.clone(),
            region: self.region.clone(),
            operation: self.operation.clone(),
            host_prefix: written.host_prefix,
            method: written.method,
            target: written.target,
            headers: written.headers,
            body: written.body,
        })
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Array(_) | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What names a page: members of the next request's input.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Token(BTreeMap<String, Value>);

/// Sends calls, at most `batch` at once, and gives the answers in the order of the calls.
pub(crate) fn send(host: &dyn Host, batch: u32, calls: &[Call]) -> Vec<Result<Value, Problem>> {
    let width = usize::try_from(batch).unwrap_or(usize::MAX).max(1);
    let mut answers = Vec::with_capacity(calls.len());
    for some in calls.chunks(width) {
        answers.extend(send_once(host, some));
    }
    if calls.len() > 1 {
        for (call, answer) in calls.iter().zip(&mut answers) {
            // Answers that were too large together may fit one by one.
            let together = matches!(answer, Err(problem) if problem.class == ProblemClass::TooLarge);
            if together {
                *answer = send_one(host, call);
            }
        }
    }
    answers
}

/// Sends one call.
pub(crate) fn send_one(host: &dyn Host, call: &Call) -> Result<Value, Problem> {
    let mut answers = send_once(host, std::slice::from_ref(call));
    answers.pop().unwrap_or_else(|| Err(call.problem(unanswered())))
}

fn unanswered() -> Problem {
    Problem::new(ProblemClass::BadAnswer, "the host gave fewer answers than requests")
}

fn send_once(host: &dyn Host, calls: &[Call]) -> Vec<Result<Value, Problem>> {
    let written: Vec<Result<Request, Problem>> = calls.iter().map(Call::request).collect();
    let requests: Vec<Request> = written.iter().filter_map(|request| request.as_ref().ok().cloned()).collect();
    let mut responses = if requests.is_empty() { Vec::new() } else { host.send(requests) }.into_iter();
    calls
        .iter()
        .zip(written)
        .map(|(call, written)| {
            written?;
            let response = match responses.next() {
                None => return Err(call.problem(unanswered())),
                Some(Ok(response)) => response,
                Some(Err(error)) if error.class == SendFailure::NotText => {
                    return Err(call.problem(Problem::new(ProblemClass::BadAnswer, "the answer is not text")));
                }
                Some(Err(error)) => return Err(call.problem(Problem::unsent(error))),
            };
            let read =
                wire::response(call.service, &call.operation, response.status, &response.headers, &response.body);
            match read {
                Ok(Value::Null) => Ok(Value::Object(Map::new())),
                Ok(value) => Ok(value),
                Err(Fault::BadAnswer(what)) => Err(call.problem(Problem::new(ProblemClass::BadAnswer, what))),
                Err(Fault::Aws(error)) => {
                    let verdict = portolan_errors::classify(
                        &call.service.name,
                        &call.operation,
                        response.status,
                        &response.headers,
                        &response.body,
                        None,
                    );
                    Err(call.problem(Problem::answered(&error, verdict.class)))
                }
            }
        })
        .collect()
}
