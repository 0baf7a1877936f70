//! What must hold after a run, worked out from the truth and from what the run said of itself; nothing of what decides in
//! `host/src/deletion` is used or repeated.

use std::collections::BTreeMap;

use portolan::run::Report;
use serde_json::Value;

use super::estate::{Estate, MANAGEMENT, OPT_IN, Place, State};
use super::faults::Faults;
use super::identity::{account_name, row_id};
use super::sorts::Sort;
use super::stored::{Key, Row, Stored};

const ACCOUNTS: &str = "AWS::Organizations::Account";

/// What the catalogue should have of something that is there.
#[derive(Debug, Clone)]
pub struct Expected {
    /// What its property shows.
    pub shows: String,
    /// No listing of this run shows it.
    pub hidden: bool,
    /// It went during the run.
    pub dying: bool,
    /// Whether this run had any business with it.
    pub attempted: bool,
}

/// All that is there, as the catalogue names it.
pub fn expected(estate: &Estate, faults: &Faults) -> BTreeMap<Key, Expected> {
    let mut all = BTreeMap::new();
    for (place, thing) in &estate.things {
        let Some(kind) = place.sort.facts().kind else { continue };
        if matches!(
            estate.accounts.get(&place.account).map(|account| account.state),
            Some(State::Closed | State::Left) | None
        ) {
            continue;
        }
        let value = Expected {
            shows: shown(place.sort, thing.version),
            hidden: faults.hidden.contains(place),
            dying: faults.dying.contains(place),
            attempted: attempted(estate, faults, &place.account, place.region.as_deref()),
        };
        all.insert(key(kind, place), value);
    }
    for (id, account) in estate.accounts.iter().filter(|(_, account)| account.state != State::Left) {
        let key = Key { kind: ACCOUNTS.to_owned(), account: MANAGEMENT.to_owned(), region: None, id: id.clone() };
        let hidden = faults.hidden_accounts.contains(id);
        all.insert(key, Expected { shows: account_name(account), hidden, dying: false, attempted: true });
    }
    all
}

pub fn key(kind: &str, place: &Place) -> Key {
    Key { kind: kind.to_owned(), account: place.account.clone(), region: place.region.clone(), id: row_id(place) }
}

/// Whether a run that meets no fault reads this scope.
fn attempted(estate: &Estate, faults: &Faults, account: &str, region: Option<&str>) -> bool {
    let Some(known) = estate.accounts.get(account) else { return false };
    let open = region != Some(OPT_IN) || (known.opted_in && !faults.hidden_regions.contains(account));
    known.state == State::Active && !faults.hidden_accounts.contains(account) && open
}

fn shown(sort: Sort, version: u64) -> String {
    match sort {
        Sort::Alias => format!("key-{version}"),
        Sort::User => format!("/{version}/"),
        _ => version.to_string(),
    }
}

/// What a row shows of the same.
pub fn shows(key: &Key, row: &Row) -> String {
    let name = Sort::ALL.iter().map(|sort| sort.facts()).find(|facts| facts.kind == Some(key.kind.as_str()));
    let value = row.properties.get(name.map_or("Name", |facts| facts.shows));
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(tags)) => tags.first().and_then(|tag| tag["Value"].as_str()).unwrap_or_default().to_owned(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

/// How a run came to its end.
pub enum Ending<'a> {
    /// Killed: there is no report.
    Killed,
    Report(&'a Report),
}

/// One run, before and after.
pub struct Checked<'a> {
    pub estate: &'a Estate,
    pub faults: &'a Faults,
    pub before: &'a Stored,
    pub after: &'a Stored,
    pub ending: Ending<'a>,
}

