//! The wire formats against botocore, over all operations that the tables open: `guest/generator/differential.py` makes
//! answers and inputs up and says what botocore makes of them.
//!
//! A sample of operations is compared each time, all of them with `PORTOLAN_DIFFERENTIAL=all`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use portolan_tables::{Access, DeniedRule, Operation, services};
use portolan_tests::folders::{self, Scratch};
use portolan_tests::python;
use serde_json::Value;

use crate::wire_cases::{left_out, run};

const LEFT_OUT: &str = include_str!("../data/differential-left-out.tsv");
/// The cases depend on it, and so does the sample.
const SEED: u64 = 2;
/// How many operations a sample has, and how many cases each has in either direction.
const SAMPLE: usize = 600;
const CASES_OF_SAMPLE: usize = 2;
const CASES_OF_ALL: usize = 3;
/// How many operations and cases there must at least be in all: a test over none would pass.
const OPERATIONS_MIN: usize = 7_000;
const CASES_MIN: usize = 40_000;
/// How many differences are shown.
const SHOWN: usize = 100;

#[test]
fn answers_and_requests_are_as_botocore_has_them() {
    let whole = std::env::var("PORTOLAN_DIFFERENTIAL").is_ok_and(|value| value == "all");
    let mut chosen = operations();
    assert!(chosen.len() >= OPERATIONS_MIN, "only {} operations", chosen.len());
    if !whole {
        chosen.sort_by_key(shuffled);
        chosen.truncate(SAMPLE);
    }
    let found = compare(&chosen, if whole { CASES_OF_ALL } else { CASES_OF_SAMPLE });
    let mut failed = found.failed;
    if whole {
        assert!(found.cases >= CASES_MIN, "only {} cases", found.cases);
        let unused = left_out(LEFT_OUT).into_keys().filter(|listed| !found.used.contains(*listed));
        failed.extend(unused.map(|listed| format!("{listed}: on the list of exceptions, and none: take it off")));
    }
    let counts = format!(
        "{} operations, {} cases, {} without a case, {} differences",
        chosen.len(),
        found.cases,
        found.without,
        failed.len()
    );
    println!("{counts}");
    failed.truncate(SHOWN);
    assert!(failed.is_empty(), "{counts}:\n{}", failed.join("\n"));
}

/// All that may be called, by service and name.
fn operations() -> Vec<(&'static str, String)> {
    let opened = |operation: &Operation| {
        let reads = matches!(operation.access, Some(Access::List | Access::Read));
        reads && operation.denied.as_ref().is_none_or(|denied| denied.rule != DeniedRule::Never)
    };
    let named = services().flat_map(|name| {
        let service = portolan_tables::service(name).unwrap();
        let open = service.operations().filter(|(_, operation)| opened(operation));
        open.map(|(operation, _)| (name, operation.to_owned())).collect::<Vec<_>>()
    });
    named.collect()
}

/// An operation's place in an order that says nothing: FNV-1a of the seed and its name.
fn shuffled((service, name): &(&'static str, String)) -> u64 {
    let bytes = service.bytes().chain(name.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325 ^ SEED, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[derive(Default)]
struct Found {
    cases: usize,
    without: usize,
    failed: Vec<String>,
    /// The exceptions that were of use.
    used: BTreeSet<String>,
}

fn compare(chosen: &[(&'static str, String)], cases: usize) -> Found {
    let scratch = Scratch::new("differential");
    let mut lines: BTreeMap<&str, String> = BTreeMap::new();
    for (service, name) in chosen {
        write!(lines.entry(service).or_insert_with(|| format!("{service}:")), " {name}").unwrap();
    }
    let list = scratch.file("operations.txt");
    std::fs::write(&list, lines.into_values().collect::<Vec<_>>().join("\n")).unwrap();
    let mut child = Command::new(python::interpreter())
        .arg("-B")
        .arg(folders::workspace().join("guest/generator/differential.py"))
        .arg("--operations")
        .arg(&list)
        .args(["--seed", &SEED.to_string(), "--cases", &cases.to_string()])
        .env("PYTHONIOENCODING", "utf-8")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let exceptions = left_out(LEFT_OUT);
    let mut found = Found::default();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let case: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let (kind, name) = (case["kind"].as_str().unwrap(), case["name"].as_str().unwrap());
        if kind == "left-out" {
            found.without += 1;
            let rule = case["rule"].as_str().unwrap();
            if !exceptions.contains_key(rule) {
                found.failed.push(format!("{name}: there is no case, and no reason for {rule}"));
            }
            found.used.insert(rule.to_owned());
            continue;
        }
        found.cases += 1;
        let service = portolan_tables::service(case["service"].as_str().unwrap()).unwrap();
        if let Err(reason) = run(&case, service) {
            let exception = format!("{kind} {}", name.rsplit_once('/').unwrap().0);
            if exceptions.contains_key(exception.as_str()) {
                found.used.insert(exception);
            } else {
                found.failed.push(format!("{kind} {name}: {reason}"));
            }
        }
    }
    assert!(child.wait().unwrap().success(), "differential.py failed");
    found
}
