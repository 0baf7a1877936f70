//! Plans: what a run would do to the catalogue, looked at before it does.
//!
//! There is no second implementation of any rule. `sync --plan` is a run like any other over a copy of the catalogue that
//! goes with the process, and what it would do is what it did to the copy. A plan that is kept holds all that AWS answered;
//! `sync --apply` is a run like any other over the catalogue itself that gets its answers from there, so that each
//! resource is compared and each deletion is decided and held against the guards again. It must come to the deletions that
//! the plan lists, or it carries out none.

mod changes;
mod file;
mod text;

pub use changes::{Change, Changes, Concerned, Item, KindChanges};
pub use file::{FORM, MadeFrom, PLAN_AGE_MAX, PlanError, PlanFile, PlanHeader, settings_digests, write};
pub use text::text;

/// What a plan came to, for the report and the terminal.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Planned {
    /// What would change.
    #[serde(flatten)]
    pub changes: Changes,
    /// The file that keeps the plan, where it was asked for and the run got so far.
    pub kept: Option<String>,
}
