//! `portolan doctor`: asks for the symptom where that is wanted, and prints what was found.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use portolan_names::AccountId;

use super::args::{EstateArgs, SyncArgs};
use super::command::{begin, failed, not_started, with_sources};
use super::flags::Flags;
use super::validate::Printed;
use crate::config::kinds::KnownKinds;
use crate::config::load;
use crate::doctor::{Options, SYMPTOMS, Symptom, examine, symptom, text};
use crate::engine::Engine;
use crate::run::ExitStatus;

/// `portolan doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// What every command that calls AWS takes.
    #[command(flatten)]
    pub estate: EstateArgs,
    /// Where the catalogue would go, as for `sync`
    #[arg(long, value_name = "URL")]
    pub to: Vec<String>,
    /// Mapping (port-app-config) that chooses what is read
    #[arg(long, value_name = "FILE", help_heading = "Regions and kinds")]
    pub mapping: Option<PathBuf>,
    /// core, all, or names
    #[arg(long, value_name = "KIND,…|core|all", help_heading = "Regions and kinds")]
    pub kinds: Option<String>,
    /// Look into these accounts instead of a sample of three
    #[arg(long, value_name = "ID,…", value_delimiter = ',', conflicts_with = "all", help_heading = "Examination")]
    pub accounts: Vec<String>,
    /// Look into every account, and at every kind instead of one of each service
    #[arg(long, help_heading = "Examination")]
    pub all: bool,
    /// Ask IAM's simulator as well, where the roles may: advice only
    #[arg(long, help_heading = "Examination")]
    pub simulate: bool,
    /// Look only where this comes from
    #[arg(long, value_name = "NAME", value_parser = symptom_parser(), help_heading = "Examination")]
    pub symptom: Option<String>,
    /// Ask which symptom there is, and look only there
    #[arg(long, short, conflicts_with_all = ["symptom", "json"], help_heading = "Examination")]
    pub interactive: bool,
    /// As JSON
    #[arg(long, help_heading = "Examination")]
    pub json: bool,
}

fn symptom_parser() -> clap::builder::PossibleValuesParser {
    let value = |symptom: &Symptom| clap::builder::PossibleValue::new(symptom.name).help(symptom.says);
    clap::builder::PossibleValuesParser::new(SYMPTOMS.iter().map(value))
}

impl Flags {
    /// The flags of `doctor`: what a run would be told.
    #[must_use]
    pub fn of_doctor(args: &DoctorArgs) -> Self {
        Self::of_sync(&SyncArgs {
            estate: args.estate.clone(),
            to: args.to.clone(),
            mapping: args.mapping.clone(),
            kinds: args.kinds.clone(),
            ..SyncArgs::default()
        })
    }
}

/// Examines, and prints what was found.
pub(super) async fn doctor(engine: Engine, args: &DoctorArgs, known: &KnownKinds) -> Printed {
    if args.estate.record.is_some() || args.estate.replay.is_some() {
        return failed(
            ExitStatus::Usage,
            "the doctor asks AWS itself and writes nothing: leave --record and --replay out",
        );
    }
    let mut options = match options(args) {
        Ok(options) => options,
        Err(why) => return failed(ExitStatus::Usage, &why),
    };
    let loaded = match with_sources(&Flags::of_doctor(args), known, load) {
        Ok(loaded) => loaded,
        Err(refused) => return Printed::refused(&refused),
    };
    if args.interactive {
        match ask() {
            Ok(chosen) => options.symptom = chosen,
            Err(why) => return failed(ExitStatus::Usage, &why),
        }
    }
    let surroundings = begin(&loaded, None);
    let found = match examine(engine, loaded.settings, surroundings, options).await {
        Ok(found) => found,
        Err(error) => return not_started(&error),
    };
    let out = if args.json {
        format!("{}\n", serde_json::to_string_pretty(&found).unwrap_or_default())
    } else {
        text(&found)
    };
    Printed { out, err: String::new(), status: found.exit_status }
}

fn options(args: &DoctorArgs) -> Result<Options, String> {
    let accounts =
        args.accounts.iter().map(|id| AccountId::parse(id.trim()).map_err(|error| format!("--accounts: {error}")));
    Ok(Options {
        symptom: args.symptom.as_deref().and_then(symptom),
        accounts: accounts.collect::<Result<BTreeSet<_>, String>>()?,
        every_account: args.all,
        every_kind: args.all,
        simulate: args.simulate,
    })
}

/// Asks for the symptom. An empty answer, or none at all, means everything.
fn ask() -> Result<Option<&'static Symptom>, String> {
    /// Somebody who has mistyped so often will not get it right.
    const ATTEMPTS_MAX: usize = 5;
    if !std::io::stdin().is_terminal() {
        return Err(format!("--interactive needs a terminal; --symptom NAME says the same: {}", names().join(", ")));
    }
    let mut out = std::io::stderr().lock();
    let mut say = |text: &str| {
        // Who cannot be asked has gone away.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    };
    say("What is wrong?\n");
    for (number, symptom) in (1..).zip(SYMPTOMS) {
        say(&format!("  {number:>2}  {} ({})\n", symptom.says, symptom.name));
    }
    for _ in 0..ATTEMPTS_MAX {
        say("Number or name; nothing for all of it: ");
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map_err(|error| format!("the answer cannot be read: {error}"))?;
        let line = line.trim();
        if line.is_empty() {
            return Ok(None);
        }
        let by_number = line.parse::<usize>().ok().and_then(|number| SYMPTOMS.get(number.checked_sub(1)?));
        if let Some(found) = by_number.or_else(|| symptom(line)) {
            return Ok(Some(found));
        }
        say(&format!("{line:?} is none of them.\n"));
    }
    Err(format!("no symptom was chosen in {ATTEMPTS_MAX} attempts; --symptom NAME says it as well"))
}

fn names() -> Vec<&'static str> {
    SYMPTOMS.iter().map(|symptom| symptom.name).collect()
}
