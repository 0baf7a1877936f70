//! What a script may say: a JSON array of steps, in the cursor of `sync-page` and `discover-accounts`, as the first id of
//! `read-resources`, and under `script` in an account's `details` for `plan`, in the properties of the first resource of
//! `map-resources`, and in a configuration. Names are those of the interface.

use serde::Deserialize;
use serde_json::{Map, Value};

/// One step. The last ones (`give`, `fail`, `reject`) say what the call returns; without one it gives what was noted.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Sends these side by side and notes each answer, under the key `answer` or `error`.
    Send(Vec<Request>),
    /// The same, so many times the one request.
    SendMany { times: u32, request: Request },
    /// Writes to the log.
    Log { level: String, message: Text },
    /// The same, so many times.
    LogMany { times: u32, level: String, message: String },
    /// Notes what the call was given: the account, the unit, the run.
    Echo,
    /// Keeps a text in this instance's memory.
    Remember(String),
    /// Notes what this instance remembers, and how many calls it has served before.
    Recall,
    /// Ends as the real component does over a defect.
    Panic(String),
    /// Ends without a word.
    Trap,
    /// Never ends.
    Loop,
    /// Never ends, and calls the log each time round.
    LoopLogging,
    /// Takes memory, a MiB at a time, until there is no more.
    Eat,
    /// Returns this instead of a whole last page of what was noted: members of the record, and `resources` as a text.
    Give(Map<String, Value>),
    /// Returns a failure.
    Fail(Problem),
    /// For `configure`: the configuration is wrong.
    Reject(Vec<Remark>),
}

/// A text, or one that is too long to be written down.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Text {
    Plain(String),
    Repeated { text: String, times: usize },
}

impl Text {
    pub fn written(self) -> String {
        match self {
            Self::Plain(text) => text,
            Self::Repeated { text, times } => text.repeat(times),
        }
    }
}

/// A request; what is not said is that of `sqs:ListQueues` in us-east-1, which the manifest declares.
#[derive(Deserialize, Clone)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Request {
    pub identity: String,
    pub service: String,
    pub region: String,
    pub operation: String,
    pub host_prefix: Option<String>,
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Default for Request {
    fn default() -> Self {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            identity: "account".to_owned(),
            service: "sqs".to_owned(),
            region: "us-east-1".to_owned(),
            operation: "ListQueues".to_owned(),
            host_prefix: None,
            method: "post".to_owned(),
            target: "/".to_owned(),
            headers: vec![
                header("content-type", "application/x-amz-json-1.0"),
                header("x-amz-target", "AmazonSQS.ListQueues"),
            ],
            body: "{}".to_owned(),
        }
    }
}

/// A problem; `class` by its name in the interface.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Problem {
    pub class: String,
    pub operation: String,
    pub region: Option<String>,
    pub code: String,
    pub message: String,
    pub request_id: Option<String>,
    pub subject: Option<String>,
    pub count: u32,
}

impl Default for Problem {
    fn default() -> Self {
        Self {
            class: "denied".to_owned(),
            operation: String::new(),
            region: None,
            code: String::new(),
            message: String::new(),
            request_id: None,
            subject: None,
            count: 1,
        }
    }
}

/// A remark on a configuration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    pub at: String,
    pub offset: Option<u32>,
    pub message: String,
    pub instead: Option<String>,
}
