//! The end of a run that only plans: what it did to the copy of the catalogue, and the file that keeps it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::context::{Context, Failed};
use super::exit::Facts;
use crate::deletion::Plan;
use crate::planned::{self, Changes, MadeFrom, PlanHeader, Planned};

/// What a plan is made from, and where it is kept.
#[derive(Debug)]
pub(super) struct Planning {
    pub(super) made_from: MadeFrom,
    /// The plan's file, and the recording that becomes part of it.
    pub(super) keep: Option<(PathBuf, PathBuf)>,
}

/// What the run did to its copy of the catalogue; call it while the run has not ended.
pub(super) async fn changes(context: &Context) -> Result<Changes, Failed> {
    Ok(context.store.with(|catalogue| catalogue.changes()).await??)
}

/// Keeps the plan, where that was asked for. A run that did not come to its end is no plan, and is not kept.
pub(super) fn keep(
    context: &Context,
    planning: Planning,
    changes: Changes,
    plan: Option<&Plan>,
    facts: &mut Facts,
) -> Planned {
    let Some((file, recording)) = planning.keep else { return Planned { changes, kept: None } };
    let Some(plan) = plan.filter(|_| !facts.interrupted && !facts.no_access && !facts.sink_failed) else {
        tracing::warn!(file = %file.display(), "the run did not come to its end; no plan is kept");
        // What cannot be removed is removed by the next plan of that name.
        let _ = std::fs::remove_file(recording);
        return Planned { changes, kept: None };
    };
    let deletions: BTreeSet<String> = plan.removals().iter().map(|removal| removal.candidate.key.clone()).collect();
    let start = &context.start;
    let header = PlanHeader::new(start.id.clone(), start.at_ms, planning.made_from, deletions, changes.clone());
    match planned::write(&file, &header, &recording) {
        Ok(()) => Planned { changes, kept: Some(file.display().to_string()) },
        Err(error) => {
            tracing::error!("the plan is not kept: {error}");
            facts.sink_failed = true;
            Planned { changes, kept: None }
        }
    }
}
