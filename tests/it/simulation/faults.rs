//! What goes wrong in a run: chosen by the seed from what is asked, not by the order in which it is asked.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::estate::{Estate, OPT_IN, Place, State};

/// How much goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sky {
    Clear,
    Fair,
    Rough,
    Storm,
}

impl Sky {
    /// Of so many calls one goes wrong.
    fn calls(self) -> u64 {
        match self {
            Self::Clear => 0,
            Self::Fair => 60,
            Self::Rough => 15,
            Self::Storm => 6,
        }
    }

    /// Of so many accounts, services, operations one is denied; of so many things one is hidden.
    fn scopes(self) -> u64 {
        self.calls() * 2
    }
}

/// How often a call fails before it is answered.
const FOR_EVER: u32 = u32::MAX;

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// AWS asks to slow down.
    Throttled(u32),
    /// A failure on AWS's side.
    Failed(u32),
    TimedOut(u32),
    Broken(u32),
    Unreachable(u32),
    Unresolved,
    TooLarge,
    ExpiredSession(u32),
    /// By the identity's own policy.
    Denied,
    /// By a policy of the organization.
    DeniedByScp,
    /// No such operation there.
    Unknown,
    /// Ends before its end.
    Cut(u32),
    /// A page for people, well-formed.
    Html,
    Empty,
    /// Another form than the operation's.
    Misshapen,
    /// An error that says of itself that it is none.
    ErrorIn200(u32),
    /// The same page token again.
    TokenRepeated,
    /// A page token that AWS no longer knows.
    TokenStale(u32),
    /// The page begins with the last of the one before.
    Overlap,
    /// A page with nothing on it, and a token.
    EmptyPage,
    /// A batch answer without one of those asked for.
    LeftOut,
    /// A batch answer that could not read one of those asked for.
    NotRead,
    /// Something else than what was asked for.
    Foreign,
}

impl Fault {
    /// The name under which it is counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::Throttled(FOR_EVER) => "throttled beyond the budget",
            Self::Throttled(_) => "throttled",
            Self::Failed(FOR_EVER) => "5xx for ever",
            Self::Failed(_) => "5xx",
            Self::TimedOut(FOR_EVER) => "timed out for ever",
            Self::TimedOut(_) => "timed out",
            Self::Broken(_) => "connection broken",
            Self::Unreachable(_) => "unreachable",
            Self::Unresolved => "host not resolved",
            Self::TooLarge => "answer too large",
            Self::ExpiredSession(_) => "session expired",
            Self::Denied => "denied",
            Self::DeniedByScp => "denied by SCP",
            Self::Unknown => "operation unknown",
            Self::Cut(_) => "answer cut",
            Self::Html => "HTML",
            Self::Empty => "empty answer",
            Self::Misshapen => "answer misshapen",
            Self::ErrorIn200(_) => "error in 200",
            Self::TokenRepeated => "page token repeated",
            Self::TokenStale(_) => "page token expired",
            Self::Overlap => "pages overlap",
            Self::EmptyPage => "empty page",
            Self::LeftOut => "batch leaves one out",
            Self::NotRead => "batch did not read one",
            Self::Foreign => "another thing answered",
        }
    }

    /// Whether it still works on the attempt of this number.
    pub fn lasts(self, attempt: u32) -> bool {
        match self {
            Self::Throttled(times)
            | Self::Failed(times)
            | Self::TimedOut(times)
            | Self::Broken(times)
            | Self::Unreachable(times)
            | Self::ExpiredSession(times)
            | Self::Cut(times)
            | Self::ErrorIn200(times)
            | Self::TokenStale(times) => attempt <= times,
            _ => true,
        }
    }
}

