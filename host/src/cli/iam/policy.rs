//! `portolan iam policy`: the least-privilege policy of what is read.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::{EstateArgs, SyncArgs};
use crate::cli::flags::Flags;
use crate::cli::judge;
use crate::cli::validate::Printed;
use crate::config::settings::Settings;
use crate::engine::Engine;
use crate::iam::{Format, POLICIES_PER_ROLE, Policies, Role};
use crate::run::ExitStatus;

/// `portolan iam policy`.
#[derive(Debug, Clone, Args)]
pub struct PolicyArgs {
    /// Configuration file; else ./portolan.yaml, if there is one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Mapping (port-app-config) that chooses what is read
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// core, all, or names
    #[arg(long, value_name = "KIND,…|core|all")]
    pub kinds: Option<String>,
    /// Optional detail calls: all, or their names
    #[arg(long, value_name = "all|NAME,…")]
    pub include_actions: Option<String>,
    /// The role in every account, or the one that lists the organization
    #[arg(long = "for", value_enum, default_value = "member", value_name = "ROLE")]
    pub role: Role,
    /// JSON of the documents alone, or managed policies as CloudFormation or Terraform
    #[arg(long, value_enum, default_value = "json", value_name = "FORMAT")]
    pub format: Format,
    /// What the managed policies are called; numbered where there are several
    #[arg(long, default_value = "PortolanRead")]
    pub name: String,
}

impl Flags {
    /// The flags of `iam policy`: what is read.
    #[must_use]
    pub fn of_policy(args: &PolicyArgs) -> Self {
        Self::of_reading(
            [args.config.as_ref(), args.mapping.as_ref()],
            args.kinds.as_ref(),
            args.include_actions.as_ref(),
        )
    }

    /// The flags that say what is read.
    pub(super) fn of_reading(
        [config, mapping]: [Option<&PathBuf>; 2],
        kinds: Option<&String>,
        include_actions: Option<&String>,
    ) -> Self {
        Self::of_sync(&SyncArgs {
            estate: EstateArgs { config: config.cloned(), ..EstateArgs::default() },
            mapping: mapping.cloned(),
            kinds: kinds.cloned(),
            include_actions: include_actions.cloned(),
            ..SyncArgs::default()
        })
    }
}

/// The policy for the settings.
pub(super) async fn policy(engine: Engine, args: &PolicyArgs, settings: &Settings) -> Printed {
    let manifest = match judge::manifest(engine, settings).await {
        Ok(manifest) => manifest,
        Err(why) => return Printed { out: String::new(), err: format!("{why}\n"), status: ExitStatus::Usage.code() },
    };
    let policies = Policies::of(&manifest, args.role);
    let err = match policies.documents().len() {
        0 | 1 => String::new(),
        count => format!(
            "{count} managed policies: one holds 6,144 characters, and a role takes {POLICIES_PER_ROLE} unless its quota is raised\n"
        ),
    };
    Printed { out: policies.text(args.format, &args.name), err, status: ExitStatus::Done.code() }
}
