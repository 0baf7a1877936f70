//! How a run ends, as a number that scripts can rely on.

/// The exit statuses of `portolan`, worst first where several apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitStatus {
    /// All that was asked for was done. Stale properties and accepted scopes alone are still this.
    Done,
    /// The command line or the configuration is wrong; nothing was called.
    Usage,
    /// Scopes are incomplete that are not accepted.
    Incomplete,
    /// Nothing could be authenticated, or every account refused.
    NoAccess,
    /// A sink did not take everything.
    Sink,
    /// A guard withheld deletions.
    Withheld,
    /// Another run holds the ledger.
    Locked,
    /// Stopped by Ctrl-C or SIGTERM.
    Interrupted,
}

impl ExitStatus {
    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 1,
            Self::Incomplete => 2,
            Self::NoAccess => 3,
            Self::Sink => 4,
            Self::Withheld => 5,
            Self::Locked => 6,
            Self::Interrupted => 130,
        }
    }

    /// The status of a run of which all this may be true at once.
    #[must_use]
    pub fn of(facts: Facts) -> Self {
        if facts.interrupted {
            Self::Interrupted
        } else if facts.no_access {
            Self::NoAccess
        } else if facts.sink_failed {
            Self::Sink
        } else if facts.withheld {
            Self::Withheld
        } else if facts.incomplete {
            Self::Incomplete
        } else {
            Self::Done
        }
    }
}

/// What can be true of a run at its end.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and they combine")]
pub struct Facts {
    /// It was stopped.
    pub interrupted: bool,
    /// No account could be read at all.
    pub no_access: bool,
    /// A sink did not take everything.
    pub sink_failed: bool,
    /// A guard withheld deletions.
    pub withheld: bool,
    /// A scope is incomplete that counts under `--fail-on`.
    pub incomplete: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_that_is_true_decides() {
        let all = Facts { interrupted: true, no_access: true, sink_failed: true, withheld: true, incomplete: true };
        assert_eq!(ExitStatus::of(all).code(), 130);
        assert_eq!(ExitStatus::of(Facts { interrupted: false, ..all }).code(), 3);
        assert_eq!(ExitStatus::of(Facts { withheld: true, incomplete: true, ..Facts::default() }).code(), 5);
        assert_eq!(ExitStatus::of(Facts::default()).code(), 0);
    }
}
