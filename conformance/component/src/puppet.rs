//! Plays a script (`script.rs`) and gives back what came of it.

use std::cell::RefCell;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::bindings::exports::portolan::aws::sync;
use crate::bindings::portolan::aws::log::{self, Level};
use crate::bindings::portolan::aws::signed_http::{self, Identity, Method, SendFailure};
use crate::script::{Problem, Remark, Request, Step, Text};
use crate::{bad_call, behaviour};

/// The kind whose units are played.
pub const KIND: &str = "Test::Puppet::Scripted";
/// How much of an answer is noted.
const NOTED_CHARACTERS: usize = 4_000;

thread_local! {
    static MEMORY: RefCell<(u32, String)> = const { RefCell::new((0, String::new())) };
}

/// How a played script ended.
struct Played {
    notes: Vec<Value>,
    give: Map<String, Value>,
    reject: Option<Vec<Remark>>,
}

/// What a call was given, for `echo`.
type Given<'a> = &'a dyn Fn() -> Value;

/// The script in an account's details, if there is one.
pub fn in_details(details: &str) -> Option<String> {
    serde_json::from_str::<Value>(details).ok()?.get("script").map(Value::to_string)
}

pub fn page(
    account: &sync::Account,
    unit: &sync::Unit,
    script: Option<&str>,
    run: &sync::Run,
) -> Result<sync::Page, sync::Failure> {
    let region = unit.region.as_deref().unwrap_or_default();
    let given = || {
        json!({ "account": shown(account), "unit": { "kind": unit.kind, "region": unit.region },
            "cursor": script.is_some(), "run": { "id": run.id, "started-at-ms": run.started_at_ms,
                "partition": run.partition, "limits": limits(&run.limits) } })
    };
    let played = play(script.unwrap_or("[\"echo\"]"), &given)?;
    let lines = |notes: &[Value]| -> String {
        notes.iter().enumerate().map(|(index, note)| line(index, &account.id, region, note)).collect()
    };
    Ok(sync::Page {
        resources: text(&played.give, "resources").unwrap_or_else(|| lines(&played.notes)),
        entities: text(&played.give, "entities").unwrap_or_default(),
        problems: problems(&played.give)?,
        whole: flag(&played.give, "whole"),
        next: text(&played.give, "next"),
    })
}

/// The script is a property of the first resource; the notes are entities.
pub fn map(resources: &str, run: &sync::Run) -> Result<sync::Mapped, sync::Failure> {
    let first: Value = read(resources.lines().next().unwrap_or_default())?;
    let script = first.pointer("/resource/Properties/script").map(Value::to_string).unwrap_or_default();
    let played = play(&script, &|| json!({ "limits": limits(&run.limits) }))?;
    let entity = |(index, note): (usize, &Value)| {
        let index = index.to_string();
        let line = json!({ "of": index, "mapping": 0, "identifier": index, "blueprint": "kit", "entity": note });
        format!("{line}\n")
    };
    let lines = || played.notes.iter().enumerate().map(entity).collect();
    Ok(sync::Mapped {
        entities: text(&played.give, "entities").unwrap_or_else(lines),
        problems: problems(&played.give)?,
    })
}

/// The notes are the `details` of one account more.
pub fn discover(script: &str, run: &sync::Run) -> Result<sync::AccountPage, sync::Failure> {
    let played = play(script, &|| json!({ "limits": limits(&run.limits) }))?;
    let mut accounts = Vec::new();
    for account in items(&played.give, "accounts") {
        accounts.push(sync::Account {
            id: word(account, "id"),
            name: word(account, "name"),
            role: role(&word(account, "role"))?,
            details: "{}".to_owned(),
        });
    }
    if !played.notes.is_empty() {
        accounts.push(sync::Account {
            id: "notes".to_owned(),
            name: "what was noted".to_owned(),
            role: sync::AccountRole::Member,
            details: Value::Array(played.notes).to_string(),
        });
    }
    Ok(sync::AccountPage {
        accounts,
        problems: problems(&played.give)?,
        whole: flag(&played.give, "whole"),
        next: text(&played.give, "next"),
    })
}

