//! The walk over roots and organizational units, resumable from its cursor.

use std::collections::HashSet;

use portolan_tables::partition;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Place, account};
use crate::call::{Call, Token, send_one};
use crate::config::Selection;
use crate::host::{Host, Identity};
use crate::interface::{Account, AccountPage, Run};
use crate::limits::{ACCOUNTS_PER_PAGE, OU_LEVELS};
use crate::problem::{Problem, ProblemClass, Problems};

/// The form of a cursor.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    #[serde(rename = "v")]
    version: u32,
    #[serde(rename = "t")]
    visits: Vec<Visit>,
}

/// One listing that is still to be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Visit {
    #[serde(rename = "w")]
    what: What,
    #[serde(rename = "p", default)]
    place: Place,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    token: Option<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum What {
    /// The roots of the organization.
    Roots,
    /// A configured unit, whose place is looked up first.
    Start,
    /// The accounts directly below a unit.
    Accounts,
    /// The units directly below a unit.
    Units,
    /// The organization's accounts without their places: those that the walk did not meet.
    Rest,
}

/// A part of the organization.
///
/// # Errors
/// Nothing could be listed at all.
pub(crate) fn discover(
    host: &dyn Host,
    run: &Run,
    selection: &Selection,
    cursor: Option<&str>,
) -> Result<AccountPage, Problem> {
    let visits = match cursor {
        None => start(selection),
        Some(text) => read(text)?.visits,
    };
    let region = partition(&run.partition).map(|known| known.implicit_global_region.clone()).unwrap_or_default();
    let page = AccountPage { accounts: Vec::new(), problems: Vec::new(), whole: true, next: None };
    let mut walk = Walk { host, region, selection, visits, page, problems: Problems::default(), seen: HashSet::new() };
    while walk.page.accounts.len() < ACCOUNTS_PER_PAGE
        && let Some(visit) = walk.visits.pop()
    {
        walk.visit(visit)?;
    }
    let Walk { visits, mut page, problems, .. } = walk;
    page.problems = problems.into_vec();
    if !visits.is_empty() {
        page.next = Some(write(visits, run.limits.cursor_bytes)?);
    }
    Ok(page)
}

/// The last visit comes first.
fn start(selection: &Selection) -> Vec<Visit> {
    let visit = |what, ids| Visit { what, place: Place { ids, names: Vec::new() }, token: None };
    let mut visits = Vec::new();
    if selection.chooses_units() {
        visits.push(visit(What::Rest, Vec::new()));
    }
    if selection.include_ous.is_empty() {
        visits.push(visit(What::Roots, Vec::new()));
    }
    let units = selection.include_ous.iter().rev().filter(|unit| !selection.exclude_ous.contains(*unit));
    visits.extend(units.map(|unit| visit(What::Start, vec![unit.clone()])));
    visits
}

fn read(text: &str) -> Result<Cursor, Problem> {
    let refused = || Problem::new(ProblemClass::BadCall, "not a cursor of this component");
    let cursor: Cursor = serde_json::from_str(text).map_err(|_| refused())?;
    if cursor.version == VERSION { Ok(cursor) } else { Err(refused()) }
}

fn write(visits: Vec<Visit>, limit: u32) -> Result<String, Problem> {
    let text = serde_json::to_string(&Cursor { version: VERSION, visits })
        .map_err(|error| Problem::new(ProblemClass::BadCall, error.to_string()))?;
    if text.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
        let message = format!("the cursor needs {} bytes; {limit} are allowed", text.len());
        return Err(Problem::new(ProblemClass::Limit, message));
    }
    Ok(text)
}

struct Walk<'a> {
    host: &'a dyn Host,
    region: String,
    selection: &'a Selection,
    visits: Vec<Visit>,
    page: AccountPage,
    problems: Problems,
    /// Accounts of this page.
    seen: HashSet<String>,
}

