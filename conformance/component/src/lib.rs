//! The component of the conformance kit: it does what is asked of it, well or badly.
//!
//! Two ways to ask. A kind may name what goes wrong (`Test::Loops::Forever`), in one region only, so that the same kind's other
//! unit shows that nothing else is touched: whole runs are tested so. And the kind [`puppet::KIND`] does what a script says
//! that comes with the call (`script.rs`): each duty of a host is tested so, call by call. Everything else is what a host
//! expects of a component; it is built against the released interface, not the current one.

mod behaviour;
mod bindings;
mod lines;
mod manifest;
mod puppet;
mod requests;
mod script;

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
        manifest::of(Behaviour::ALL, true)
    }
}

impl errors::Guest for Program {
    fn classify(
        service: String,
        operation: String,
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    ) -> Verdict {
        let verdict = portolan_errors::classify(&service, &operation, status, &headers, &body, None);
        let class = match verdict.class {
            portolan_errors::Class::Ok => Class::Ok,
            portolan_errors::Class::Throttled => Class::Throttled,
            portolan_errors::Class::Transient => Class::Transient,
            portolan_errors::Class::ExpiredCredentials => Class::ExpiredCredentials,
            portolan_errors::Class::ClockSkew => Class::ClockSkew,
            portolan_errors::Class::Final => Class::Final,
        };
        Verdict {
            class,
            code: verdict.code,
            message: verdict.message,
            retry_after_ms: verdict.retry_after_ms,
            clock_offset_ms: verdict.clock_offset_ms,
        }
    }
}

impl sync::Guest for Program {
    fn configure(config: String, run: Run) -> Result<Configured, Rejected> {
        // A panic leaves no trace in this target but its trap; the hook says what it was.
        std::panic::set_hook(Box::new(|info| log::write(Level::Error, &info.to_string())));
        // The names are told from each other by their quotes; behaviours need no reader of JSON for that.
        let named = |name: &str| config.contains(&format!("\"{name}\""));
        let chosen: Vec<Behaviour> = Behaviour::ALL.iter().copied().filter(|kind| named(kind.name())).collect();
        let configured = Configured {
            manifest: manifest::of(&chosen, named(puppet::KIND)),
            fingerprint: format!("conformance-{}", chosen.len()),
            warnings: Vec::new(),
        };
        KINDS.set(chosen);
        RUN.set(Some(run));
        puppet::configure(&config, configured)
    }

    fn discover_accounts(cursor: Option<String>) -> Result<AccountPage, Failure> {
        match cursor {
            Some(script) => puppet::discover(&script, &run()?),
            None => Ok(AccountPage { accounts: Vec::new(), problems: Vec::new(), whole: true, next: None }),
        }
    }

    fn plan(account: Account) -> Result<AccountPlan, Failure> {
        let regions = REGIONS.iter().map(|name| Region { name: (*name).to_owned(), enabled: true }).collect();
        let planned = |kind: &Behaviour| Planned {
            kind: kind.name().to_owned(),
            fate: Fate::Read,
            regions: REGIONS.iter().map(|name| (*name).to_owned()).collect(),
        };
        let kinds = KINDS.with_borrow(|kinds| kinds.iter().map(planned).collect());
        let usual = AccountPlan { regions, whole: true, kinds, problems: Vec::new() };
        match puppet::in_details(&account.details) {
            Some(script) => puppet::plan(&account, &script, &run()?),
            None => Ok(usual),
        }
    }

    fn sync_page(account: Account, unit: Unit, cursor: Option<String>) -> Result<Page, Failure> {
        let run = run()?;
        if unit.kind == puppet::KIND {
            return puppet::page(&account, &unit, cursor.as_deref(), &run);
        }
        let Some(kind) = Behaviour::named(&unit.kind) else { return Err(bad_call("an unknown kind")) };
        let region = unit.region.as_deref().unwrap_or_default();
        if region == MISBEHAVES_IN || kind.is_honest() {
            kind.page(&account, region, &run, cursor.as_deref())
        } else {
            Ok(lines::page(vec![lines::resource(kind.name(), &account.id, region, "well")]))
        }
    }

    fn read_resources(account: Account, unit: Unit, ids: Vec<String>) -> Result<Page, Failure> {
        if unit.kind == puppet::KIND {
            return puppet::page(&account, &unit, ids.first().map(String::as_str), &run()?);
        }
        let region = unit.region.as_deref().unwrap_or_default();
        Ok(lines::page(ids.iter().map(|id| lines::resource(&unit.kind, &account.id, region, id)).collect()))
    }

    fn map_resources(unit: Unit, resources: String) -> Result<Mapped, Failure> {
        if unit.kind == puppet::KIND {
            return puppet::map(&resources, &run()?);
        }
        Ok(Mapped { entities: String::new(), problems: Vec::new() })
    }
}

fn run() -> Result<Run, Failure> {
    RUN.with_borrow(Clone::clone).ok_or_else(|| bad_call("not configured"))
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