/// The notes are the messages of problems, class `limit`.
pub fn plan(account: &sync::Account, script: &str, run: &sync::Run) -> Result<sync::AccountPlan, sync::Failure> {
    let given = || json!({ "account": shown(account), "limits": limits(&run.limits) });
    let played = play(script, &given)?;
    let mut kinds = Vec::new();
    for planned in items(&played.give, "kinds") {
        kinds.push(sync::Planned {
            kind: word(planned, "kind"),
            fate: match word(planned, "fate").as_str() {
                "read" => sync::Fate::Read,
                "unavailable" => sync::Fate::Unavailable,
                "excluded" => sync::Fate::Excluded,
                other => return Err(unknown("fate", other)),
            },
            regions: behaviour::REGIONS.iter().map(|name| (*name).to_owned()).collect(),
        });
    }
    let mut all = problems(&played.give)?;
    all.extend(played.notes.iter().map(|note| crate::problem(sync::ProblemClass::Limit, &note.to_string())));
    let regions = behaviour::REGIONS.iter().map(|name| sync::Region { name: (*name).to_owned(), enabled: true });
    Ok(sync::AccountPlan { regions: regions.collect(), whole: flag(&played.give, "whole"), kinds, problems: all })
}

/// A configuration may hold a script: what is noted are warnings.
pub fn configure(config: &str, mut configured: sync::Configured) -> Result<sync::Configured, sync::Rejected> {
    let config: Value = serde_json::from_str(config).unwrap_or_default();
    let Some(script) = config.get("script") else { return Ok(configured) };
    let remark = |remark: Remark| sync::Remark {
        at: remark.at,
        offset: remark.offset,
        message: remark.message,
        instead: remark.instead,
    };
    let played = match play(&script.to_string(), &|| Value::Null) {
        Ok(played) => played,
        Err(failure) => {
            let wrong =
                Remark { at: "/script".to_owned(), offset: None, message: failure.problem.message, instead: None };
            return Err(sync::Rejected { remarks: vec![remark(wrong)] });
        }
    };
    if let Some(remarks) = played.reject {
        return Err(sync::Rejected { remarks: remarks.into_iter().map(remark).collect() });
    }
    let noted =
        |note: &Value| Remark { at: "/script".to_owned(), offset: None, message: note.to_string(), instead: None };
    configured.warnings.extend(played.notes.iter().map(|note| remark(noted(note))));
    Ok(configured)
}

fn play(script: &str, given: Given<'_>) -> Result<Played, sync::Failure> {
    let steps: Vec<Step> = read(script)?;
    let served = MEMORY.with_borrow_mut(|memory| {
        memory.0 += 1;
        memory.0 - 1
    });
    let mut played = Played { notes: Vec::new(), give: Map::new(), reject: None };
    for step in steps {
        match step {
            Step::Send(requests) => send(&requests, &mut played.notes)?,
            Step::SendMany { times, request } => {
                let requests: Vec<Request> = (0..times).map(|_| request.clone()).collect();
                send(&requests, &mut played.notes)?;
            }
            Step::Log { level, message } => log::write(level_of(&level)?, &message.written()),
            Step::LogMany { times, level, message } => {
                for _ in 0..times {
                    log::write(level_of(&level)?, &message);
                }
            }
            Step::Echo => played.notes.push(given()),
            Step::Remember(text) => MEMORY.with_borrow_mut(|memory| memory.1 = text),
            Step::Recall => {
                let remembered = MEMORY.with_borrow(|memory| memory.1.clone());
                played.notes.push(json!({ "remembered": remembered, "served": served }));
            }
            Step::Panic(message) => panic!("{message}"),
            Step::Trap => core::arch::wasm32::unreachable(),
            Step::Loop => loop {
                std::hint::black_box(());
            },
            Step::LoopLogging => loop {
                log::write(Level::Debug, "still here");
            },
            Step::Eat => behaviour::eat(),
            Step::Give(give) => played.give = give,
            Step::Fail(problem) => return Err(sync::Failure { problem: made(problem)? }),
            Step::Reject(remarks) => played.reject = Some(remarks),
        }
    }
    Ok(played)
}

fn send(requests: &[Request], notes: &mut Vec<Value>) -> Result<(), sync::Failure> {
    let requests: Vec<signed_http::Request> = requests.iter().map(request).collect::<Result<_, _>>()?;
    notes.extend(signed_http::send(&requests).into_iter().map(|answer| match answer {
        Ok(answer) => {
            json!({ "answer": { "status": answer.status, "headers": answer.headers, "body": cut(&answer.body),
            "body-bytes": answer.body.len(), "attempts": answer.attempts } })
        }
        Err(error) => json!({ "error": { "class": failure_name(error.class), "message": error.message } }),
    }));
    Ok(())
}

/// Enough of a body to know it by: notes have to fit into a page.
fn cut(body: &str) -> &str {
    body.char_indices().nth(NOTED_CHARACTERS).map_or(body, |(end, _)| body.get(..end).unwrap_or(body))
}

