//! Every operation that AWS has, as botocore writes it, through the guard, with the widest grant that there can be.
//!
//! What must become of each is told by `tests/iam/guard_operations.py` from the service authorization reference and the
//! reviewed list of denied reads; nothing of the guard or its tables has a say in it. All of them, each time.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use portolan_guard::{Grant, Identity, Method, Permitted, Refusal, WireRequest, decide};
use portolan_tests::{folders, python};
use serde_json::{Value, json};

/// How many operations of each group meet which end: whoever moves to other data sees here what it changes.
const COUNTS: &str = "tests/data/guard-operations.tsv";

/// Operations whose requests are those of a read, byte for byte: (operation, the read, why that is so).
const SAME_BYTES: &[(&str, &str, &str)] = &[
    ("s3:GetBucketNotificationConfiguration", "GetBucketNotification", "the newer name of the same call"),
    ("s3:ListDirectoryBuckets", "ListBuckets", "told apart by the host, and requests to s3 go to that of ListBuckets"),
];

#[test]
fn every_operation_that_aws_has_meets_the_end_that_its_authorization_data_demands() {
    let rows = rows();
    let judges = Judges::new(&rows);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in &rows {
        let end = judges.end(row).unwrap_or_else(|why| {
            wrong.push(format!("{}:{}: {why}", row.service, row.operation));
            "wrong".to_owned()
        });
        *counts.entry(format!("{}\t{end}", row.group)).or_default() += 1;
    }
    let table: String = counts.iter().map(|(of, count)| format!("{of}\t{count}\n")).collect();
    println!("{} operations\n{table}", rows.len());
    assert!(wrong.is_empty(), "{} operations meet a wrong end:\n{}", wrong.len(), wrong.join("\n"));
    let expected = std::fs::read_to_string(folders::workspace().join(COUNTS)).unwrap();
    let expected: String =
        expected.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    assert_eq!(table, expected, "{COUNTS} counts otherwise: look at what changed, then write it down");
}

/// An operation as botocore asks for it, and what must become of that.
struct Row {
    service: String,
    operation: String,
    group: String,
    must: String,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    host_prefix: Option<String>,
}

fn rows() -> Vec<Row> {
    let mut child = Command::new(python::interpreter())
        .arg("-B")
        .arg(folders::workspace().join("tests/iam/guard_operations.py"))
        .env("PYTHONIOENCODING", "utf-8")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let rows: Vec<Row> = lines.map(|line| row(&serde_json::from_str(&line.unwrap()).unwrap())).collect();
    assert!(child.wait().unwrap().success(), "guard_operations.py failed");
    // At botocore 1.44.5 there are 19,796; a list that is much shorter would prove little.
    assert!(rows.len() >= 19_000, "only {} operations", rows.len());
    rows
}

fn row(value: &Value) -> Row {
    let text = |name: &str| match value[name].as_str() {
        Some(text) => text.to_owned(),
        None => panic!("no {name}: {value}"),
    };
    let pair = |pair: &Value| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned());
    Row {
        service: text("service"),
        operation: text("operation"),
        group: text("group"),
        must: text("must"),
        method: text("method"),
        target: text("target"),
        headers: value["headers"].as_array().unwrap().iter().map(pair).collect(),
        body: text("body"),
        host_prefix: value["host_prefix"].as_str().map(str::to_owned),
    }
}

/// The guard under the widest grants that can be written.
struct Judges {
    /// Reads that may pass, as `service:Operation`.
    reads: BTreeSet<String>,
    /// Every operation is declared, and the operator grants whatever can be granted; one for each identity, since a manifest
    /// has no room for both.
    account: Grant,
    management: Grant,
    /// As the first, without the operator.
    ungranted: Grant,
}

