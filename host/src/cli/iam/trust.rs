//! `portolan iam trust`: the trust policy of a deployment's role alone, every value filled in.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shape::{ShapeArgs, refused};
use crate::cli::validate::Printed;
use crate::config::files::{Disk, Files as _};
use crate::iam::template::{Access, Form, READ_ROLE, Template, What, resolved_trust, template};

/// `portolan iam trust`.
#[derive(Debug, Clone, Args)]
pub struct TrustArgs {
    /// Where Portolan runs, and as whom.
    #[command(flatten)]
    pub shape: ShapeArgs,
    /// Of which role: the one that reads, or the one that assumes it (task, instance, pod, hub)
    #[arg(long, value_enum, default_value = "read", value_name = "ROLE")]
    pub role: WhichRole,
    /// The account in which the role is
    #[arg(long, value_name = "ID")]
    pub account_id: Option<String>,
    /// The partition in which the role is
    #[arg(long, default_value = "aws", value_name = "aws|aws-cn|aws-us-gov")]
    pub partition: String,
    /// File that holds the external id
    #[arg(long, value_name = "FILE")]
    pub external_id_file: Option<PathBuf>,
}

/// Whose trust policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhichRole {
    /// The role that reads
    Read,
    /// The role that assumes it
    Source,
}

/// The trust policy.
pub(super) fn print(args: &TrustArgs) -> Printed {
    match made(args) {
        Ok(text) => Printed::done(text),
        Err(why) => refused(&why),
    }
}

fn made(args: &TrustArgs) -> Result<String, String> {
    // What the role may do is not in its trust policy.
    let access = Access::ReadOnly { granted: BTreeSet::new() };
    let template = template(args.shape.deployment, &access, args.shape.trust);
    let mut values = args.shape.values(&template)?;
    values.insert("AWS::Partition".to_owned(), args.partition.clone());
    if let Some(account) = &args.account_id {
        if !Form::Account.fits(account) {
            return Err(format!("--account-id {account}: not {}", Form::Account.says()));
        }
        values.insert("AWS::AccountId".to_owned(), account.clone());
    }
    if let Some(file) = &args.external_id_file {
        let read = Disk.read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let id = read.text.trim();
        if !Form::ExternalId.fits(id) {
            return Err(format!("{}: the external id is not {}", file.display(), Form::ExternalId.says()));
        }
        values.insert("ExternalId".to_owned(), id.to_owned());
    }
    let role = which(args, &template)?;
    let trust = resolved_trust(&template, &role, &values).map_err(|unknown| match unknown.name.as_str() {
        "AWS::AccountId" => "say in which account the role is: --account-id ID".to_owned(),
        "ExternalId" => "this trust asks for an external id: --external-id-file FILE".to_owned(),
        name => format!("{name} has to be given: --parameter {name}=VALUE"),
    })?;
    Ok(format!("{}\n", serde_json::to_string_pretty(&trust).unwrap_or_default()))
}

fn which(args: &TrustArgs, template: &Template) -> Result<String, String> {
    if args.role == WhichRole::Read {
        return Ok(READ_ROLE.to_owned());
    }
    let is_other = |id: &str, what: &What| matches!(what, What::Role(_)) && id != READ_ROLE;
    let found = template.resources.iter().find(|resource| is_other(&resource.id, &resource.what));
    found
        .map(|resource| resource.id.clone())
        .ok_or_else(|| "this deployment has no role but the one that reads".to_owned())
}
