/// The `deletion` section of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeletionSettings {
    /// Whether a second observation is needed. False restores one observation, for all kinds.
    pub confirm: bool,
    /// Over the deletions of one unit.
    pub unit: GuardSettings,
    /// Over the deletions of one account.
    pub account: GuardSettings,
    /// Over all deletions of the run.
    pub run: GuardSettings,
    /// Over the accounts that the organization's listing lost. Trips at exactly `at_least` and above `share`, as all do.
    pub organization_shrink: GuardSettings,
}

impl Default for DeletionSettings {
    fn default() -> Self {
        Self {
            confirm: true,
            unit: GuardSettings { at_least: 20, share: 0.5 },
            account: GuardSettings { at_least: 50, share: 0.5 },
            run: GuardSettings { at_least: 100, share: 0.2 },
            organization_shrink: GuardSettings { at_least: 3, share: 0.05 },
        }
    }
}

/// When a guard trips: at this number *and* above this share. A share alone lets 89 % go, or never lets 1 of 1 go.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardSettings {
    /// Fewer never trip it.
    pub at_least: u64,
    /// Between 0 and 1; this share or less never trips it.
    pub share: f64,
}

impl GuardSettings {
    /// Whether `part` of `all` is too much. A share that is not a number between 0 and 1 counts as 0: the safe side.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of resources lie far below 2^52")]
    pub fn trips(&self, part: u64, all: u64) -> bool {
        let share = if (0.0..=1.0).contains(&self.share) { self.share } else { 0.0 };
        part > 0 && part >= self.at_least && part as f64 > share * all as f64
    }
}

/// What becomes of rows whose scope is left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnLeave {
    /// They stay, out of scope.
    #[default]
    Keep,
    /// They are retired.
    Retire,
}

/// What the user said about leaving a scope: `accounts.on_leave_scope`, `regions.on_disable`, and kinds removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScopeSettings {
    /// Accounts and regions outside the configuration, though still there.
    pub on_leave_scope: OnLeave,
    /// Regions that the account disabled.
    pub on_disable: OnLeave,
    /// Kinds that the configuration names no longer.
    pub on_kind_removed: OnLeave,
}
