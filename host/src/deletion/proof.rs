/// On what a deletion rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grounds {
    /// Absent from two listings that would have shown it, in two runs.
    AbsentTwice,
    /// Absent from a listing that would have shown it, and the service, asked for it by id, does not know it.
    NotFound,
    /// Absent from one listing that would have shown it; `deletion.confirm` is false.
    AbsentOnce,
    /// Its account is closed.
    AccountClosed,
    /// Its account is no longer in the organization.
    AccountAbsent,
    /// Its account knows no such region, enabled or not.
    RegionAbsent,
    /// Its account's region is disabled, and the user said that this retires.
    RegionDisabled,
    /// Its account, region or kind left the configured scope, and the user said that this retires.
    OutOfScope,
    /// Another thing bears its name now.
    Replaced,
}

impl Grounds {
    /// As stored in the catalogue and printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AbsentTwice => "absent-twice",
            Self::NotFound => "not-found",
            Self::AbsentOnce => "absent-once",
            Self::AccountClosed => "account-closed",
            Self::AccountAbsent => "account-absent",
            Self::RegionAbsent => "region-absent",
            Self::RegionDisabled => "region-disabled",
            Self::OutOfScope => "out-of-scope",
            Self::Replaced => "replaced",
        }
    }

    /// Whether it rests on a unit's listing: what the guards of units and accounts watch, since a listing can lie.
    #[must_use]
    pub fn is_absence(self) -> bool {
        matches!(self, Self::AbsentTwice | Self::NotFound | Self::AbsentOnce)
    }

    /// Whether it retires an account.
    #[must_use]
    pub fn is_account(self) -> bool {
        matches!(self, Self::AccountClosed | Self::AccountAbsent)
    }
}

/// The right to delete one resource. Only this module makes one, and whoever deletes must show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof(Grounds);

impl Proof {
    pub(super) fn on(grounds: Grounds) -> Self {
        Self(grounds)
    }

    /// On what it rests.
    #[must_use]
    pub fn grounds(&self) -> Grounds {
        self.0
    }
}

/// The proof that a stored resource was replaced by another of the same name: both generations are known and differ.
///
/// Where one is unknown there is none: a detail call that failed must not look like a new thing.
#[must_use]
pub fn replaced(stored: Option<&str>, read: Option<&str>) -> Option<Proof> {
    match (stored, read) {
        (Some(stored), Some(read)) if stored != read => Some(Proof::on(Grounds::Replaced)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn only_two_known_generations_prove_a_replacement() {
        for (stored, read, expected) in [
            (Some("2024-01-01T00:00:00Z"), Some("2024-05-01T00:00:00Z"), true),
            (Some("2024-01-01T00:00:00Z"), Some("2024-01-01T00:00:00Z"), false),
            (None, Some("2024-01-01T00:00:00Z"), false),
            (Some("2024-01-01T00:00:00Z"), None, false),
            (None, None, false),
        ] {
            assert_eq!(replaced(stored, read).is_some(), expected, "{stored:?} {read:?}");
        }
    }
}
