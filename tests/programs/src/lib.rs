//! A component that misbehaves on demand.
//!
//! The kind of a unit names what goes wrong (`Test::Loops::Forever`), and it goes wrong in one region only, so that the same
//! kind's other unit shows that nothing else is touched. Everything else is what a host expects of a component.

mod behaviour;
mod bindings;
mod lines;
mod manifest;
mod requests;

use std::cell::RefCell;

use behaviour::{Behaviour, MISBEHAVES_IN, REGIONS};
use bindings::exports::portolan::aws::errors::{Class, Verdict};
use bindings::exports::portolan::aws::sync::{
    Account, AccountPage, AccountPlan, Configured, Failure, Fate, Mapped, Page, Planned, Problem, ProblemClass, Region,
    Rejected, Run, Unit,
};
use bindings::exports::portolan::aws::{catalogue, errors, sync};
use bindings::portolan::aws::log::{self, Level};

struct Program;

bindings::export!(Program with_types_in bindings);

thread_local! {
    static RUN: RefCell<Option<Run>> = const { RefCell::new(None) };
    static KINDS: RefCell<Vec<Behaviour>> = const { RefCell::new(Vec::new()) };
}

impl catalogue::Guest for Program {
    fn describe() -> String {
        manifest::of(Behaviour::ALL)
    }
}

impl errors::Guest for Program {
    fn classify(_: String, _: String, status: u16, _: Vec<(String, String)>, _: String) -> Verdict {
        let class = match status {
            200..=299 => Class::Ok,
            429 => Class::Throttled,
            500..=599 => Class::Transient,
            _ => Class::Final,
        };
        Verdict { class, code: String::new(), message: String::new(), retry_after_ms: None, clock_offset_ms: None }
    }
}

impl sync::Guest for Program {
    fn configure(config: String, run: Run) -> Result<Configured, Rejected> {
        // A panic leaves no trace in this target but its trap; the hook says what it was.
        std::panic::set_hook(Box::new(|info| log::write(Level::Error, &info.to_string())));
        // The names are told from each other by their quotes; a test program needs no reader of JSON for that.
        let chosen: Vec<Behaviour> =
            Behaviour::ALL.iter().copied().filter(|kind| config.contains(&format!("\"{}\"", kind.name()))).collect();
        let configured = Configured {
            manifest: manifest::of(&chosen),
            fingerprint: format!("misbehaving-{}", chosen.len()),
            warnings: Vec::new(),
        };
        KINDS.set(chosen);
        RUN.set(Some(run));
        Ok(configured)
    }

    fn discover_accounts(_: Option<String>) -> Result<AccountPage, Failure> {
        Ok(AccountPage { accounts: Vec::new(), problems: Vec::new(), whole: true, next: None })
    }

    fn plan(_: Account) -> Result<AccountPlan, Failure> {
        let regions = REGIONS.iter().map(|name| Region { name: (*name).to_owned(), enabled: true }).collect();
        let planned = |kind: &Behaviour| Planned {
            kind: kind.name().to_owned(),
            fate: Fate::Read,
            regions: REGIONS.iter().map(|name| (*name).to_owned()).collect(),
        };
        let kinds = KINDS.with_borrow(|kinds| kinds.iter().map(planned).collect());
        Ok(AccountPlan { regions, whole: true, kinds, problems: Vec::new() })
    }

    fn sync_page(account: Account, unit: Unit, cursor: Option<String>) -> Result<Page, Failure> {
        let Some(kind) = Behaviour::named(&unit.kind) else { return Err(bad_call("an unknown kind")) };
        let Some(run) = RUN.with_borrow(Clone::clone) else { return Err(bad_call("not configured")) };
        let region = unit.region.as_deref().unwrap_or_default();
        if region == MISBEHAVES_IN || kind.is_honest() {
            kind.page(&account, region, &run, cursor.as_deref())
        } else {
            Ok(lines::page(vec![lines::resource(kind.name(), &account.id, region, "well")]))
        }
    }

    fn read_resources(account: Account, unit: Unit, ids: Vec<String>) -> Result<Page, Failure> {
        let region = unit.region.as_deref().unwrap_or_default();
        Ok(lines::page(ids.iter().map(|id| lines::resource(&unit.kind, &account.id, region, id)).collect()))
    }

    fn map_resources(_: Unit, _: String) -> Result<Mapped, Failure> {
        Ok(Mapped { entities: String::new(), problems: Vec::new() })
    }
}

fn bad_call(message: &str) -> Failure {
    Failure { problem: problem(ProblemClass::BadCall, message) }
}

fn problem(class: ProblemClass, message: &str) -> Problem {
    Problem {
        class,
        operation: String::new(),
        region: None,
        code: String::new(),
        message: message.to_owned(),
        request_id: None,
        subject: None,
        count: 1,
    }
}
