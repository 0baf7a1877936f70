//! `portolan iam`: documents for an administrator.

mod policy;

use clap::{Args, Subcommand};

pub use policy::PolicyArgs;

use super::command::with_sources;
use super::flags::Flags;
use super::validate::Printed;
use crate::config::kinds::KnownKinds;
use crate::config::load;
use crate::engine::Engine;

/// `portolan iam`.
#[derive(Debug, Clone, Args)]
pub struct IamArgs {
    /// Which document.
    #[command(subcommand)]
    pub what: IamDocument,
}

/// Which document.
#[derive(Debug, Clone, Subcommand)]
pub enum IamDocument {
    /// Print the least-privilege policy for the chosen kinds and actions
    Policy(PolicyArgs),
}

/// Prints the document.
pub(super) async fn iam(engine: Engine, args: &IamArgs, known: &KnownKinds) -> Printed {
    match &args.what {
        IamDocument::Policy(args) => match with_sources(&Flags::of_policy(args), known, load) {
            Ok(loaded) => policy::policy(engine, args, &loaded.settings).await,
            Err(refused) => Printed::refused(&refused),
        },
    }
}