impl Judges {
    fn new(rows: &[Row]) -> Self {
        let declared = |identity: &str| {
            let call =
                |row: &Row| json!({"operation": format!("{}:{}", row.service, row.operation), "identity": identity});
            let manifest = json!({"calls": rows.iter().map(call).collect::<Vec<_>>()}).to_string();
            Grant::from_manifest(&manifest).unwrap()
        };
        let grantable = |action: &String| Grant::nothing().with_operator([action.clone()]).is_ok();
        let granted: Vec<String> =
            portolan_tables::denied_reads().map(|row| row.action.to_owned()).filter(grantable).collect();
        assert!(granted.len() >= 40, "{granted:?}");
        let reads = rows.iter().filter(|row| row.must != "refused");
        Self {
            reads: reads.map(|row| format!("{}:{}", row.service, row.operation)).collect(),
            account: declared("account").with_operator(granted.clone()).unwrap(),
            management: declared("management").with_operator(granted).unwrap(),
            ungranted: declared("account"),
        }
    }

    /// What became of an operation, or what should not have.
    fn end(&self, row: &Row) -> Result<String, String> {
        let said = Said::of(&row.method);
        let ask = |identity, grant| row.ask(said.method, identity, grant);
        let (granted, ungranted) = (ask(Identity::Account, &self.account), ask(Identity::Account, &self.ungranted));
        let management = ask(Identity::Management, &self.management);
        if let Some((_, read, _)) =
            SAME_BYTES.iter().find(|(name, ..)| *name == format!("{}:{}", row.service, row.operation))
        {
            let permitted = granted.map_err(|refusal| format!("on the list of the same bytes, and {refusal}"))?;
            return if permitted.operation == *read {
                Ok("is the request of a read".to_owned())
            } else {
                Err("not that read".to_owned())
            };
        }
        for permitted in [&granted, &ungranted, &management].into_iter().flatten() {
            let passed_as = format!("{}:{}", permitted.service, permitted.operation);
            let itself = (permitted.service, permitted.operation) == (row.service.as_str(), row.operation.as_str());
            // With another method it is another request, which AWS takes for what the guard takes it for.
            let another_read = said.otherwise && permitted.service == row.service && self.reads.contains(&passed_as);
            if !(itself && row.must != "refused" && !said.otherwise || !itself && another_read) {
                return Err(format!("{} passed, as {passed_as}", row.group));
            }
        }
        if management.is_ok() && row.service != "organizations" {
            return Err("passed with the identity that lists the organization".to_owned());
        }
        match (row.must.as_str(), granted, ungranted) {
            ("granted", _, Ok(_)) => Err("passed without the operator's grant".to_owned()),
            ("granted", Ok(_), _) => Ok("passes by the operator's grant".to_owned()),
            ("dropped", Ok(permitted), _) if permitted.dropped.is_empty() => Err("nothing is dropped".to_owned()),
            ("dropped", Ok(_), _) => Ok("passes, with values dropped".to_owned()),
            _ if said.otherwise => Ok(format!("cannot be said: {}", row.method)),
            (_, Ok(_), Err(refusal)) => Err(format!("needs no grant, and without one: {refusal}")),
            (_, Ok(_), Ok(_)) => Ok("passes".to_owned()),
            (_, Err(refusal), _) => Ok(format!("refused: {}", refusal.rule.as_str())),
        }
    }
}

/// The method with which a guest could ask.
struct Said {
    method: Method,
    /// It is not the operation's own, which a guest cannot say.
    otherwise: bool,
}

impl Said {
    fn of(method: &str) -> Self {
        match method {
            "GET" => Self { method: Method::Get, otherwise: false },
            "HEAD" => Self { method: Method::Head, otherwise: false },
            "POST" => Self { method: Method::Post, otherwise: false },
            _ => Self { method: Method::Post, otherwise: true },
        }
    }
}

impl Row {
    fn ask(&self, method: Method, identity: Identity, grant: &Grant) -> Result<Permitted<'static>, Refusal> {
        let wire = WireRequest {
            service: &self.service,
            region: "eu-west-1",
            operation: "ListQueues",
            method,
            target: &self.target,
            headers: &self.headers,
            body: &self.body,
            host_prefix: self.host_prefix.as_deref(),
            identity,
        };
        decide(&wire, grant)
    }
}
