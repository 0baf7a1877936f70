//! The types that cross to the host, as the WIT interface `sync` has them.

use crate::problem::Problem;

/// What one answer may hold, and what one page may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests in one `send`.
    pub batch: u32,
    /// Bytes of one answer's body.
    pub response_bytes: u64,
    /// Bytes of all bodies of one `send`.
    pub batch_bytes: u64,
    /// What a page's resources and entities may come to.
    pub page_bytes: u64,
    /// A cursor's length.
    pub cursor_bytes: u32,
}

/// Facts of the run, the same for every instance of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The run's id.
    pub id: String,
    /// When it began.
    pub started_at_ms: u64,
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// The limits.
    pub limits: Limits,
}

/// A place in the configuration and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// JSON pointer.
    pub at: String,
    /// Bytes into the string at that place, for expressions.
    pub offset: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub instead: Option<String>,
}

/// What `configure` gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// The manifest of what this configuration uses.
    pub manifest: String,
    /// Digest of all that shapes a page or a cursor.
    pub fingerprint: String,
    /// What is odd but not wrong.
    pub warnings: Vec<Remark>,
}

/// What an account is in its organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountRole {
    /// Any other.
    Member,
    /// The one that owns the organization.
    Management,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is in its organization.
    pub role: AccountRole,
    /// JSON as `AWS::Organizations::Account` has it, with `OuPath` and `OuIds`.
    pub details: String,
}

/// A part of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// False where a part could not be listed.
    pub whole: bool,
    /// Where to go on.
    pub next: Option<String>,
}

/// A region of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// Whether the account uses it.
    pub enabled: bool,
}

/// What becomes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is read.
    Read,
    /// The service is not there.
    Unavailable,
    /// The configuration leaves it out.
    Excluded,
}

/// The grain of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The kind.
    pub kind: String,
    /// None for a kind that is global to its account or to the organization.
    pub region: Option<String>,
}

/// The units of one kind with one fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The kind.
    pub kind: String,
    /// What becomes of its units.
    pub fate: Fate,
    /// Where. Empty for a kind that is global.
    pub regions: Vec<String>,
}

/// What to read in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPlan {
    /// The account's regions.
    pub regions: Vec<Region>,
    /// False where `regions` proves nothing about others.
    pub whole: bool,
    /// What to read where.
    pub kinds: Vec<Planned>,
    /// What went wrong.
    pub problems: Vec<Problem>,
}

/// A part of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// JSON Lines, by `schemas/page.json`.
    pub resources: String,
    /// JSON Lines, by the same schema.
    pub entities: String,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// False where something that belongs into this page may be missing from it.
    pub whole: bool,
    /// Where to go on.
    pub next: Option<String>,
}

/// Entities made from resources that the host holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapped {
    /// JSON Lines.
    pub entities: String,
    /// What went wrong.
    pub problems: Vec<Problem>,
}
