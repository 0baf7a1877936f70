//! Requests and answers as botocore has them, against the guest's wire formats: rows of `guest/generator`'s
//! `protocol_cases.py` and `differential.py`.

use std::collections::BTreeMap;

use portolan_guest::wire::{Fault, Method, request, response};
use portolan_tables::{Protocol, Service};
use serde_json::Value;

/// Cases that are left out, with their reasons.
pub fn left_out(list: &'static str) -> BTreeMap<&'static str, &'static str> {
    let rows = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let rows: Vec<_> = rows.map(|line| line.split_once('\t').unwrap_or_else(|| panic!("no reason: {line}"))).collect();
    let map: BTreeMap<_, _> = rows.iter().copied().collect();
    assert_eq!(map.len(), rows.len(), "a case is listed twice");
    map
}

/// What is wrong with one case.
pub fn run(case: &Value, service: &Service) -> Result<(), String> {
    let operation = case["operation"].as_str().unwrap();
    match case["kind"].as_str().unwrap() {
        "input" => run_input(case, service, operation),
        kind => run_output(case, service, operation, kind == "error"),
    }
}

fn run_output(case: &Value, service: &Service, operation: &str, fails: bool) -> Result<(), String> {
    let status = u16::try_from(case["status"].as_u64().unwrap()).unwrap();
    let headers = pairs(&case["headers"]);
    let answer = response(service, operation, status, &headers, case["body"].as_str().unwrap());
    match answer {
        Ok(output) if !fails => same(&output, &case["expected"], "output"),
        Err(Fault::Aws(error)) if fails => {
            let (code, message) = (case["code"].as_str().unwrap(), case["message"].as_str().unwrap());
            if !code.is_empty() && error.code != code {
                return Err(format!("code {} instead of {code}", error.code));
            }
            // Where the answer has no message, this reader gives the status in words.
            if !message.is_empty() && error.message != message {
                return Err(format!("message {:?} instead of {message:?}", error.message));
            }
            Ok(())
        }
        Ok(output) => Err(format!("no error, but {output}")),
        Err(fault) => Err(format!("{fault:?}")),
    }
}

fn run_input(case: &Value, service: &Service, operation: &str) -> Result<(), String> {
    let written = request(service, operation, &case["input"]).map_err(|error| error.to_string())?;
    let method = match written.method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
    };
    let expect = |what: &str, found: &str, expected: &str| {
        if found == expected { Ok(()) } else { Err(format!("{what} {found:?} instead of {expected:?}")) }
    };
    expect("method", method, case["method"].as_str().unwrap())?;
    let expected_uri = case["uri"].as_str().unwrap();
    expect("uri", &sorted_query(&written.target), &sorted_query(expected_uri))?;
    let header = |name: &str| written.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    for (name, value) in pairs(&case["headers"]) {
        let sets_none = match service.protocol {
            // No body is written, and bodies that are text or bytes have no content type: as in botocore.
            Protocol::RestXml => name == "content-type",
            Protocol::RestJson => name == "content-type" && value != "application/json",
            _ => false,
        };
        if !sets_none {
            let found = header(&name).ok_or_else(|| format!("no header {name}"))?;
            expect(&name, &found.replace(", ", ","), &value.replace(", ", ","))?;
        }
    }
    for name in case["forbidden"].as_array().unwrap() {
        if header(name.as_str().unwrap()).is_some() {
            return Err(format!("header {name}"));
        }
    }
    if let Some(host) = case["host"].as_str() {
        let prefix = written.host_prefix.as_deref().unwrap_or_default();
        if !host.starts_with(prefix)
            || (prefix.is_empty() && service.operation(operation).unwrap().host_prefix.is_some())
        {
            return Err(format!("host prefix {prefix:?} for {host}"));
        }
    }
    let Some(body) = case["body"].as_str() else { return Ok(()) };
    match (service.protocol, serde_json::from_str::<Value>(body)) {
        (Protocol::Json | Protocol::RestJson, Ok(expected)) => {
            let found =
                serde_json::from_str(&written.body).map_err(|error| format!("body {:?}: {error}", written.body))?;
            same(&found, &expected, "body")
        }
        (Protocol::Query | Protocol::Ec2, _) => expect("body", &sorted(&written.body), &sorted(body.trim())),
        _ => expect("body", &written.body, body),
    }
}

fn sorted_query(uri: &str) -> String {
    match uri.split_once('?') {
        Some((path, query)) => format!("{path}?{}", sorted(query)),
        None => uri.to_owned(),
    }
}

/// The order of a form's fields says nothing.
fn sorted(form: &str) -> String {
    let mut fields: Vec<_> = form.split('&').map(str::trim).collect();
    fields.sort_unstable();
    fields.join("&")
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    let rows = value.as_array().unwrap();
    rows.iter().map(|row| (row[0].as_str().unwrap().to_owned(), row[1].as_str().unwrap().to_owned())).collect()
}

/// Equal as JSON; numbers as numbers, however they are written.
pub fn same(found: &Value, expected: &Value, place: &str) -> Result<(), String> {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => Ok(()),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().try_for_each(|(index, (a, b))| same(a, b, &format!("{place}[{index}]")))
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            a.iter().try_for_each(|(key, a)| match b.get(key) {
                Some(b) => same(a, b, &format!("{place}.{key}")),
                None => Err(format!("{place}.{key} is not expected")),
            })
        }
        (a, b) if a == b => Ok(()),
        (a, b) => Err(format!("{place} is {a} instead of {b}")),
    }
}
