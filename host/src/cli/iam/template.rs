//! `portolan iam template`: the roles of a deployment, as CloudFormation or Terraform.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::reading::ReadingArgs;
use super::shape::{ShapeArgs, refused};
use crate::cli::args::EstateArgs;
use crate::cli::flags::Flags;
use crate::cli::judge;
use crate::cli::validate::Printed;
use crate::config::files::Disk;
use crate::config::mistake::nearest;
use crate::config::settings::Settings;
use crate::engine::Engine;
use crate::iam::template::{
    Access, BODY_BYTES_MAX, Deployment, Template, TrustForm, What, cloudformation, grantable, launch_url,
    organization_wide, read_inventory, template, terraform, yaml,
};
use crate::iam::{POLICIES_PER_ROLE, Policies, Role};
use crate::run::ExitStatus;

/// `portolan iam template`.
#[derive(Debug, Clone, Args)]
pub struct TemplateArgs {
    /// Where Portolan runs, and as whom.
    #[command(flatten)]
    pub shape: ShapeArgs,
    /// The read role may do what AWS's ReadOnlyAccess says but for what is no inventory, or what the chosen kinds call
    #[arg(long, value_enum, default_value = "read-only", value_name = "POLICY")]
    pub policy: ReadPolicy,
    /// Denied reads that are not denied to the read role
    #[arg(long, value_name = "ACTION,…", value_delimiter = ',')]
    pub grant: Vec<String>,
    /// Configuration file, for --policy least; else ./portolan.yaml, if there is one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Every account of an organization: a stack set, and the management account that stack sets leave out
    #[arg(long)]
    pub stackset: bool,
    /// As a module of Terraform
    #[arg(long)]
    pub terraform: bool,
    /// How the CloudFormation template is written
    #[arg(long, value_enum, default_value = "yaml", value_name = "FORMAT", conflicts_with = "terraform")]
    pub format: TemplateFormat,
    /// A declared inventory of roles instead (vendor only)
    #[arg(long, value_name = "FILE", conflicts_with = "stackset")]
    pub inventory: Option<PathBuf>,
    /// Print a link instead that opens the console with the template at this address, filled in
    #[arg(long, value_name = "TEMPLATE_URL", conflicts_with = "terraform")]
    pub launch_url: Option<String>,
    /// The link's region
    #[arg(long, default_value = "us-east-1", value_name = "REGION", requires = "launch_url")]
    pub region: String,
    /// The link's name of the stack
    #[arg(long, default_value = "portolan", value_name = "NAME", requires = "launch_url")]
    pub stack_name: String,
}

/// What a read role may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReadPolicy {
    /// AWS's ReadOnlyAccess, and a Deny of the reads that are no inventory
    ReadOnly,
    /// What the chosen kinds call, and nothing else
    Least,
}

/// How CloudFormation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TemplateFormat {
    /// For people
    Yaml,
    /// For programs
    Json,
}

impl Flags {
    /// The flags of `iam template`: what is read.
    #[must_use]
    pub fn of_template(args: &TemplateArgs) -> Self {
        Self::of_reading(EstateArgs { config: args.config.clone(), ..EstateArgs::default() }, &args.reading)
    }
}

/// The template for the settings.
pub(super) async fn print(engine: Engine, args: &TemplateArgs, settings: &Settings) -> Printed {
    match made(engine, args, settings).await {
        Ok(printed) => printed,
        Err(why) => refused(&why),
    }
}

async fn made(engine: Engine, args: &TemplateArgs, settings: &Settings) -> Result<Printed, String> {
    let manifest = judge::manifest(engine, settings).await?;
    let called = manifest.calls.iter().map(|call| call.action.clone());
    let read_only = Access::ReadOnly { granted: called.chain(granted(&args.grant)?).collect() };
    let least =
        Access::Least { member: Policies::of(&manifest, Role::Member), list: Policies::of(&manifest, Role::List) };
    let mut template = match &args.inventory {
        Some(_) if args.shape.deployment != Deployment::Vendor => {
            return Err("--inventory goes with `iam template vendor`".to_owned());
        }
        Some(file) => {
            let inventory = read_inventory(file, &Disk).map_err(|error| error.to_string())?;
            inventory.template(&read_only, Some(&least), args.shape.trust)
        }
        None => {
            let access = if args.policy == ReadPolicy::Least { &least } else { &read_only };
            template(args.shape.deployment, access, args.shape.trust)
        }
    };
    if args.stackset {
        template = organization_wide(template);
    }
    let values = args.shape.values(&template)?;
    if let Some(url) = &args.launch_url {
        let link = launch_url(&template, &values, url, &args.region, &args.stack_name);
        return Ok(Printed::done(format!("{}\n", link.map_err(|error| error.to_string())?)));
    }
    for parameter in &mut template.parameters {
        if let Some(value) = values.get(&parameter.name) {
            if parameter.form.is_secret() {
                let name = &parameter.name;
                return Err(format!(
                    "{name} is a secret: give it to the stack, not to the template, which others read"
                ));
            }
            parameter.default = Some(value.clone());
        }
    }
    let out = text(args, &template);
    let err = notes(args, &template, out.len());
    Ok(Printed { out, err, status: ExitStatus::Done.code() })
}