impl Walk<'_> {
    fn visit(&mut self, visit: Visit) -> Result<(), Problem> {
        if visit.what == What::Start {
            return self.begin(&visit);
        }
        let parent = visit.place.ids.last().cloned().unwrap_or_default();
        let (operation, list, input) = match visit.what {
            What::Roots | What::Start => ("ListRoots", "Roots", json!({})),
            What::Accounts => ("ListAccountsForParent", "Accounts", json!({ "ParentId": parent })),
            What::Units => ("ListOrganizationalUnitsForParent", "OrganizationalUnits", json!({ "ParentId": parent })),
            What::Rest => ("ListAccounts", "Accounts", json!({})),
        };
        let (call, answer) = match self.ask(operation, input, visit.token.as_ref()) {
            Ok(answered) => answered,
            Err(problem) => return self.failed(&visit, problem),
        };
        let Some(listed) = answer.get(list).and_then(Value::as_array) else {
            let problem = Problem::new(ProblemClass::BadAnswer, format!("no {list} in the answer"));
            return self.failed(&visit, call.problem(problem));
        };
        // What follows this page is visited after what this page leads to.
        match call.next_token(&answer) {
            Ok(None) if visit.what == What::Accounts => {
                self.visits.push(Visit { what: What::Units, token: None, ..visit.clone() });
            }
            Ok(None) => {}
            Ok(next) if next == visit.token => {
                let problem = Problem::new(ProblemClass::BadAnswer, "the page token repeats: the listing has no end");
                self.failed(&visit, call.problem(problem))?;
            }
            Ok(next) => self.visits.push(Visit { token: next, ..visit.clone() }),
            Err(problem) => self.failed(&visit, problem)?,
        }
        let members = listed.iter().filter_map(Value::as_object);
        match visit.what {
            What::Roots | What::Start | What::Units => self.units(&visit, members),
            What::Accounts => members.for_each(|listed| self.found(listed, Some(&visit.place))),
            What::Rest => members.for_each(|listed| self.found(listed, None)),
        }
        Ok(())
    }

    fn ask(&self, operation: &str, input: Value, token: Option<&Token>) -> Result<(Call, Value), Problem> {
        let call = Call::new("organizations", operation, Identity::Management, &self.region, input)?;
        let call = call.with_token(token);
        let answer = send_one(self.host, &call)?;
        Ok((call, answer))
    }

    /// A listing that failed. Where everything is meant, one listing of all accounts makes up for it; otherwise a part
    /// of the organization is unknown. Where nothing was listed yet, the whole call fails.
    fn failed(&mut self, visit: &Visit, problem: Problem) -> Result<(), Problem> {
        let ends = matches!(problem.class, ProblemClass::Cancelled | ProblemClass::NoCredentials);
        let not_used = problem.code == "AWSOrganizationsNotInUseException";
        let last = visit.what == What::Rest && self.page.accounts.is_empty() && self.visits.is_empty();
        if ends || not_used || (last && !self.selection.chooses_units()) {
            return Err(problem);
        }
        let unit = visit.place.ids.last();
        self.problems.add(match unit {
            Some(unit) => problem.about(unit),
            None => problem,
        });
        if self.selection.chooses_units() || visit.what == What::Rest {
            self.page.whole = false;
        } else if !self.visits.iter().any(|visit| visit.what == What::Rest) {
            self.visits.insert(0, Visit { what: What::Rest, place: Place::default(), token: None });
        }
        Ok(())
    }

    /// A configured unit: its chain up to the root, for its path, then the walk below it.
    fn begin(&mut self, visit: &Visit) -> Result<(), Problem> {
        let Some(unit) = visit.place.ids.first().cloned() else { return Ok(()) };
        let mut place = Place::default();
        let mut at = unit.clone();
        for _ in 0..OU_LEVELS {
            let name = match self.name_of(&at) {
                Ok(name) => name,
                Err(problem) if at == unit => return self.failed(visit, problem),
                // The path above is not worth a failure.
                Err(_) => break,
            };
            place.ids.insert(0, at.clone());
            place.names.insert(0, name);
            if at.starts_with("r-") {
                break;
            }
            match self.ask("ListParents", json!({ "ChildId": at }), None) {
                Ok((_, answer)) => match answer.pointer("/Parents/0/Id").and_then(Value::as_str) {
                    Some(parent) => at = parent.to_owned(),
                    None => break,
                },
                Err(problem) if problem.class == ProblemClass::Cancelled => return Err(problem),
                Err(_) => break,
            }
        }
        self.visits.push(Visit { what: What::Accounts, place, token: None });
        Ok(())
    }

    fn name_of(&self, unit: &str) -> Result<String, Problem> {
        if unit.starts_with("r-") {
            return Ok("Root".to_owned());
        }
        let (call, answer) = self.ask("DescribeOrganizationalUnit", json!({ "OrganizationalUnitId": unit }), None)?;
        let name = answer.pointer("/OrganizationalUnit/Name").and_then(Value::as_str);
        name.map(str::to_owned)
            .ok_or_else(|| call.problem(Problem::new(ProblemClass::BadAnswer, "the unit has no name")))
    }

    /// Units to walk: neither excluded nor walked on their own account.
    fn units<'v>(&mut self, visit: &Visit, listed: impl Iterator<Item = &'v Map<String, Value>>) {
        let mut below = Vec::new();
        for unit in listed {
            let Some(id) = unit.get("Id").and_then(Value::as_str) else { continue };
            if self.selection.exclude_ous.contains(id) || self.selection.include_ous.contains(id) {
                continue;
            }
            let name = unit.get("Name").and_then(Value::as_str).unwrap_or(id);
            let place = visit.place.below(id, name);
            if place.ids.len() > OU_LEVELS {
                let problem = Problem::new(ProblemClass::Limit, format!("more than {OU_LEVELS} levels of units"));
                self.problems.add(problem.about(id));
                self.page.whole = false;
                continue;
            }
            below.push(Visit { what: What::Accounts, place, token: None });
        }
        self.visits.extend(below.into_iter().rev());
    }

    fn found(&mut self, listed: &Map<String, Value>, place: Option<&Place>) {
        let Some(id) = listed.get("Id").and_then(Value::as_str) else {
            let problem = Problem::new(ProblemClass::BadAnswer, "an account without its id");
            self.problems.add(problem.at("organizations", "ListAccounts"));
            self.page.whole = false;
            return;
        };
        if !self.seen.insert(id.to_owned()) {
            return;
        }
        let chain = place.map(|place| place.ids.clone()).or_else(|| units_in(listed));
        let in_scope = self.selection.means(id, chain.as_deref());
        let account: Option<Account> = account(listed, place, in_scope);
        self.page.accounts.extend(account);
    }
}

/// The chain of units from `Paths`, where AWS gives it: `o-…/r-…/ou-…/111122223333/`.
fn units_in(listed: &Map<String, Value>) -> Option<Vec<String>> {
    let path = listed.get("Paths")?.as_array()?.first()?.as_str()?;
    let units = path.split('/').filter(|part| part.starts_with("r-") || part.starts_with("ou-"));
    Some(units.map(str::to_owned).collect())
}
