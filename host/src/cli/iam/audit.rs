//! `portolan iam audit`: who can assume which role, in every account.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use crate::cli::args::EstateArgs;
use crate::cli::command::{begin, failed, not_started};
use crate::cli::validate::Printed;
use crate::config::Loaded;
use crate::config::files::Disk;
use crate::engine::Engine;
use crate::iam::{AUDIT_OPERATIONS, Audit, AwsPolicies, Drift, Inventory, audit_table, roles_of};
use crate::run::{ExitStatus, visit};

/// `portolan iam audit`.
#[derive(Debug, Clone, Default, Args)]
pub struct AuditArgs {
    /// What every command that calls AWS takes.
    #[command(flatten)]
    pub estate: EstateArgs,
    /// All of it as JSON: every role, its statements, what gates its trust
    #[arg(long)]
    pub json: bool,
    /// Show the roles that nobody outside can assume as well
    #[arg(long, conflicts_with = "json")]
    pub all_roles: bool,
    /// Compare with a declared inventory of roles, and say what is not as declared; exit status 2 where something is not
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,
}

/// The audit of the accounts that the configuration selects.
pub(super) async fn audit(engine: Engine, args: &AuditArgs, loaded: Loaded) -> Printed {
    // Before anybody is asked for credentials.
    let inventory = match args.expect.as_ref().map(|file| Inventory::read(file, &Disk)).transpose() {
        Ok(inventory) => inventory,
        Err(refused) => return Printed::refused(&refused),
    };
    let surroundings = begin(&loaded, None);
    let policies = AwsPolicies::default();
    let ask = |host| roles_of(host, AwsPolicies::clone(&policies));
    let visit = match visit(engine, loaded.settings, surroundings, AUDIT_OPERATIONS, None, ask).await {
        Ok(visit) => visit,
        Err(error) => return not_started(&error),
    };
    let stopped = visit.stopped;
    let mut audit = Audit::of(visit);
    audit.drift = inventory.map(|inventory| inventory.drift(&audit));
    let out = if args.json {
        match serde_json::to_string_pretty(&audit) {
            Ok(text) => format!("{text}\n"),
            Err(error) => return failed(ExitStatus::Usage, &error.to_string()),
        }
    } else {
        format!("{}{}", audit_table(&audit, args.all_roles), drift(audit.drift.as_deref()))
    };
    Printed { out, err: String::new(), status: status(&audit, stopped).code() }
}

fn status(audit: &Audit, stopped: bool) -> ExitStatus {
    let of = |outcome: &str| audit.accounts.iter().filter(|account| account.outcome == outcome).count();
    if stopped {
        ExitStatus::Interrupted
    } else if of("read") == 0 && of("unread") > 0 {
        ExitStatus::NoAccess
    } else if !audit.whole || audit.drift.as_ref().is_some_and(|drift| !drift.is_empty()) {
        ExitStatus::Incomplete
    } else {
        ExitStatus::Done
    }
}

fn drift(drift: Option<&[Drift]>) -> String {
    let Some(drift) = drift else { return String::new() };
    if drift.is_empty() {
        return "\nThe roles are as declared.\n".to_owned();
    }
    let mut out = "\nNot as declared:\n".to_owned();
    for one in drift {
        let _ = writeln!(out, "  {}  {}  {}: {}", one.account, one.role, one.what, one.how);
    }
    out
}