/// Only what may be granted at all.
fn granted(actions: &[String]) -> Result<BTreeSet<String>, String> {
    let known: BTreeSet<&str> = grantable().collect();
    match actions.iter().find(|action| !known.contains(action.as_str())) {
        None => Ok(actions.iter().cloned().collect()),
        Some(other) => Err(match nearest(other, known.iter().copied()) {
            Some(name) => format!("--grant: {other} is not among the reads that may be granted; did you mean {name}?"),
            None => format!("--grant: {other} is not among the reads that may be granted"),
        }),
    }
}

fn text(args: &TemplateArgs, template: &Template) -> String {
    let header = format!("# Made by: {}\n", command(args));
    if args.terraform {
        return format!("{header}{}", terraform(template));
    }
    let value: Value = cloudformation(template);
    match args.format {
        TemplateFormat::Yaml => format!("{header}{}", yaml(&value)),
        // JSON has no comments.
        TemplateFormat::Json => format!("{}\n", serde_json::to_string_pretty(&value).unwrap_or_default()),
    }
}

/// What whoever deploys it has to know beyond the template.
fn notes(args: &TemplateArgs, template: &Template, bytes: usize) -> String {
    let mut notes = String::new();
    if !args.terraform && bytes > BODY_BYTES_MAX {
        notes.push_str(&format!(
            "{bytes} bytes: CloudFormation takes {BODY_BYTES_MAX} directly; deploy it from S3 (aws cloudformation deploy --s3-bucket …)\n"
        ));
    }
    let attached = template.resources.iter().map(|resource| match &resource.what {
        What::Role(role) => role.attached.len(),
        _ => 0,
    });
    let most = attached.max().unwrap_or_default();
    if most > POLICIES_PER_ROLE {
        notes.push_str(&format!(
            "{most} managed policies: a role takes {POLICIES_PER_ROLE} unless its quota is raised\n"
        ));
    }
    if args.stackset && args.shape.trust == TrustForm::Exact {
        notes.push_str(
            "--trust exact: the role that is named has to be there before; stack sets take accounts in no order\n",
        );
    }
    notes
}

/// The command that prints this template.
fn command(args: &TemplateArgs) -> String {
    let shape = &args.shape;
    let file = |file: Option<&PathBuf>| file.map(|file| file.display().to_string());
    let name = |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
    let mut line = String::from("portolan iam template ");
    line.push_str(&name(shape.deployment.to_possible_value()).unwrap_or_default());
    let joined = (!args.grant.is_empty()).then(|| args.grant.join(","));
    let valued = [
        ("--inventory", file(args.inventory.as_ref())),
        ("--policy", name(args.policy.to_possible_value()).filter(|_| args.policy != ReadPolicy::ReadOnly)),
        ("--config", file(args.config.as_ref())),
        ("--mapping", file(args.reading.mapping.as_ref())),
        ("--kinds", args.reading.kinds.clone()),
        ("--include-actions", args.reading.include_actions.clone()),
        ("--grant", joined),
        ("--trust", name(shape.trust.to_possible_value()).filter(|_| shape.trust != TrustForm::Root)),
    ];
    let given = shape.parameter.iter().map(|given| ("--parameter", Some(given.clone())));
    for (flag, value) in valued.into_iter().chain(given) {
        if let Some(value) = value {
            line.push_str(&format!(" {flag} {}", shell(&value)));
        }
    }
    for (flag, set) in [("--stackset", args.stackset), ("--terraform", args.terraform)] {
        if set {
            line.push_str(&format!(" {flag}"));
        }
    }
    line
}

/// On one line, and as a shell reads it.
fn shell(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@+".contains(c);
    let line = value.replace(|c: char| c.is_control(), " ");
    if line.chars().all(plain) { line } else { format!("'{}'", line.replace('\'', "'\\''")) }
}
