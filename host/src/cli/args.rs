//! The command line, as clap reads it. What it means is decided in [`crate::config`].

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};

use super::chosen_component::ChosenComponent;
use super::iam::IamArgs;

const EXIT_STATUS: &str = "\
Exit status:
  0    done; stale properties and accepted scopes alone are still 0
  1    usage or configuration; a plan, or a run to resume or to restore, that does not fit
  2    scopes incomplete that are not accepted
  3    nothing could be authenticated, or every account refused
  4    a sink did not take everything
  5    a guard withheld deletions
  6    another run holds the catalogue
  130  interrupted

Settings come from portolan.yaml, the environment and flags, in that order:
`portolan config --example` shows them all, `portolan config --show` those in force.";

/// Discovers what runs in an AWS estate and keeps a catalogue in step with it. Read-only.
#[derive(Debug, Clone, Parser)]
#[command(name = "portolan", version, after_help = EXIT_STATUS, arg_required_else_help = true, propagate_version = true)]
#[command(disable_help_subcommand = true, max_term_width = 120)]
pub struct Cli {
    /// Which component does it.
    #[command(flatten)]
    pub component: ChosenComponent,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Read the estate and write the catalogue
    ///
    /// Reads every kind in every region of every account, and writes what it finds to each sink. A resource that is
    /// gone leaves the catalogue; nothing else ever does: what could not be read stays as it was.
    #[command(after_help = EXIT_STATUS)]
    Sync(Box<SyncArgs>),
    /// Put back what a run deleted, or list the runs that deleted something
    Restore(RestoreArgs),
    /// Show the organization as a tree, and whether each account's role can be assumed
    Accounts(Box<EstateArgs>),
    /// Show the regions of each account: which are enabled, and which would be read
    Regions(Box<EstateArgs>),
    /// Find out why something does not work, and what mends it; nothing is written
    Doctor(Box<super::doctor::DoctorArgs>),
    /// List the kinds that can be read, with their actions
    Kinds(KindsArgs),
    /// Replay a recorded estate into a catalogue: no account and no network needed
    Demo(DemoArgs),
    /// Write, compile or describe the WebAssembly component inside
    Component(ComponentArgs),
    /// Show the settings in force, an annotated example, or the schema
    Config(Box<ConfigArgs>),
    /// Check a configuration or a mapping, and say all that is wrong with it
    Validate(ValidateArgs),
    /// Print the IAM policy that the chosen kinds need
    Iam(IamArgs),
    /// Show what a mapping makes of resources: no AWS and no catalogue needed
    Map(MapArgs),
    /// Print the default mapping, or the blueprints that it fills
    Defaults(super::defaults::DefaultsArgs),
}

