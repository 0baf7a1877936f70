//! The glue between the WIT world and the core: conversions and nothing else.

#[allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic, reason = "generated from the WIT")]
mod bindings;
mod convert;
mod imports;

use std::cell::RefCell;

use bindings::exports::portolan::aws::{catalogue, errors, sync};
use imports::Imports;

use crate::Guest;
use crate::host::{Host, Level};
use crate::problem::{Problem, ProblemClass};

struct Component;

thread_local! {
    /// The configured guest. An instance has one thread, and is configured once.
    static GUEST: RefCell<Option<Guest>> = const { RefCell::new(None) };
}

/// A panic traps without a word in this target: its message goes to the log first.
fn tell_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|panic| Imports.log(Level::Error, &panic.to_string()))));
}

fn with<T>(call: impl FnOnce(&Guest) -> Result<T, Problem>) -> Result<T, sync::Failure> {
    tell_panics();
    let result = GUEST.with_borrow(|guest| match guest {
        Some(guest) => call(guest),
        None => Err(Problem::new(ProblemClass::BadCall, "not configured")),
    });
    result.map_err(|problem| sync::Failure { problem: problem.into() })
}

impl catalogue::Guest for Component {
    fn describe() -> String {
        tell_panics();
        crate::describe()
    }
}

impl errors::Guest for Component {
    fn classify(
        service: String,
        operation: String,
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    ) -> errors::Verdict {
        tell_panics();
        // There is no clock here: only an answer that states both times tells an offset.
        portolan_errors::classify(&service, &operation, status, &headers, &body, None).into()
    }
}

impl sync::Guest for Component {
    fn configure(config: String, run: sync::Run) -> Result<sync::Configured, sync::Rejected> {
        tell_panics();
        match Guest::configure(&config, run.into()) {
            Ok((guest, configured)) => {
                GUEST.set(Some(guest));
                Ok(configured.into())
            }
            Err(remarks) => Err(sync::Rejected { remarks: convert::all(remarks) }),
        }
    }

    fn discover_accounts(cursor: Option<String>) -> Result<sync::AccountPage, sync::Failure> {
        with(|guest| guest.discover_accounts(&Imports, cursor.as_deref())).map(Into::into)
    }

    fn plan(account: sync::Account) -> Result<sync::AccountPlan, sync::Failure> {
        with(|guest| guest.plan(&Imports, &account.into())).map(Into::into)
    }

    fn sync_page(
        account: sync::Account,
        unit: sync::Unit,
        cursor: Option<String>,
    ) -> Result<sync::Page, sync::Failure> {
        with(|guest| guest.sync_page(&Imports, &account.into(), &unit.into(), cursor.as_deref())).map(Into::into)
    }

    fn read_resources(account: sync::Account, unit: sync::Unit, ids: Vec<String>) -> Result<sync::Page, sync::Failure> {
        with(|guest| guest.read_resources(&Imports, &account.into(), &unit.into(), &ids)).map(Into::into)
    }

    fn map_resources(unit: sync::Unit, resources: String) -> Result<sync::Mapped, sync::Failure> {
        with(|guest| guest.map_resources(&unit.into(), &resources)).map(Into::into)
    }
}
