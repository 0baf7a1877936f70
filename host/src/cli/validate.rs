//! `portolan validate`, and how mistakes are printed everywhere.

use crate::config::Loaded;
use crate::config::mistake::Refused;

/// What a command that makes no call prints, and its exit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// For standard output.
    pub out: String,
    /// For standard error.
    pub err: String,
    /// 0, or 1: a mistake in the configuration.
    pub status: u8,
}

impl Printed {
    /// Text for standard output.
    #[must_use]
    pub const fn done(out: String) -> Self {
        Self { out, err: String::new(), status: 0 }
    }

    /// All mistakes, one a line, and how many there are.
    #[must_use]
    pub fn refused(refused: &Refused) -> Self {
        let count = refused.mistakes.len();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        Self { out: String::new(), err: format!("{refused}\n{count} {noun} in the configuration\n"), status: 1 }
    }
}

/// What is said of a configuration that a run would take: its notices, and that there is nothing wrong.
#[must_use]
pub fn validate(loaded: &Loaded) -> Printed {
    let mut out = String::new();
    for notice in &loaded.notices {
        out.push_str(notice);
        out.push('\n');
    }
    out.push_str("no mistakes\n");
    Printed::done(out)
}
