//! Scopes that may stay incomplete: what, why, and until when.

use portolan_names::{AccountId, Region};
use time::{Date, Month};

/// What can have gone wrong with a scope, as reports and `accept:` name it.
pub const CLASSES: &[&str] = &[
    "denied",
    "denied-by-identity-policy",
    "denied-by-session-policy",
    "denied-by-scp",
    "denied-by-rcp",
    "denied-by-boundary",
    "denied-by-vpc-endpoint-policy",
    "denied-by-resource-policy",
    "role-denied",
    "role-failed",
    "throttled",
    "unavailable",
    "vanished",
    "bad-answer",
    "stale-cursor",
    "refused",
    "no-credentials",
    "unreachable",
    "timed-out",
    "too-large",
    "cancelled",
    "limit",
    "mapping",
    "bad-call",
    "partial",
];

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// Reads `2027-03-31`; nothing else, and no day that does not exist.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| -> Option<u16> {
            let part = parts.next()?;
            (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        if parts.next().is_some() {
            return None;
        }
        Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok().map(Self)
    }

    /// A day from a date of the `time` crate: the run's own, in UTC.
    #[must_use]
    pub const fn new(date: Date) -> Self {
        Self(date)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

/// One entry of `accept:`. What it leaves out matches anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accept {
    /// Only in this account.
    pub account: Option<AccountId>,
    /// Only in this region.
    pub region: Option<Region>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only for this class, one of [`CLASSES`]; `denied` covers every `denied-by-…`.
    pub class: Option<String>,
    /// The last day on which it holds.
    pub until: Option<Day>,
    /// Why; printed in reports.
    pub reason: String,
}

/// An incomplete scope, for [`Accept::covers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The account.
    pub account: &'a str,
    /// None where the scope is global to its account.
    pub region: Option<&'a str>,
    /// None where the whole account or region is incomplete.
    pub kind: Option<&'a str>,
    /// The class of its problem.
    pub class: &'a str,
}

impl Accept {
    /// Whether this entry accepts that scope on that day.
    ///
    /// An entry that names a region or a kind does not cover what is wider than it: a whole account that is
    /// incomplete is not accepted by an entry for one of its regions.
    #[must_use]
    pub fn covers(&self, scope: Scope<'_>, today: Day) -> bool {
        let class = self
            .class
            .as_deref()
            .is_none_or(|class| class == scope.class || (class == "denied" && scope.class.starts_with("denied-by-")));
        class
            && self.until.is_none_or(|until| today <= until)
            && self.account.as_ref().is_none_or(|account| account.as_str() == scope.account)
            && self.region.as_ref().is_none_or(|region| Some(region.as_str()) == scope.region)
            && self.kind.as_ref().is_none_or(|kind| Some(kind.as_str()) == scope.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::{Accept, Day, Scope};
    use portolan_names::Region;

    #[test]
    fn an_entry_covers_what_it_names_until_its_day_ends() {
        let accept = Accept {
            account: None,
            region: Some(Region::parse("us-west-1").unwrap()),
            kind: None,
            class: Some("denied".to_owned()),
            until: Day::parse("2027-03-31"),
            reason: "tower".to_owned(),
        };
        let scope = Scope { account: "1", region: Some("us-west-1"), kind: None, class: "denied-by-scp" };
        let day = |text| Day::parse(text).unwrap();
        assert!(accept.covers(scope, day("2027-03-31")));
        assert!(!accept.covers(scope, day("2027-04-01")));
        assert!(!accept.covers(Scope { region: None, ..scope }, day("2027-01-01")));
        assert!(!accept.covers(Scope { class: "throttled", ..scope }, day("2027-01-01")));
    }

    #[test]
    fn only_real_days() {
        for wrong in ["2027-2-3", "2027-02-29", "27-01-01", "2027-01-01T00", "2027-01", "2027-01-01-01", "+027-01-01"] {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Day::parse("2028-02-29").unwrap().to_string(), "2028-02-29");
    }
}
