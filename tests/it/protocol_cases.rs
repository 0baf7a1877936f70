//! AWS's protocol test cases, as botocore's source distribution has them, against the guest's wire formats and errors.
//!
//! Cases that are left out are listed with their reasons; one that is listed and passes fails the test, so that the
//! list stays true.

use std::collections::BTreeMap;
use std::process::Command;

use portolan_tables::Service;
use portolan_tests::{folders, python};
use serde_json::Value;

use crate::wire_cases::{left_out, run};

/// The archive that the tables' version of botocore was published as.
pub const BOTOCORE: (&str, &str) = ("1.44.5", "a988f39e3a4484def0b8010f41128f71157da0515a4804fccce4739aa8f216da");

/// How many cases there must at least be: a test over none would pass.
const CASES_MIN: usize = 600;

const LEFT_OUT: &str = include_str!("../data/protocol-cases-left-out.tsv");

#[test]
fn the_protocol_cases_of_botocore() {
    let left_out = left_out(LEFT_OUT);
    let mut failed = Vec::new();
    let mut unknown: BTreeMap<_, _> = left_out.clone();
    let mut passed = 0;
    let cases = cases();
    assert!(cases.len() >= CASES_MIN, "only {} cases", cases.len());
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        unknown.remove(name);
        let service = Service::read(case["service"].as_str().unwrap().to_owned()).unwrap();
        match (run(case, &service), left_out.contains_key(name)) {
            (Ok(()), false) => passed += 1,
            (Ok(()), true) => failed.push(format!("{name}: passes now: take it off the list")),
            (Err(reason), false) => failed.push(format!("{name}: {reason}")),
            (Err(_), true) => {}
        }
    }
    failed.extend(unknown.keys().map(|name| format!("{name}: on the list, and no such case")));
    assert!(failed.is_empty(), "{passed} passed, {} did not:\n{}", failed.len(), failed.join("\n"));
}

fn cases() -> Vec<Value> {
    let (version, sha256) = BOTOCORE;
    let source = python::source_distribution("botocore", version, sha256).unwrap_or_else(|error| panic!("{error}"));
    let script = folders::workspace().join("guest/generator/protocol_cases.py");
    let output = Command::new(python::interpreter())
        .arg("-B")
        .arg(script)
        .arg(source.join("tests/unit/protocols"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