fn request(asked: &Request) -> Result<signed_http::Request, sync::Failure> {
    let asked = asked.clone();
    Ok(signed_http::Request {
        identity: match asked.identity.as_str() {
            "account" => Identity::Account,
            "management" => Identity::Management,
            other => return Err(unknown("identity", other)),
        },
        service: asked.service,
        region: asked.region,
        operation: asked.operation,
        host_prefix: asked.host_prefix,
        method: match asked.method.as_str() {
            "get" => Method::Get,
            "head" => Method::Head,
            "post" => Method::Post,
            other => return Err(unknown("method", other)),
        },
        target: asked.target,
        headers: asked.headers,
        body: asked.body,
    })
}

fn line(index: usize, account: &str, region: &str, note: &Value) -> String {
    let line = json!({
        "id": index.to_string(),
        "arn": format!("arn:aws:test:{region}:{account}:{index}"),
        "gaps": [],
        "resource": { "Type": KIND, "Properties": note, "__ExtraContext": { "AccountId": account, "Region": region } },
    });
    format!("{line}\n")
}

fn shown(account: &sync::Account) -> Value {
    let role = match account.role {
        sync::AccountRole::Member => "member",
        sync::AccountRole::Management => "management",
    };
    json!({ "id": account.id, "name": account.name, "role": role })
}

fn limits(limits: &sync::Limits) -> Value {
    json!({ "batch": limits.batch, "response-bytes": limits.response_bytes, "batch-bytes": limits.batch_bytes,
        "page-bytes": limits.page_bytes, "cursor-bytes": limits.cursor_bytes })
}

fn role(name: &str) -> Result<sync::AccountRole, sync::Failure> {
    match name {
        "" | "member" => Ok(sync::AccountRole::Member),
        "management" => Ok(sync::AccountRole::Management),
        other => Err(unknown("role", other)),
    }
}

fn level_of(name: &str) -> Result<Level, sync::Failure> {
    Ok(match name {
        "error" => Level::Error,
        "warn" => Level::Warn,
        "info" => Level::Info,
        "debug" => Level::Debug,
        other => return Err(unknown("level", other)),
    })
}

fn failure_name(class: SendFailure) -> &'static str {
    match class {
        SendFailure::Refused => "refused",
        SendFailure::NoCredentials => "no-credentials",
        SendFailure::Unreachable => "unreachable",
        SendFailure::TimedOut => "timed-out",
        SendFailure::TooLarge => "too-large",
        SendFailure::NotText => "not-text",
        SendFailure::Cancelled => "cancelled",
    }
}

fn made(problem: Problem) -> Result<sync::Problem, sync::Failure> {
    use sync::ProblemClass as Class;
    let class = match problem.class.as_str() {
        "denied" => Class::Denied,
        "throttled" => Class::Throttled,
        "unavailable" => Class::Unavailable,
        "vanished" => Class::Vanished,
        "bad-answer" => Class::BadAnswer,
        "stale-cursor" => Class::StaleCursor,
        "refused" => Class::Refused,
        "no-credentials" => Class::NoCredentials,
        "unreachable" => Class::Unreachable,
        "timed-out" => Class::TimedOut,
        "too-large" => Class::TooLarge,
        "cancelled" => Class::Cancelled,
        "limit" => Class::Limit,
        "mapping" => Class::Mapping,
        "bad-call" => Class::BadCall,
        other => return Err(unknown("problem class", other)),
    };
    Ok(sync::Problem {
        class,
        operation: problem.operation,
        region: problem.region,
        code: problem.code,
        message: problem.message,
        request_id: problem.request_id,
        subject: problem.subject,
        count: problem.count,
    })
}

fn problems(give: &Map<String, Value>) -> Result<Vec<sync::Problem>, sync::Failure> {
    items(give, "problems").iter().map(|value| read::<Problem>(&value.to_string()).and_then(made)).collect()
}

fn items<'a>(give: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    give.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text(give: &Map<String, Value>, name: &str) -> Option<String> {
    let value = give.get(name)?;
    serde_json::from_value::<Text>(value.clone()).ok().map(Text::written)
}

/// True unless said otherwise.
fn flag(give: &Map<String, Value>, name: &str) -> bool {
    give.get(name).and_then(Value::as_bool).unwrap_or(true)
}

fn word(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, sync::Failure> {
    serde_json::from_str(text).map_err(|error| bad_call(&format!("this is no script: {error}")))
}

fn unknown(what: &str, name: &str) -> sync::Failure {
    bad_call(&format!("{name:?} is no {what}"))
}
