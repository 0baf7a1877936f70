//! Going on with a run that was killed (`--resume`): under its id and its start, from where each unit stood.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::accounts::Listing;
use super::clock::iso;
use super::context::{Context, Failed};
use super::setup::StartError;
use crate::catalogue::{Catalogue, CatalogueError, LatestRun, UnitOutcome};
use crate::unit::UnitKey;

/// How long after its start a run is gone on with. Page tokens go stale, some services' within the hour; and a listing that
/// began longer ago proves little about what is gone.
const RESUME_AGE_MAX: Duration = Duration::from_hours(1);

/// What the run had done when it was killed.
pub(super) struct Resumed {
    /// Units that had ended: they are not read again.
    pub(super) ended: BTreeMap<UnitKey, UnitOutcome>,
    /// Accounts of its listing, with their states; empty where it had none yet.
    listed: BTreeSet<(String, String)>,
}

impl Resumed {
    /// Reads it from the catalogue, in which the run has begun again.
    pub(super) fn read(catalogue: &mut Catalogue) -> Result<Self, CatalogueError> {
        catalogue.forget_problems_of_accounts()?;
        Ok(Self { ended: catalogue.outcomes()?, listed: catalogue.accounts_listed()? })
    }
}

/// The run to go on with, if there is one and it is not too old.
///
/// # Errors
/// Why not, and what to do instead.
pub(super) fn killed(latest: Option<LatestRun>, now_ms: u64) -> Result<LatestRun, StartError> {
    let refused = |why: String| Err(StartError::Usage(format!("nothing is resumed: {why}; run without --resume")));
    let Some(run) = latest else { return refused("no run has begun in this catalogue yet".to_owned()) };
    if let Some(ended) = run.ended_at {
        return refused(format!("the last run, {}, came to its end at {ended}", run.run_id));
    }
    let age = Duration::from_millis(now_ms.saturating_sub(run.started));
    if age > RESUME_AGE_MAX {
        let (minutes, most) = (age.as_secs() / 60, RESUME_AGE_MAX.as_secs() / 60);
        return refused(format!(
            "the run {} began {minutes} minutes ago ({}), and page tokens are taken for {most}",
            run.run_id,
            iso(run.started)
        ));
    }
    Ok(run)
}

/// Begins the fingerprint of a run that carries out a plan: it is never resumed, since what AWS says now is not the plan.
const OF_A_PLAN: &str = "plan ";

/// What stands in the ledger for the component and the configuration of a run.
pub(super) fn fingerprint_of_run(configured: &str, component: &str, carries_out_a_plan: bool) -> String {
    let begin = if carries_out_a_plan { OF_A_PLAN } else { "" };
    format!("{begin}{configured} {component}")
}

/// Cursors belong to one component and one configuration.
///
/// # Errors
/// They are others.
pub(super) fn same_fingerprint(run: &LatestRun, fingerprint: &str) -> Result<(), StartError> {
    if run.fingerprint == fingerprint {
        return Ok(());
    }
    if run.fingerprint.starts_with(OF_A_PLAN) {
        return Err(StartError::Usage(format!(
            "nothing is resumed: the run {} carried out a plan when it was killed; make the plan again, or run without \
             --resume",
            run.run_id
        )));
    }
    Err(StartError::Usage(format!(
        "nothing is resumed: the run {} had another component or configuration; run without --resume, or give the same \
         flags and the same file",
        run.run_id
    )))
}

/// What was read under another listing of accounts is not this run's.
///
/// # Errors
/// An account has come, gone, or changed its state since.
pub(super) fn same_listing(context: &Context, listing: &Listing) -> Result<(), StartError> {
    let Some(resumed) = context.resumed.as_ref().filter(|resumed| !resumed.listed.is_empty()) else { return Ok(()) };
    let now: BTreeSet<(String, String)> =
        listing.found.iter().map(|found| (found.id.to_string(), found.row.state.clone())).collect();
    let differing: BTreeSet<&str> = now.symmetric_difference(&resumed.listed).map(|(id, _)| id.as_str()).collect();
    let Some(example) = differing.first() else { return Ok(()) };
    Err(StartError::Usage(format!(
        "nothing is resumed: the accounts are not those that the run {} listed ({} differ, {example} among them); run \
         without --resume",
        context.start.id,
        differing.len()
    )))
}

/// Counts what was found before the run was killed, so that its report is about the whole run.
pub(super) async fn count_so_far(context: &Context) -> Result<(), Failed> {
    if context.resumed.is_some() {
        for (kind, counts) in context.store.with(|catalogue| catalogue.counts_so_far()).await?? {
            context.tally.page(&kind, &counts);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_309_323_000;

    fn run(started: u64, ended_at: Option<&str>) -> LatestRun {
        let ended_at = ended_at.map(str::to_owned);
        LatestRun { run_id: "r".to_owned(), started, ended_at, fingerprint: "f".to_owned() }
    }

    #[test]
    fn only_a_run_that_was_killed_within_the_hour_is_resumed() {
        let hour = 3_600_000;
        assert!(killed(Some(run(NOW - hour, None)), NOW).is_ok());
        for (latest, why) in [
            (None, "no run has begun"),
            (Some(run(NOW - 1, Some("2026-11-22T01:02:03.000Z"))), "the last run, r, came to its end at 2026-11-22"),
            (Some(run(NOW - hour - 1, None)), "began 60 minutes ago (2026-11-22T00:02:02Z)"),
            (Some(run(0, None)), "page tokens are taken for 60"),
        ] {
            let error = killed(latest, NOW).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("run without --resume"), "{error}");
        }
        assert!(same_fingerprint(&run(NOW, None), "f").is_ok());
        assert!(same_fingerprint(&run(NOW, None), "g").is_err());
        let (plain, of_a_plan) = (fingerprint_of_run("f", "c", false), fingerprint_of_run("f", "c", true));
        let applied = LatestRun { fingerprint: of_a_plan, ..run(NOW, None) };
        let error = same_fingerprint(&applied, &plain).unwrap_err().to_string();
        assert!(error.contains("carried out a plan"), "{error}");
    }
}
