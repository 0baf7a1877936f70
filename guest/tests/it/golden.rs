//! Each kind: recorded exchanges in, lines out. `tests/golden/<kind>/case.json` holds both.
//!
//! An exchange answers the first request of its operation that contains all of `when`; each is used exactly once.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use portolan_guest::interface::Unit;
use serde_json::{Value, json};

use crate::script::{Script, config, limits, read_all, status};

/// Whether a request has this part. The members of a query stand in any order.
fn has(text: &str, part: &str) -> bool {
    let target = text.split(' ').next().unwrap_or_default();
    match (part.split_once('?'), target.split_once('?')) {
        (Some((path, query)), Some((asked, given))) => {
            path == asked
                && query.split('&').all(|wanted| wanted.is_empty() || given.split('&').any(|given| given == wanted))
        }
        _ => text.contains(part),
    }
}

fn check(folder: &str) {
    let file = folder_of_all().join(folder).join("case.json");
    let case: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let exchanges = RefCell::new(case["exchanges"].as_array().unwrap().clone());
    let host = Script::new(|request| {
        let operation = format!("{}:{}", request.service, request.operation);
        let text = format!("{} {}", request.target, request.body);
        let mut left = exchanges.borrow_mut();
        let found = left.iter().position(|exchange| {
            let when = exchange["when"].as_array();
            exchange["operation"] == operation.as_str()
                && when.into_iter().flatten().all(|part| has(&text, part.as_str().unwrap()))
        });
        let exchange = left.remove(found.unwrap_or_else(|| panic!("nothing answers {operation} {text}")));
        if let Some(region) = exchange["region"].as_str() {
            assert_eq!(request.region, region, "{operation}");
        }
        let identity = exchange["identity"].as_str();
        assert_eq!(identity.unwrap_or(request.identity.as_str()), request.identity.as_str(), "{operation}");
        let body = match &exchange["body"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        status(u16::try_from(exchange["status"].as_u64().unwrap_or(200)).unwrap(), body)
    });
    let kind = case["kind"].as_str().unwrap();
    let unit = Unit { kind: kind.to_owned(), region: case["region"].as_str().map(str::to_owned) };
    let all = read_all(&host, &config(kind, json!("all")), limits(), &unit).unwrap();
    // Parents are read side by side: the order of the lines says nothing.
    let sorted = |lines: &[Value]| {
        let mut lines = lines.to_vec();
        lines.sort_by_key(|line| (line["parent"].to_string(), line["id"].to_string()));
        lines
    };
    for (got, expected) in sorted(&all.lines).iter().zip(&sorted(case["expected"].as_array().unwrap())) {
        assert_eq!(got, expected, "\n got      {got}\n expected {expected}");
    }
    assert_eq!(all.lines.len(), case["expected"].as_array().unwrap().len());
    assert_eq!(json!(all.problems()), *case.get("problems").unwrap_or(&json!([])));
    assert!(all.whole);
    assert!(exchanges.borrow().is_empty(), "not asked: {:?}", exchanges.borrow());
}

fn folder_of_all() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn folders() -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder_of_all()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_golden_case_holds() {
    let failed: Vec<String> = folders()
        .into_iter()
        .filter_map(|folder| {
            // A case panics where it does not hold; the others are still checked.
            let caught = std::panic::catch_unwind(|| check(&folder)).err()?;
            let text = caught.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| caught.downcast_ref::<&str>().copied()).unwrap_or("panicked");
            Some(format!("{folder}: {text}"))
        })
        .collect();
    assert!(failed.is_empty(), "{} golden cases do not hold:\n{}", failed.len(), failed.join("\n\n"));
}

#[test]
fn every_kind_has_a_golden_case() {
    let manifest: Value = serde_json::from_str(&portolan_guest::describe()).unwrap();
    let kinds = manifest["kinds"].as_array().unwrap();
    let named = kinds.iter().map(|kind| kind["kind"].as_str().unwrap().replace("::", "_")).collect();
    let folders = folders();
    let missing: Vec<&String> = BTreeSet::difference(&named, &folders).collect();
    let unknown: Vec<&String> = folders.difference(&named).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "without a case: {missing:?}; of no kind: {unknown:?}");
}