/// The faults of one run.
#[derive(Debug, Clone)]
pub struct Faults {
    pub dice: Dice,
    pub sky: Sky,
    /// Not shown by any listing of this run, with all that is below them.
    pub hidden: BTreeSet<Place>,
    /// Gone between a listing and the next call.
    pub dying: BTreeSet<Place>,
    pub hidden_accounts: BTreeSet<String>,
    /// Accounts whose list of regions lacks one.
    pub hidden_regions: BTreeSet<String>,
}

impl Faults {
    pub fn new(dice: Dice, sky: Sky, estate: &Estate) -> Self {
        let mut faults = Self {
            dice,
            sky,
            hidden: BTreeSet::new(),
            dying: BTreeSet::new(),
            hidden_accounts: BTreeSet::new(),
            hidden_regions: BTreeSet::new(),
        };
        if sky == Sky::Clear {
            return faults;
        }
        let rate = sky.scopes();
        for (place, thing) in &estate.things {
            let name = place.to_string();
            if !thing.unseen && dice.one_in(rate, "hidden", &name) {
                let family = estate.with_all_below(place);
                if family.iter().all(|known| estate.things.get(known).is_some_and(|thing| !thing.unseen)) {
                    faults.hidden.extend(family);
                }
            } else if dice.one_in(rate, "dies", &name) {
                faults.dying.extend(estate.with_all_below(place));
            }
        }
        let dying = &faults.dying;
        faults.hidden.retain(|place| !dying.contains(place));
        for (id, account) in &estate.accounts {
            if account.state == State::Left {
                continue;
            }
            if !account.unseen && id != super::estate::MANAGEMENT && dice.one_in(rate / 3, "account hidden", id) {
                faults.hidden_accounts.insert(id.clone());
            }
            if !account.region_unseen && dice.one_in(rate / 3, "region hidden", id) {
                faults.hidden_regions.insert(id.clone());
            }
        }
        faults
    }

    pub fn shows(&self, place: &Place) -> bool {
        !self.hidden.contains(place)
    }

    /// What the listing of an account's regions leaves out.
    pub fn hides_region(&self, account: &str, region: &str) -> bool {
        region == OPT_IN && self.hidden_regions.contains(account)
    }

    /// Whether the role of an account can be assumed: `Some(denied)` where it cannot.
    pub fn role(&self, account: &str) -> Option<bool> {
        let rate = self.sky.scopes() / 2;
        self.dice.one_in(rate, "role", account).then(|| self.dice.one_in(2, "role denied", account))
    }

    /// What happens to a call, by its key; `paged` where it brings a page token.
    pub fn of(&self, account: &str, region: &str, service: &str, operation: &str, key: &str) -> Option<Fault> {
        let about = |parts: &[&str]| parts.join(" ");
        if self.dice.one_in(self.sky.scopes(), "scp", &about(&[account, region, service])) {
            return Some(Fault::DeniedByScp);
        }
        if self.dice.one_in(self.sky.scopes(), "policy", &about(&[account, service, operation])) {
            return Some(Fault::Denied);
        }
        if !self.dice.one_in(self.sky.calls(), "call", key) {
            return None;
        }
        let times = [1, 1, 2, 3, FOR_EVER];
        let times = self.dice.of(&times, "times", key).copied().unwrap_or(1);
        let all = [
            Fault::Throttled(times),
            Fault::Throttled(times),
            Fault::Failed(times),
            Fault::TimedOut(times),
            Fault::Broken(times),
            Fault::Unreachable(times),
            Fault::Unresolved,
            Fault::TooLarge,
            Fault::ExpiredSession(times),
            Fault::Denied,
            Fault::Unknown,
            Fault::Cut(times),
            Fault::Html,
            Fault::Empty,
            Fault::Misshapen,
            Fault::ErrorIn200(times),
            Fault::TokenRepeated,
            Fault::TokenStale(times),
            Fault::Overlap,
            Fault::EmptyPage,
            Fault::LeftOut,
            Fault::NotRead,
            Fault::Foreign,
        ];
        self.dice.of(&all, "fault", key).copied()
    }
}
