//! A piece of work that is always the same, by which processor time is measured: what a machine is slower at, it is slower at
//! here as well, so that a baseline holds on more than one.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Documents of one yardstick: some tens of milliseconds of an optimized build.
const DOCUMENTS: usize = 100;
/// Members of a document, as large as a page of resources.
const MEMBERS: usize = 200;

/// How often it is taken: the least counts, since one passage beside others' work varies by a third, and the least does not.
const PASSAGES: usize = 5;

/// Seconds of processor time that it takes on this machine, at best.
///
/// # Errors
/// When what comes out is not what went in.
pub fn seconds() -> Result<f64> {
    (0..PASSAGES).try_fold(f64::INFINITY, |least, _| Ok(least.min(passage()?)))
}

/// Text is read into values, sorted, written and digested, as syncing does.
fn passage() -> Result<f64> {
    let text = document().to_string();
    let began = now();
    let mut digest = Sha256::new();
    for _ in 0..DOCUMENTS {
        let value: BTreeMap<String, Value> = serde_json::from_str(&text)?;
        let written = serde_json::to_string(&value)?;
        ensure!(written.len() == text.len(), "JSON is not what it was");
        digest.update(written);
    }
    let digest = digest.finalize();
    ensure!(digest.len() == 32, "no digest");
    Ok(now() - began)
}

fn document() -> Value {
    let member = |number: usize| {
        let resource = json!({
            "Type": "AWS::EC2::Instance", "Id": format!("i-{number:017x}"), "State": {"Code": number % 80, "Name": "running"},
            "Tags": [{"Key": "Name", "Value": format!("web-{number}")}, {"Key": "team", "Value": "web"}],
        });
        (format!("{number:05}"), resource)
    };
    Value::Object((0..MEMBERS).map(member).collect())
}

/// Processor time of this thread.
fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let part = |part: i64| f64::from(i32::try_from(part).unwrap_or(i32::MAX));
    part(time.tv_sec) + part(time.tv_nsec) / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_time() {
        assert!(seconds().unwrap() > 1e-4);
    }
}
