//! The catalogue on real files.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small numbers of a test's own")]

mod asking;
mod deleting;
mod delivering;
mod entities;
mod files;
mod rehearsing;
mod restoring;
mod sharing;
mod simulating;
mod speed;
mod storing;
mod types;
mod viewing;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use portolan_names::{AccountId, Region};
use serde_json::json;

use super::*;
use crate::deletion::{
    AccountFate, Confirm, Decided, DeletionSettings, Evidence, KindFate, OrganizationListing, Plan, ReadBack,
    RegionFate, decide, judge,
};
use crate::outcome::{Ended, Problem, ProblemClass};
use crate::page_lines::{self, PageLine};
use crate::unit::UnitKey;

pub(super) const ACCOUNT: &str = "111122223333";
const HOUR: u64 = 3_600_000;
const START: u64 = 1_732_233_600_000;

/// A folder of its own, removed with the test.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("portolan-catalogue-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn file(&self) -> PathBuf {
        self.0.join("portolan.db")
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn unit(kind: &str, account: &str, region: &str) -> UnitKey {
    let region = if region.is_empty() { None } else { Some(Region::parse(region).unwrap()) };
    UnitKey { kind: kind.to_owned(), account: AccountId::parse(account).unwrap(), region }
}

pub(super) fn queues() -> UnitKey {
    unit("AWS::SQS::Queue", ACCOUNT, "eu-west-1")
}

/// A line with these properties; `more` are members of the line itself (`created`, `gaps`, `parents`, `arn`, …).
pub(super) fn line(kind: &str, id: &str, properties: serde_json::Value, more: serde_json::Value) -> PageLine {
    let mut line = json!({"id": id, "name": id, "resource":
        {"Type": kind, "Properties": properties, "__ExtraContext": {"AccountId": ACCOUNT}}});
    for (name, value) in more.as_object().unwrap() {
        line[name] = value.clone();
    }
    page_lines::parse(&line.to_string()).unwrap().remove(0)
}

pub(super) fn queue(id: &str) -> PageLine {
    line("AWS::SQS::Queue", id, json!({"QueueName": id}), json!({}))
}

pub(super) fn problem(class: ProblemClass) -> Problem {
    Problem {
        class,
        operation: "sqs:ListQueues".to_owned(),
        region: Some("eu-west-1".to_owned()),
        code: "AccessDenied".to_owned(),
        message: "not authorized".to_owned(),
        request_id: Some("r-1".to_owned()),
        subject: None,
        count: 1,
    }
}

pub(super) fn page(unit: &UnitKey, lines: Vec<PageLine>, now: u64) -> PageRecord {
    PageRecord { unit: unit.clone(), lines, mapped: None, problems: vec![], whole: true, next: None, calls: 1, now }
}

/// Begins the n-th run, an hour after the one before.
pub(super) fn begin(catalogue: &mut Catalogue, number: u64) -> u64 {
    let fills = Fills::from([(
        "AWS::SQS::Queue".to_owned(),
        BTreeMap::from([("ListQueueTagsAction".to_owned(), vec!["Tags".to_owned()])]),
    )]);
    let started = START + number * HOUR;
    let start = RunStart {
        run_id: format!("run-{number}"),
        started,
        partition: "aws".to_owned(),
        fingerprint: "f".to_owned(),
        identity: None,
        fills,
    };
    catalogue.begin_run(&start).unwrap();
    started + 1
}

pub(super) fn end(ended: Ended) -> UnitEnd {
    UnitEnd { ended, problem: None, calls: 0 }
}

/// One run in which each unit gives one whole page; what is missing is decided with this confirm mode.
pub(super) fn run(
    catalogue: &mut Catalogue,
    number: u64,
    pages: &[(UnitKey, Vec<PageLine>)],
    confirm: Confirm,
) -> (PageCounts, Applied) {
    let now = begin(catalogue, number);
    let mut counts = PageCounts::default();
    for (unit, lines) in pages {
        counts.add(catalogue.store_page(&page(unit, lines.clone(), now)).unwrap());
        catalogue.finish_unit(unit, &end(Ended::AtItsEnd), now + 1).unwrap();
    }
    let plan = plan(catalogue, confirm, |_| ReadBack::NotAsked, &BTreeSet::new());
    let applied = catalogue.apply(&plan, now + 2).unwrap();
    catalogue.finish_run(0, "{}", now + 3).unwrap();
    (counts, applied)
}

pub(super) fn plan(
    catalogue: &mut Catalogue,
    confirm: Confirm,
    read: impl Fn(&str) -> ReadBack,
    released: &BTreeSet<String>,
) -> Plan {
    let started = catalogue.run.as_ref().unwrap().started;
    let outcomes = catalogue.outcomes().unwrap();
    let decided = catalogue.candidates().unwrap().into_iter().map(|candidate| {
        let evidence = Evidence {
            membership: outcomes.get(&candidate.unit).map(|outcome| &outcome.membership),
            confirm,
            read: read(&candidate.id),
            account: AccountFate::Live,
            region: RegionFate::Live,
            kind: KindFate::Configured,
            run_started: started,
        };
        Decided { decision: decide(&candidate, &evidence), candidate }
    });
    let owned = catalogue.owned().unwrap();
    let decided = decided.collect();
    judge(decided, &owned, OrganizationListing::default(), &DeletionSettings::default(), released)
}

/// The rows of a query as text, columns divided by `|`, as the command-line shell prints them.
#[track_caller]
pub(super) fn rows(catalogue: &Catalogue, query: &str) -> Vec<String> {
    let mut statement = catalogue.connection().prepare(query).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let cell = |index| match row.get_ref(index).unwrap() {
            rusqlite::types::ValueRef::Null => String::new(),
            rusqlite::types::ValueRef::Integer(number) => number.to_string(),
            rusqlite::types::ValueRef::Real(number) => number.to_string(),
            rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            rusqlite::types::ValueRef::Blob(_) => "blob".to_owned(),
        };
        Ok((0..columns).map(cell).collect::<Vec<_>>().join("|"))
    };
    statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}
