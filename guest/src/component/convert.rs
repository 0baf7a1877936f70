//! The core's types and the world's, one for one.

use portolan_errors::{Class, Verdict};

use super::bindings::exports::portolan::aws::{errors, sync};
use crate::interface::{
    Account, AccountPage, AccountPlan, AccountRole, Configured, Fate, Limits, Mapped, Page, Planned, Region, Remark,
    Run, Unit,
};
use crate::problem::{Problem, ProblemClass};

/// Converts each.
pub(super) fn all<From, To>(from: Vec<From>) -> Vec<To>
where
    From: Into<To>,
{
    from.into_iter().map(Into::into).collect()
}

impl From<sync::Run> for Run {
    fn from(run: sync::Run) -> Self {
        let sync::Run { id, started_at_ms, partition, limits } = run;
        let sync::Limits { batch, response_bytes, batch_bytes, page_bytes, cursor_bytes } = limits;
        let limits = Limits { batch, response_bytes, batch_bytes, page_bytes, cursor_bytes };
        Self { id, started_at_ms, partition, limits }
    }
}

impl From<sync::Account> for Account {
    fn from(account: sync::Account) -> Self {
        let role = match account.role {
            sync::AccountRole::Member => AccountRole::Member,
            sync::AccountRole::Management => AccountRole::Management,
        };
        Self { id: account.id, name: account.name, role, details: account.details }
    }
}

impl From<sync::Unit> for Unit {
    fn from(unit: sync::Unit) -> Self {
        Self { kind: unit.kind, region: unit.region }
    }
}

impl From<Account> for sync::Account {
    fn from(account: Account) -> Self {
        let role = match account.role {
            AccountRole::Member => sync::AccountRole::Member,
            AccountRole::Management => sync::AccountRole::Management,
        };
        Self { id: account.id, name: account.name, role, details: account.details }
    }
}

impl From<Remark> for sync::Remark {
    fn from(remark: Remark) -> Self {
        let Remark { at, offset, message, instead } = remark;
        Self { at, offset, message, instead }
    }
}

impl From<Configured> for sync::Configured {
    fn from(configured: Configured) -> Self {
        let Configured { manifest, fingerprint, warnings } = configured;
        Self { manifest, fingerprint, warnings: all(warnings) }
    }
}

impl From<ProblemClass> for sync::ProblemClass {
    fn from(class: ProblemClass) -> Self {
        match class {
            ProblemClass::Denied => Self::Denied,
            ProblemClass::Throttled => Self::Throttled,
            ProblemClass::Unavailable => Self::Unavailable,
            ProblemClass::Vanished => Self::Vanished,
            ProblemClass::BadAnswer => Self::BadAnswer,
            ProblemClass::StaleCursor => Self::StaleCursor,
            ProblemClass::Refused => Self::Refused,
            ProblemClass::NoCredentials => Self::NoCredentials,
            ProblemClass::Unreachable => Self::Unreachable,
            ProblemClass::TimedOut => Self::TimedOut,
            ProblemClass::TooLarge => Self::TooLarge,
            ProblemClass::Cancelled => Self::Cancelled,
            ProblemClass::Limit => Self::Limit,
            ProblemClass::Mapping => Self::Mapping,
            ProblemClass::BadCall => Self::BadCall,
        }
    }
}

impl From<Problem> for sync::Problem {
    fn from(problem: Problem) -> Self {
        let Problem { class, operation, region, code, message, request_id, subject, count } = problem;
        Self { class: class.into(), operation, region, code, message, request_id, subject, count }
    }
}

impl From<AccountPage> for sync::AccountPage {
    fn from(page: AccountPage) -> Self {
        let AccountPage { accounts, problems, whole, next } = page;
        Self { accounts: all(accounts), problems: all(problems), whole, next }
    }
}

impl From<Region> for sync::Region {
    fn from(region: Region) -> Self {
        Self { name: region.name, enabled: region.enabled }
    }
}

impl From<Planned> for sync::Planned {
    fn from(planned: Planned) -> Self {
        let fate = match planned.fate {
            Fate::Read => sync::Fate::Read,
            Fate::Unavailable => sync::Fate::Unavailable,
            Fate::Excluded => sync::Fate::Excluded,
        };
        Self { kind: planned.kind, fate, regions: planned.regions }
    }
}

impl From<AccountPlan> for sync::AccountPlan {
    fn from(plan: AccountPlan) -> Self {
        let AccountPlan { regions, whole, kinds, problems } = plan;
        Self { regions: all(regions), whole, kinds: all(kinds), problems: all(problems) }
    }
}

impl From<Page> for sync::Page {
    fn from(page: Page) -> Self {
        let Page { resources, entities, problems, whole, next } = page;
        Self { resources, entities, problems: all(problems), whole, next }
    }
}

impl From<Mapped> for sync::Mapped {
    fn from(mapped: Mapped) -> Self {
        Self { entities: mapped.entities, problems: all(mapped.problems) }
    }
}

impl From<Verdict> for errors::Verdict {
    fn from(verdict: Verdict) -> Self {
        let class = match verdict.class {
            Class::Ok => errors::Class::Ok,
            Class::Throttled => errors::Class::Throttled,
            Class::Transient => errors::Class::Transient,
            Class::ExpiredCredentials => errors::Class::ExpiredCredentials,
            Class::ClockSkew => errors::Class::ClockSkew,
            Class::Final => errors::Class::Final,
        };
        let Verdict { code, message, retry_after_ms, clock_offset_ms, .. } = verdict;
        Self { class, code, message, retry_after_ms, clock_offset_ms }
    }
}
