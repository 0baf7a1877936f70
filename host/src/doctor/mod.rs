//! `portolan doctor`: goes through everything that a run needs, says what works, what does not, AWS's reason, the likely
//! cause, and what mends it. Nothing is written anywhere, and no secret is shown: of an external id only whether one was sent.
//!
//! One file for each stage; each adds to the `case::Case` what later ones build on. Waits, pages, accounts and regions have
//! limits, named where they hold.

mod accounts;
mod case;
mod cause;
mod endpoint;
mod finding;
mod identity;
mod kinds;
mod mend;
mod organization;
mod proxy;
mod reach;
mod regions;
mod remedy;
mod roles;
mod simulate;
mod sinks;
mod stage;
mod symptom;
mod text;
mod token;

use std::collections::BTreeSet;

use portolan_names::AccountId;
use serde::Serialize;

pub use accounts::{ACCOUNTS_MAX, SAMPLE};
pub use cause::Cause;
pub use finding::{Answer, Finding, State};
pub use mend::Mend;
pub use stage::Stage;
pub use symptom::{SYMPTOMS, Symptom, symptom};
pub use text::text;

use crate::config::settings::Settings;
use crate::engine::Engine;
use crate::run::{ExitStatus, StartError, Surroundings};
use case::Case;

/// The form of the JSON.
const SCHEMA: &str = "doctor/1";

/// What to look at, and how much of it.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The complaint; none: all stages.
    pub symptom: Option<&'static Symptom>,
    /// These accounts instead of a sample.
    pub accounts: BTreeSet<AccountId>,
    /// Every account instead of a sample.
    pub every_account: bool,
    /// Every kind instead of one of each service.
    pub every_kind: bool,
    /// IAM's simulator is asked as well.
    pub simulate: bool,
}

/// What an examination came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// `doctor/1`.
    pub schema: &'static str,
    /// This program's version.
    pub version: &'static str,
    /// The complaint that was followed; none: everything was looked at.
    pub symptom: Option<&'static str>,
    /// One for each stage that was looked at.
    pub findings: Vec<Finding>,
    /// 0, 2 or 3; 130 where it was stopped.
    pub exit_status: u8,
}

/// Looks at all stages, or at those of a symptom.
///
/// # Errors
/// The component refuses the settings: nothing could be asked with them.
pub async fn examine(
    engine: Engine,
    settings: Settings,
    surroundings: Surroundings,
    mut options: Options,
) -> Result<Examination, StartError> {
    let mut wanted = options.symptom.map_or(Stage::ALL, |symptom| symptom.stages).to_vec();
    wanted.retain(|stage| *stage != Stage::Simulate);
    wanted.extend(options.simulate.then_some(Stage::Simulate));
    options.every_account |= options.symptom.is_some_and(|symptom| symptom.every_account);
    let symptom = options.symptom.map(|symptom| symptom.name);
    let mut case = Case::new(engine, settings, surroundings, options);
    let mut findings = Vec::new();
    for stage in Stage::with_needs(&wanted) {
        if case.cancelled.is_cancelled() {
            break;
        }
        let blocked = stage.needs().filter(|needed| !case.is_known(*needed));
        let finding = match blocked {
            Some(needed) => Finding::not_examined(stage, format!("needs the stage {}", needed.name())),
            None => look(&mut case, stage).await?,
        };
        if wanted.contains(&stage) || finding.is_failing() {
            findings.push(finding);
        }
    }
    let identity_failed = findings.iter().any(|finding| {
        finding.is_failing() && matches!(finding.stage, Stage::Endpoint | Stage::Identity) && case.caller.is_none()
    });
    let exit_status = if case.cancelled.is_cancelled() {
        ExitStatus::Interrupted
    } else if identity_failed {
        ExitStatus::NoAccess
    } else if findings.iter().any(Finding::is_failing) {
        ExitStatus::Incomplete
    } else {
        ExitStatus::Done
    };
    Ok(Examination {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        symptom,
        findings,
        exit_status: exit_status.code(),
    })
}

async fn look(case: &mut Case, stage: Stage) -> Result<Finding, StartError> {
    Ok(match stage {
        Stage::Proxy => proxy::examine(case),
        Stage::Endpoint => endpoint::examine(case).await,
        Stage::Clock => endpoint::clock(case),
        Stage::Identity => identity::examine(case).await,
        Stage::Hub => roles::hub(case).await,
        Stage::Listing => roles::listing(case).await,
        Stage::Organization => organization::examine(case).await?,
        Stage::Accounts => accounts::examine(case).await,
        Stage::Regions => regions::examine(case).await,
        Stage::Kinds => kinds::examine(case).await,
        Stage::Simulate => simulate::examine(case).await,
        Stage::Sinks => sinks::examine(case).await,
    })
}
