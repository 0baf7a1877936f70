//! A host that answers from a script, and the guest under test.

use std::cell::RefCell;
use std::fmt::Write as _;

use portolan_guest::Guest;
use portolan_guest::host::{Host, Level, Request, Response, SendError, SendFailure};
use portolan_guest::interface::{Account, AccountRole, Limits, Page, Run, Unit};
use portolan_guest::problem::{Problem, ProblemClass};
use serde_json::{Value, json};

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-west-1";

/// The digest key of all tests.
pub const KEY: &str = "0badcafe";

type Answer = Result<Response, SendError>;

/// Answers by a function of the request, and remembers what was asked.
pub struct Script<'a> {
    answer: Box<dyn Fn(&Request) -> Answer + 'a>,
    pub asked: RefCell<Vec<Request>>,
    /// How many requests came together.
    pub sends: RefCell<Vec<usize>>,
    batch: usize,
}

impl<'a> Script<'a> {
    pub fn new(answer: impl Fn(&Request) -> Answer + 'a) -> Self {
        let batch = limits().batch as usize;
        Self { answer: Box::new(answer), asked: RefCell::default(), sends: RefCell::default(), batch }
    }

    pub fn count(&self, operation: &str) -> usize {
        self.asked.borrow().iter().filter(|request| request.operation == operation).count()
    }
}

impl Host for Script<'_> {
    fn send(&self, requests: Vec<Request>) -> Vec<Answer> {
        assert!(requests.len() <= self.batch, "{} requests in one send", requests.len());
        self.sends.borrow_mut().push(requests.len());
        self.asked.borrow_mut().extend(requests.iter().cloned());
        requests.iter().map(|request| (self.answer)(request)).collect()
    }

    fn log(&self, _level: Level, _message: &str) {}
}

pub fn ok(body: impl ToString) -> Answer {
    status(200, body)
}

pub fn status(status: u16, body: impl ToString) -> Answer {
    let headers = vec![("x-amzn-requestid".to_owned(), "request-1".to_owned())];
    Ok(Response { status, headers, body: body.to_string(), attempts: 1 })
}

/// An error as the JSON protocols write it.
pub fn fault(code: &str) -> Answer {
    status(400, json!({"__type": format!("com.amazonaws#{code}"), "message": format!("{code} it is")}))
}

pub fn unsent(class: SendFailure) -> Answer {
    Err(SendError { class, message: "said the host".to_owned() })
}

/// The member of a JSON request's body.
pub fn member(request: &Request, name: &str) -> Value {
    serde_json::from_str::<Value>(&request.body).unwrap_or_default().get(name).cloned().unwrap_or_default()
}

pub fn limits() -> Limits {
    Limits { batch: 16, response_bytes: 8 << 20, batch_bytes: 4 << 20, page_bytes: 128 << 10, cursor_bytes: 64 << 10 }
}

pub fn run(limits: Limits) -> Run {
    Run { id: "run-1".to_owned(), started_at_ms: 1_700_000_000_000, partition: "aws".to_owned(), limits }
}

pub fn guest_with(config: &Value, limits: Limits) -> Guest {
    match Guest::configure(&config.to_string(), run(limits)) {
        Ok((guest, _)) => guest,
        Err(remarks) => panic!("{remarks:?}"),
    }
}

/// A configuration of one kind.
pub fn config(kind: &str, actions: Value) -> Value {
    json!({"version": 1, "redaction_key": KEY, "kinds": [{"kind": kind, "actions": actions}]})
}

/// A kind of a test's own.
pub const OWN: &str = "Test::Own::Kind";

/// A configuration of a kind that is not in the catalogue: what of the definition is always the same is added.
pub fn own(service: &str, definition: Value) -> Value {
    let mut whole = json!({"tier": "more", "scope": "region", "arn": "arn:{$id}", "confirm": "second-run"});
    whole.as_object_mut().unwrap().extend(definition.as_object().unwrap().clone());
    let mut config = config(OWN, json!([]));
    config["definitions"] = json!([{"service": service, "kinds": {OWN: whole}}]);
    config
}

/// Below which chains of parents was read, and whether whole.
pub fn scopes(whole: &Whole) -> Vec<(Vec<&str>, bool)> {
    whole
        .lines
        .iter()
        .filter(|line| line["parent"].is_array())
        .map(|line| {
            let parents = line["parent"].as_array().unwrap().iter().map(|parent| parent.as_str().unwrap()).collect();
            (parents, line["whole"].as_bool().unwrap())
        })
        .collect()
}

pub fn guest(kind: &str, actions: Value) -> Guest {
    guest_with(&config(kind, actions), limits())
}

pub fn account() -> Account {
    Account { id: ACCOUNT.to_owned(), name: "Payments".to_owned(), role: AccountRole::Member, details: "{}".to_owned() }
}

pub fn unit(kind: &str) -> Unit {
    Unit { kind: kind.to_owned(), region: Some(REGION.to_owned()) }
}

/// All pages of a unit as one, each read in a guest of its own, as after a crash.
pub struct Whole {
    pub lines: Vec<Value>,
    pub problems: Vec<Problem>,
    pub whole: bool,
    pub pages: usize,
}

impl Whole {
    pub fn ids(&self) -> Vec<&str> {
        self.lines.iter().filter_map(|line| line["id"].as_str()).collect()
    }

    pub fn problems(&self) -> Vec<String> {
        self.problems.iter().map(described).collect()
    }
}

pub fn read_all(host: &Script<'_>, config: &Value, limits: Limits, unit: &Unit) -> Result<Whole, Problem> {
    let mut all = Whole { lines: Vec::new(), problems: Vec::new(), whole: true, pages: 0 };
    let mut cursor = None;
    loop {
        let page = guest_with(config, limits).sync_page(host, &account(), unit, cursor.as_deref())?;
        all.lines.extend(lines(&page));
        all.problems.extend(page.problems);
        all.whole &= page.whole;
        all.pages += 1;
        assert!(all.pages < 1000, "the unit has no end");
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

pub fn lines(page: &Page) -> Vec<Value> {
    page.resources.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// `denied s3:GetBucketEncryption x1 about plain`
pub fn described(problem: &Problem) -> String {
    let class = match problem.class {
        ProblemClass::Denied => "denied",
        ProblemClass::Throttled => "throttled",
        ProblemClass::Unavailable => "unavailable",
        ProblemClass::Vanished => "vanished",
        ProblemClass::BadAnswer => "bad-answer",
        ProblemClass::StaleCursor => "stale-cursor",
        ProblemClass::Limit => "limit",
        ProblemClass::BadCall => "bad-call",
        ProblemClass::TooLarge => "too-large",
        _ => "other",
    };
    let mut text = format!("{class} {} x{}", problem.operation, problem.count);
    if let Some(subject) = &problem.subject {
        write!(text, " about {subject}").unwrap();
    }
    text
}