/// Whose estate, and how to get there: what every command that calls AWS takes.
#[derive(Debug, Clone, Default, Args)]
pub struct EstateArgs {
    /// Configuration file; else ./portolan.yaml, if there is one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// auto, task, instance, web-identity, keys, profile or profile:NAME
    #[arg(long, value_name = "SOURCE", help_heading = "Identity")]
    pub credentials: Option<String>,
    /// `self`: only the account that the credentials belong to
    #[arg(long, value_name = "self", help_heading = "Accounts")]
    pub account: Option<String>,
    /// Role that lists the organization; members have a role of the same name
    #[arg(long, value_name = "ARN", help_heading = "Accounts")]
    pub account_role_arn: Option<String>,
    /// Roles, one per account, instead of an organization
    #[arg(long, value_name = "ARN,…", help_heading = "Accounts")]
    pub account_role_arns: Option<String>,
    /// Role between the credentials and all others
    #[arg(long, value_name = "ARN", help_heading = "Identity")]
    pub hub_role_arn: Option<String>,
    /// Name or path/name of the role in every account, if not that of the listing role
    #[arg(long, value_name = "NAME", help_heading = "Accounts")]
    pub member_role_name: Option<String>,
    /// Only accounts under these organizational units or roots
    #[arg(long, value_name = "OU,…", help_heading = "Accounts")]
    pub ou_id: Option<String>,
    /// No accounts under these
    #[arg(long, value_name = "OU,…", help_heading = "Accounts")]
    pub exclude_ous: Option<String>,
    /// Only these accounts
    #[arg(long, value_name = "ID,…", help_heading = "Accounts")]
    pub include_accounts: Option<String>,
    /// Not these accounts
    #[arg(long, value_name = "ID,…", help_heading = "Accounts")]
    pub exclude_accounts: Option<String>,
    /// External id of the roles; other users of this machine can see it here
    #[arg(long, value_name = "ID", help_heading = "Identity", conflicts_with = "external_id_file")]
    pub external_id: Option<String>,
    /// File that holds the external id
    #[arg(long, value_name = "FILE", help_heading = "Identity")]
    pub external_id_file: Option<String>,
    /// Name of the sessions; {run} is the run's id
    #[arg(long, value_name = "N", help_heading = "Identity")]
    pub session_name: Option<String>,
    /// Seconds that a session lasts; not sent by default
    #[arg(long, value_name = "S", help_heading = "Identity")]
    pub session_duration: Option<String>,
    /// Source identity of the sessions; not sent by default
    #[arg(long, value_name = "S", help_heading = "Identity")]
    pub source_identity: Option<String>,
    /// What AWS lets the sessions do, whatever their roles may [default: exact]
    #[arg(long, value_name = "exact|packed|managed-read-only|off", help_heading = "Identity")]
    pub session_policy: Option<String>,
    /// Only these regions
    #[arg(long, value_name = "R,…", help_heading = "Regions and kinds")]
    pub regions: Option<String>,
    /// Not these regions
    #[arg(long, value_name = "R,…", help_heading = "Regions and kinds")]
    pub deny_regions: Option<String>,
    /// Calls to AWS in flight; default 32 per core, at most 256
    #[arg(long, value_name = "N", help_heading = "Run")]
    pub concurrency: Option<String>,
    /// One endpoint for all of AWS: https, or on this machine
    #[arg(long, value_name = "URL", help_heading = "Run")]
    pub endpoint_url: Option<String>,
    /// Allow http to another machine
    #[arg(long, help_heading = "Run")]
    pub allow_insecure_endpoint: bool,
    /// Keep every exchange with AWS in a file; it holds the estate's data, not its secrets
    #[arg(long, value_name = "FILE", help_heading = "Run", conflicts_with = "replay")]
    pub record: Option<PathBuf>,
    /// Answer from a recording instead of AWS
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub replay: Option<PathBuf>,
    /// text or json
    #[arg(long, value_name = "FORMAT", help_heading = "Run")]
    pub log_format: Option<String>,
    /// error, warn, info, debug or trace
    #[arg(long, value_name = "L", help_heading = "Run")]
    pub log_level: Option<String>,
    /// Where compiled code is kept
    #[arg(long, value_name = "DIR", help_heading = "Run")]
    pub cache_dir: Option<PathBuf>,
}

