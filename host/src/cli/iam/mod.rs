//! `portolan iam`: documents for an administrator.

mod policy;
mod shape;
mod template;
mod trust;

use clap::{Args, Subcommand};

pub use policy::PolicyArgs;
pub use template::TemplateArgs;
pub use trust::TrustArgs;

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
    /// Print the roles that a deployment needs, as a CloudFormation template or a Terraform module
    Template(Box<TemplateArgs>),
    /// Print the trust policy of a deployment's role
    Trust(TrustArgs),
}

/// Prints the document.
pub(super) async fn iam(engine: Engine, args: &IamArgs, known: &KnownKinds) -> Printed {
    match &args.what {
        IamDocument::Policy(args) => match with_sources(&Flags::of_policy(args), known, load) {
            Ok(loaded) => policy::policy(engine, args, &loaded.settings).await,
            Err(refused) => Printed::refused(&refused),
        },
        IamDocument::Template(args) => match with_sources(&Flags::of_template(args), known, load) {
            Ok(loaded) => template::print(engine, args, &loaded.settings).await,
            Err(refused) => Printed::refused(&refused),
        },
        IamDocument::Trust(args) => trust::print(args),
    }
}
