//! What is read, for the documents that depend on it.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::{EstateArgs, SyncArgs};
use crate::cli::flags::Flags;

/// What is read.
#[derive(Debug, Clone, Default, Args)]
pub struct ReadingArgs {
    /// Mapping (port-app-config) that chooses what is read
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// core, all, or names
    #[arg(long, value_name = "KIND,…|core|all")]
    pub kinds: Option<String>,
    /// Optional detail calls: all, or their names
    #[arg(long, value_name = "all|NAME,…")]
    pub include_actions: Option<String>,
}

impl Flags {
    /// The flags that say what is read, and of whom.
    pub(super) fn of_reading(estate: EstateArgs, reading: &ReadingArgs) -> Self {
        let ReadingArgs { mapping, kinds, include_actions } = reading.clone();
        Self::of_sync(&SyncArgs { estate, mapping, kinds, include_actions, ..SyncArgs::default() })
    }
}