/// `portolan sync`.
#[derive(Debug, Clone, Default, Args)]
pub struct SyncArgs {
    /// What every command that calls AWS takes.
    #[command(flatten)]
    pub estate: EstateArgs,
    /// Where the catalogue goes, several at once: sqlite:FILE, ndjson:FILE, ndjson:-, webhook:URL, port:
    #[arg(long, value_name = "URL")]
    pub to: Vec<String>,
    /// Mapping (port-app-config): entities are made of the resources; without --kinds it also chooses what is read
    #[arg(long, value_name = "FILE", help_heading = "Entities")]
    pub mapping: Option<PathBuf>,
    /// Write the mapping to Port, where it is in force from then on
    #[arg(long, help_heading = "Entities", requires = "mapping")]
    pub push_mapping: bool,
    /// File of the ledger, where no sqlite: sink is named
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub state: Option<PathBuf>,
    /// core, all, or names
    #[arg(long, value_name = "KIND,…|core|all", help_heading = "Regions and kinds")]
    pub kinds: Option<String>,
    /// Optional detail calls: all, or their names
    #[arg(long, value_name = "all|NAME,…", help_heading = "Regions and kinds")]
    pub include_actions: Option<String>,
    /// redact: sensitive values become a digest; keep: they stay
    #[arg(long, value_name = "redact|keep", help_heading = "Regions and kinds")]
    pub sensitive: Option<String>,
    /// Which incomplete scopes make the run fail: new, any or none
    #[arg(long, value_name = "new|any|none", help_heading = "Run")]
    pub fail_on: Option<String>,
    /// Write what the run did, as JSON
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub report: Option<PathBuf>,
    /// Read the estate, print what would be created, changed and deleted, and write nothing
    #[arg(long, help_heading = "Plan", conflicts_with_all = ["record", "replay", "apply"])]
    pub plan: bool,
    /// As --plan, and keep the plan in a file; it holds the estate's data, redacted values included
    #[arg(long, value_name = "FILE", help_heading = "Plan", conflicts_with_all = ["record", "replay", "apply"])]
    pub plan_out: Option<PathBuf>,
    /// Carry out a plan without asking AWS; with the settings that it was made with, and within a day
    #[arg(long, value_name = "FILE", help_heading = "Plan", conflicts_with_all = ["record", "replay"])]
    pub apply: Option<PathBuf>,
    /// Go on with the last run, which was killed: what it had read is not read again
    #[arg(long, help_heading = "Run", conflicts_with_all = ["record", "replay", "plan", "plan_out", "apply"])]
    pub resume: bool,
    /// Carry out the deletions that a guard withheld in this run
    #[arg(long, value_name = "RUN_ID", help_heading = "Run")]
    pub allow_mass_delete: Option<String>,
    /// Forget what service control policies were found to close, and ask for everything once more
    #[arg(long, help_heading = "Run")]
    pub retry_denied: bool,
}

/// `portolan restore`.
#[derive(Debug, Clone, Default, Args)]
pub struct RestoreArgs {
    /// The run whose deletions are undone; without it, the runs that deleted something are listed
    #[arg(long, value_name = "RUN_ID")]
    pub run: Option<String>,
    /// Only resources of this kind
    #[arg(long, value_name = "KIND", requires = "run")]
    pub kind: Option<String>,
    /// The catalogue; else that of the configuration
    #[arg(long, value_name = "sqlite:FILE")]
    pub to: Option<String>,
    /// Configuration file; else ./portolan.yaml, if there is one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// `portolan kinds`.
#[derive(Debug, Clone, Default, Args)]
pub struct KindsArgs {
    /// Show one whole, with an example of its output
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
    /// List every operation as well that is a kind by its own name: ec2:DescribeHosts
    #[arg(long, conflicts_with = "kind")]
    pub all: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// As the table of docs/kinds.md
    #[arg(long, conflicts_with_all = ["kind", "all", "json"])]
    pub markdown: bool,
}

/// `portolan demo`.
#[derive(Debug, Clone, Default, Args)]
pub struct DemoArgs {
    /// Where the catalogue goes
    #[arg(long, value_name = "URL", default_value = "sqlite:portolan-demo.db")]
    pub to: String,
    /// Where compiled code is kept
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
}

/// `portolan component`.
#[derive(Debug, Clone, Default, Args)]
#[command(group(ArgGroup::new("what").required(true).multiple(true).args(["out", "precompile", "describe"])))]
pub struct ComponentArgs {
    /// Write the component, for other hosts
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write its compiled form, for images and read-only file systems
    #[arg(long, value_name = "FILE")]
    pub precompile: Option<PathBuf>,
    /// Print what it exports, imports and may call
    #[arg(long)]
    pub describe: bool,
}

/// `portolan config`.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// What to print.
    #[command(flatten)]
    pub what: ConfigWhat,
    /// The flags of `sync`, to see their effect.
    #[command(flatten)]
    pub sync: SyncArgs,
}

