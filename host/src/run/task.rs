//! What a run is for.

use std::path::PathBuf;

use crate::planned::PlanHeader;

/// What a run is for.
#[derive(Debug, Default)]
pub enum Task {
    /// Read the estate and bring the sinks in step with it.
    #[default]
    Sync,
    /// Read the estate and say what a sync would do; write nothing.
    Plan {
        /// Where the plan is kept, if it is.
        keep: Option<PathBuf>,
    },
    /// Go on with the last run, which was killed.
    Resume,
    /// Carry out a plan, with the answers that it holds.
    Apply(Box<PlanHeader>),
}