impl Checked<'_> {
    /// All that does not hold.
    pub fn wrong(&self) -> Vec<String> {
        let expected = expected(self.estate, self.faults);
        let mut wrong = Vec::new();
        self.nothing_there_is_deleted(&expected, &mut wrong);
        self.what_was_seen_is_true(&expected, &mut wrong);
        if let Ending::Report(report) = &self.ending {
            self.what_is_incomplete_is_reported(report, &mut wrong);
            self.all_else_is_the_truth(&expected, report, &mut wrong);
            if !report.interrupted {
                wrong.extend(super::mapping::wrong(self.after));
            }
        }
        wrong
    }

    fn nothing_there_is_deleted(&self, expected: &BTreeMap<Key, Expected>, wrong: &mut Vec<String>) {
        for key in self.before.alive.keys().filter(|key| !self.after.alive.contains_key(key)) {
            if expected.get(key).is_some_and(|thing| !thing.dying) {
                wrong.push(format!("deleted, though there: {key}"));
            } else if !expected.contains_key(key) && self.rests(key) {
                wrong.push(format!("deleted, though its scope was not to be read: {key}"));
            }
        }
    }

    /// Whether a key lies in a scope of which nobody could say anything in this run.
    fn rests(&self, key: &Key) -> bool {
        let account = self.estate.accounts.get(&key.account);
        key.kind != ACCOUNTS
            && account.is_some_and(|account| !matches!(account.state, State::Closed | State::Left))
            && !attempted(self.estate, self.faults, &key.account, key.region.as_deref())
    }

    /// No row is made up, and none that this run saw says anything that is not so.
    fn what_was_seen_is_true(&self, expected: &BTreeMap<Key, Expected>, wrong: &mut Vec<String>) {
        for (key, row) in self.after.alive.iter().filter(|(_, row)| row.run_id == self.after.run_id) {
            let Some(thing) = expected.get(key) else {
                wrong.push(format!("seen, though not there: {key}"));
                continue;
            };
            let now = shows(key, row);
            let known = self.before.alive.get(key).map(|row| shows(key, row));
            let last_known = now.is_empty() || known.as_ref() == Some(&now);
            // A row that this run saw though no listing showed it was read by id, and so was what it is.
            if now == thing.shows || row.stale && last_known {
                continue;
            }
            let stale = if row.stale { "stale" } else { "fresh" };
            wrong.push(format!("{key} shows {now:?} ({stale}), and is {:?}; known was {known:?}", thing.shows));
        }
    }

    /// A unit that is not whole is among what the report calls incomplete.
    fn what_is_incomplete_is_reported(&self, report: &Report, wrong: &mut Vec<String>) {
        for ((kind, account, region), unit) in &self.after.units {
            let told = unit.membership == "whole"
                || unit.class.as_deref() == Some("unavailable")
                || report.interrupted
                || in_report(report, kind, account, region.as_deref());
            if !told {
                wrong.push(format!("{kind} in {account} {region:?} is {unit:?}, and the report does not say so"));
            }
        }
        if report.exit_status == 0 && report.incomplete.iter().any(|scope| scope.new && scope.accepted.is_none()) {
            wrong.push(format!("the exit status is 0, and these are incomplete: {:?}", report.incomplete));
        }
    }

    fn all_else_is_the_truth(&self, expected: &BTreeMap<Key, Expected>, report: &Report, wrong: &mut Vec<String>) {
        for (key, thing) in expected {
            if thing.hidden || thing.dying || !thing.attempted || self.is_incomplete(report, key) {
                continue;
            }
            match self.after.alive.get(key) {
                None => wrong.push(format!("there, and not in the catalogue: {key}")),
                Some(row) if row.run_id != self.after.run_id => {
                    wrong.push(format!("there, and not seen by this run: {key}"));
                }
                Some(row) if row.missing_since.is_some() => wrong.push(format!("there, and marked missing: {key}")),
                Some(row) if row.stale && self.unit(key).is_none_or(|unit| unit.freshness != "stale") => {
                    wrong.push(format!("stale, and its unit is not: {key}"));
                }
                Some(_) => {}
            }
        }
        for (key, row) in self.after.alive.iter().filter(|(key, _)| !expected.contains_key(key)) {
            let gone_account = self
                .estate
                .accounts
                .get(&key.account)
                .is_none_or(|account| matches!(account.state, State::Closed | State::Left));
            if gone_account || self.rests(key) || self.is_incomplete(report, key) || self.after.withheld.contains(key) {
                continue;
            }
            let scope = (key.kind.clone(), key.account.clone(), key.region.clone());
            let asked_in_vain = self.after.troubled.contains(&scope);
            match &row.missing_since {
                None => wrong.push(format!("gone, and not marked missing: {key}")),
                Some(_) if read_by_id(key) && !asked_in_vain => {
                    wrong.push(format!("gone, could be asked for, and still there: {key}"));
                }
                Some(since) if !read_by_id(key) && *since < self.after.started => {
                    wrong.push(format!("gone since {since} and seen to be gone again, and still there: {key}"));
                }
                Some(_) => {}
            }
        }
    }

    fn unit(&self, key: &Key) -> Option<&super::stored::Unit> {
        self.after.units.get(&(key.kind.clone(), key.account.clone(), key.region.clone()))
    }

    /// Whether the run said of the key's scope that it is not complete.
    fn is_incomplete(&self, report: &Report, key: &Key) -> bool {
        // The management account without the members' role is left out, and the report says that instead.
        let mut left_out = report.accounts.iter().filter(|account| account.outcome == "left-out");
        report.interrupted
            || (key.kind != ACCOUNTS && left_out.any(|account| account.id == key.account))
            || in_report(report, &key.kind, &key.account, key.region.as_deref())
            || self.unit(key).is_some_and(|unit| unit.class.as_deref() == Some("unavailable"))
            // Said of the accounts as a whole: a part of the organization was not listed.
            || !report.accounts_whole
    }
}

fn read_by_id(key: &Key) -> bool {
    Sort::ALL.iter().map(|sort| sort.facts()).all(|facts| facts.kind != Some(key.kind.as_str()) || facts.read_by_id)
}

fn in_report(report: &Report, kind: &str, account: &str, region: Option<&str>) -> bool {
    report.incomplete.iter().any(|scope| {
        (scope.account == account || scope.account == "organization")
            && scope.kind.as_deref().is_none_or(|of| of == kind)
            && (scope.kind.is_none() || scope.region.as_deref() == region)
    })
}

/// What differs between the catalogue and the truth, once nothing has gone wrong for long enough. Of scopes that are not
/// read nothing is asked, but that no account that is gone has rows.
pub fn differing(estate: &Estate, faults: &Faults, stored: &Stored, second_run: bool) -> Vec<String> {
    let expected = expected(estate, faults);
    let mut wrong = Vec::new();
    for (key, thing) in expected.iter().filter(|(_, thing)| thing.attempted) {
        match stored.alive.get(key) {
            None => wrong.push(format!("not in the catalogue: {key}")),
            Some(row) if row.stale || row.missing_since.is_some() => wrong.push(format!("stale or missing: {key}")),
            Some(row) if shows(key, row) != thing.shows => {
                wrong.push(format!("{key} shows {:?}, and is {:?}", shows(key, row), thing.shows));
            }
            Some(_) => {}
        }
    }
    for key in stored.alive.keys().filter(|key| !expected.contains_key(key)) {
        let rests = estate.accounts.get(&key.account).is_some_and(|account| {
            key.kind != ACCOUNTS
                && !matches!(account.state, State::Closed | State::Left)
                && !attempted(estate, faults, &key.account, key.region.as_deref())
        });
        if !rests && (second_run || read_by_id(key)) {
            wrong.push(format!("gone, and still there: {key}"));
        }
    }
    wrong
}