/// One of the three.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct ConfigWhat {
    /// Print every setting in force with its origin; secrets are masked
    #[arg(long)]
    pub show: bool,
    /// Print an annotated example
    #[arg(long)]
    pub example: bool,
    /// Print the JSON Schema, for editors
    #[arg(long)]
    pub schema: bool,
}

/// `portolan validate`.
#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("what").required(true).multiple(true).args(["config", "mapping"])))]
pub struct ValidateArgs {
    /// The configuration to check
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The mapping (port-app-config) to check: every expression is read
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
}

/// `portolan map`.
#[derive(Debug, Clone, Args)]
pub struct MapArgs {
    /// The mapping (port-app-config)
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// Only resources of this kind; without --input its example is mapped
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Resources as --to ndjson:FILE writes them, or a JSON array of them; - for standard input
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Configuration file with kinds of your own; else ./portolan.yaml, if there is one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What the process should do instead of running a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// What to print.
    pub text: String,
    /// To standard error rather than to standard output.
    pub to_stderr: bool,
    /// The exit status: 0 after help, 1 for a usage error (clap's own is 2, which means something else here).
    pub status: u8,
}

/// Reads the command line.
///
/// # Errors
/// Help or version was asked for, or the usage is wrong.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Stop> {
    Cli::try_parse_from(arguments).map_err(|error| Stop {
        text: error.render().to_string(),
        to_stderr: error.use_stderr(),
        status: u8::from(error.use_stderr()),
    })
}

#[cfg(test)]
mod tests {
    use super::{Cli, Command, Stop, parse};
    use clap::CommandFactory as _;

    fn run(line: &str) -> Result<Cli, Stop> {
        parse(line.split(' ').map(Into::into))
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_whole_of_sync_is_taken() {
        let line = "portolan sync --config p.yaml --to sqlite:a.db --to ndjson:- --credentials task --account self \
            --account-role-arn A --account-role-arns B,C --hub-role-arn H --member-role-name M --ou-id o --exclude-ous p \
            --include-accounts 1 --exclude-accounts 2 --external-id-file f --session-name n --session-duration 900 \
            --source-identity s --session-policy exact --kinds core --include-actions all --regions r --deny-regions d --sensitive keep \
            --concurrency 4 --endpoint-url http://localhost:1 --fail-on any --record r --report q --log-format json \
            --log-level debug --cache-dir c";
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let Ok(Cli { command: Command::Sync(sync), .. }) = run(&line) else { panic!("not sync") };
        assert_eq!(sync.to, ["sqlite:a.db", "ndjson:-"]);
        assert_eq!(sync.estate.external_id_file.as_deref(), Some("f"));
    }

    #[test]
    fn usage_errors_are_status_one_and_help_is_zero() {
        for (line, status) in [
            ("portolan --help", 0),
            ("portolan sync --help", 0),
            ("portolan --version", 0),
            ("portolan", 1),
            ("portolan sync --kind X", 1),
            ("portolan sync --record a --replay b", 1),
            ("portolan sync --external-id a --external-id-file b", 1),
            ("portolan validate", 1),
            ("portolan config", 1),
            ("portolan config --show --example", 1),
            ("portolan component", 1),
            ("portolan sync --component", 1),
        ] {
            assert_eq!(run(line).unwrap_err().status, status, "{line}");
        }
        for line in [
            "portolan accounts",
            "portolan regions",
            "portolan kinds --json",
            "portolan demo",
            "portolan --component c.wasm --component-digest sha256:0 sync",
            "portolan sync --component c.wasm --allow-unverified",
            "portolan component --describe --component c.wasm --component-digest 0",
        ] {
            assert!(run(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn help_shows_the_exit_status() {
        for line in ["portolan --help", "portolan sync --help"] {
            let help = run(line).unwrap_err().text;
            for status in ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "130 "] {
                assert!(help.lines().any(|text| text.trim_start().starts_with(status)), "{line}: {status}");
            }
        }
    }
}
