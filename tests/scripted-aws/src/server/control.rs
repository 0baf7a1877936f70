//! The control path: what a test or the benchmark reads and sets while calls come in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use portolan_scripted_aws::{Estate, Options, kinds};
use serde_json::{Value, json};

use super::call::{Server, World};
use super::count::Counts;
use super::dress::Reply;
use crate::weather::dice::Dice;

/// The answer has to leave before the listener closes.
const BEFORE_CLOSING: Duration = Duration::from_millis(50);

/// Answers `/__control/…`.
pub(crate) fn answer(server: &Arc<Server>, path: &str, head: &Parts, body: &Bytes) -> Response<Reply> {
    let (status, value) = match (head.method.as_str(), path) {
        ("GET", "usage") => (200, usage(server)),
        ("GET", "estate") => (200, estate(&server.state().world.estate)),
        ("GET", "options") => (200, json!(server.state().world.options)),
        ("POST", "options") => match set(server, body) {
            Ok(()) => (200, json!({})),
            Err(error) => (400, json!({ "error": error })),
        },
        ("POST", "reset") => {
            let (read, written) = traffic(server);
            let mut state = server.state();
            let open_calls = state.counts.open_calls;
            state.counts = Counts::new(read, written);
            state.counts.open_calls = open_calls;
            state.buckets.refill();
            (200, json!({}))
        }
        ("POST", "close") => {
            match serde_json::from_slice::<Value>(body).ok().and_then(|value| value.get("ms")?.as_u64()) {
                Some(milliseconds) => {
                    let close = server.close.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(BEFORE_CLOSING).await;
                        let _ = close.send(Duration::from_millis(milliseconds));
                    });
                    (200, json!({}))
                }
                None => (400, json!({ "error": "{\"ms\": how long nobody can connect}" })),
            }
        }
        _ => (404, json!({ "error": "GET usage, estate, options; POST options, reset, close" })),
    };
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(value.to_string()))));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn traffic(server: &Server) -> (u64, u64) {
    (server.traffic.read.load(Ordering::Relaxed), server.traffic.written.load(Ordering::Relaxed))
}

fn usage(server: &Server) -> Value {
    let (read, written) = traffic(server);
    let state = server.state();
    state.counts.report(&server.operations.all, read, written, state.buckets.least_seconds())
}

/// How many resources there are.
fn estate(estate: &Estate) -> Value {
    let mut by_kind: BTreeMap<&str, u64> = BTreeMap::new();
    let mut by_account: BTreeMap<String, u64> = BTreeMap::new();
    let (mut resources, mut units, mut empty) = (0, 0_u64, 0_u64);
    for unit in estate.units() {
        let count = u64::from(estate.count(unit));
        let kind = kinds().get(usize::from(unit.kind)).map_or("", |kind| kind.name);
        *by_kind.entry(kind).or_default() += count;
        *by_account.entry(Estate::account_id(unit.account).to_string()).or_default() += count;
        resources += count;
        units += 1;
        empty += u64::from(count == 0);
    }
    json!({
        "resources": resources,
        "units": units,
        "empty_units": empty,
        "regions": estate.regions(),
        "by_kind": by_kind,
        "by_account": by_account,
    })
}

/// Sets some of the options; the others stay.
fn set(server: &Server, body: &Bytes) -> Result<(), String> {
    let changes: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let Value::Object(changes) = changes else { return Err("options are an object".to_owned()) };
    let mut state = server.state();
    let mut options = json!(state.world.options);
    for fixed in ["port", "tls", "ca_file"] {
        if changes.contains_key(fixed) {
            return Err(format!("{fixed} is set at the start"));
        }
    }
    let faults = changes.contains_key("faults");
    if let Value::Object(known) = &mut options {
        known.extend(changes);
    }
    let options: Options = serde_json::from_value(options).map_err(|error| error.to_string())?;
    if faults {
        state.dice = Dice::new(&options.faults);
    }
    state.world = Arc::new(World { estate: Estate::new(&options), options });
    Ok(())
}
