//! `portolan iam`: documents for an administrator.

mod audit;
mod policy;
mod reading;
mod shape;
mod template;
mod trust;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use audit::AuditArgs;
pub use policy::PolicyArgs;
pub use reading::ReadingArgs;
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

impl IamArgs {
    /// Where compiled code is kept, for the documents that run the component.
    pub(super) fn cache_dir(&self) -> Option<PathBuf> {
        match &self.what {
            IamDocument::Audit(args) => args.estate.cache_dir.clone(),
            IamDocument::Policy(args) => args.estate.cache_dir.clone(),
            IamDocument::Template(_) | IamDocument::Trust(_) => None,
        }
    }
}

/// Which document.
#[derive(Debug, Clone, Subcommand)]
pub enum IamDocument {
    /// Show who can assume which role from outside its account, what gates that, and what the role may do
    ///
    /// Asks IAM for the authorization details of every selected account, one call for each hundred roles. The role that reads
    /// the accounts needs iam:GetAccountAuthorizationDetails and iam:ListRoles, and iam:GetPolicy with iam:GetPolicyVersion.
    Audit(Box<AuditArgs>),
    /// Print the least-privilege policy for the chosen kinds and actions, or compare it with a role's
    Policy(Box<PolicyArgs>),
    /// Print the roles that a deployment needs, as a CloudFormation template or a Terraform module
    Template(Box<TemplateArgs>),
    /// Print the trust policy of a deployment's role
    Trust(TrustArgs),
}

/// Prints the document.
pub(super) async fn iam(engine: Engine, args: &IamArgs, known: &KnownKinds) -> Printed {
    match &args.what {
        IamDocument::Audit(args) => match with_sources(&Flags::of_estate(&args.estate), known, load) {
            Ok(loaded) => audit::audit(engine, args, loaded).await,
            Err(refused) => Printed::refused(&refused),
        },
        IamDocument::Policy(args) => match with_sources(&Flags::of_policy(args), known, load) {
            Ok(loaded) => policy::policy(engine, args, loaded).await,
            Err(refused) => Printed::refused(&refused),
        },
        IamDocument::Template(args) => match with_sources(&Flags::of_template(args), known, load) {
            Ok(loaded) => template::print(engine, args, &loaded.settings).await,
            Err(refused) => Printed::refused(&refused),
        },
        IamDocument::Trust(args) => trust::print(args),
    }
}
