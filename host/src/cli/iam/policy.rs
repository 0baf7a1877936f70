//! `portolan iam policy`: the least-privilege policy of what is read.

use clap::Args;
use portolan_names::RoleArn;
use serde_json::json;

use super::reading::ReadingArgs;
use crate::cli::args::EstateArgs;
use crate::cli::command::{begin, failed, not_started};
use crate::cli::flags::Flags;
use crate::cli::judge;
use crate::cli::validate::Printed;
use crate::config::Loaded;
use crate::engine::Engine;
use crate::iam::{
    Compared, DIFFERENCE_OPERATIONS, Difference, Format, POLICIES_PER_ROLE, Policies, Role, difference_text,
    policies_of,
};
use crate::run::{ExitStatus, Visited, visit};

/// `portolan iam policy`.
#[derive(Debug, Clone, Args)]
pub struct PolicyArgs {
    /// What every command that calls AWS takes; without --diff nobody is called.
    #[command(flatten)]
    pub estate: EstateArgs,
    /// What is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// The role in every account, or the one that lists the organization
    #[arg(long = "for", value_enum, default_value = "member", value_name = "ROLE")]
    pub role: Role,
    /// JSON of the documents alone, or managed policies as CloudFormation or Terraform
    #[arg(long, value_enum, default_value = "json", value_name = "FORMAT")]
    pub format: Format,
    /// What the managed policies are called; numbered where there are several
    #[arg(long, default_value = "PortolanRead")]
    pub name: String,
    /// Compare with a role, by its name in every selected account or by its ARN; exit status 2 where something is missing
    #[arg(long, value_name = "ROLE")]
    pub diff: Option<String>,
    /// The comparison as JSON
    #[arg(long, requires = "diff")]
    pub json: bool,
}

impl Flags {
    /// The flags of `iam policy`: what is read.
    #[must_use]
    pub fn of_policy(args: &PolicyArgs) -> Self {
        Self::of_reading(args.estate.clone(), &args.reading)
    }
}

/// The policy for the settings.
pub(super) async fn policy(engine: Engine, args: &PolicyArgs, loaded: Loaded) -> Printed {
    let manifest = match judge::manifest(engine.clone(), &loaded.settings).await {
        Ok(manifest) => manifest,
        Err(why) => return Printed { out: String::new(), err: format!("{why}\n"), status: ExitStatus::Usage.code() },
    };
    let policies = Policies::of(&manifest, args.role);
    if let Some(role) = &args.diff {
        return diff(engine, args, role, &policies, loaded).await;
    }
    let err = match policies.documents().len() {
        0 | 1 => String::new(),
        count => format!(
            "{count} managed policies: one holds 6,144 characters, and a role takes {POLICIES_PER_ROLE} unless its quota is raised\n"
        ),
    };
    Printed { out: policies.text(args.format, &args.name), err, status: ExitStatus::Done.code() }
}

/// What a role has beside the generated policy, in the account of its ARN or in every selected one.
async fn diff(engine: Engine, args: &PolicyArgs, role: &str, policies: &Policies, loaded: Loaded) -> Printed {
    let arn = match role.starts_with("arn:").then(|| RoleArn::parse(role)).transpose() {
        Ok(arn) => arn,
        Err(error) => return failed(ExitStatus::Usage, &format!("--diff: {error}")),
    };
    // IAM asks for the name alone; a role's name is unique in its account, whatever its path.
    let whole = arn.as_ref().map_or(role, RoleArn::path_and_name);
    let name = whole.rsplit('/').next().unwrap_or_default().to_owned();
    let account = arn.as_ref().map(RoleArn::account);
    let needed = policies.actions();
    let surroundings = begin(&loaded, None);
    let ask = |host| policies_of(host, name.clone());
    let visited = visit(engine, loaded.settings, surroundings, DIFFERENCE_OPERATIONS, account.as_ref(), ask).await;
    let visited = match visited {
        Ok(visited) => visited,
        Err(error) => return not_started(&error),
    };
    let mut compared: Vec<(String, Compared)> = Vec::new();
    for account in visited.accounts {
        let place = format!("{}  {}", account.id, account.name);
        compared.push(match account.outcome {
            Visited::Read(Some(role)) => (role.arn.clone(), Compared::Role(Difference::of(&needed, &role))),
            Visited::Read(None) => (place, Compared::NoRole),
            Visited::LeftOut(why) => (place, Compared::LeftOut(why)),
            Visited::Unread(why) => (place, Compared::Unread(why)),
        });
    }
    let is_role = |(_, what): &(String, Compared)| matches!(what, Compared::Role(_));
    let is_unread = |(_, what): &(String, Compared)| matches!(what, Compared::Unread(_));
    let is_right = |(_, what): &(String, Compared)| match what {
        Compared::Role(difference) => difference.is_enough(),
        Compared::LeftOut(_) => true,
        Compared::NoRole | Compared::Unread(_) => false,
    };
    let status = if visited.stopped {
        ExitStatus::Interrupted
    } else if compared.iter().any(is_role) {
        if visited.whole && compared.iter().all(is_right) { ExitStatus::Done } else { ExitStatus::Incomplete }
    } else if compared.iter().any(is_unread) {
        ExitStatus::NoAccess
    } else {
        ExitStatus::Usage
    };
    let out = if args.json { as_json(&compared) } else { difference_text(&compared) };
    let err = match status {
        ExitStatus::Usage => format!("{role}: no account that was read has such a role\n"),
        _ => String::new(),
    };
    Printed { out, err, status: status.code() }
}

fn as_json(compared: &[(String, Compared)]) -> String {
    let one = |(place, what): &(String, Compared)| match what {
        Compared::Role(difference) => {
            let attach = Policies::of_actions(difference.missing.iter().map(String::as_str));
            json!({"role": place, "enough": difference.is_enough(), "difference": difference, "attach": attach.documents()})
        }
        Compared::NoRole => json!({"account": place, "reason": "there is no such role"}),
        Compared::LeftOut(why) | Compared::Unread(why) => json!({"account": place, "reason": why}),
    };
    let all: Vec<_> = compared.iter().map(one).collect();
    format!("{}\n", serde_json::to_string_pretty(&all).unwrap_or_default())
}
