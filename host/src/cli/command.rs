//! From the command line to an exit status: which command, with which settings, and what is printed where.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use super::args::{self, Cli, Command, DemoArgs, EstateArgs, SyncArgs};
use super::flags::Flags;
use super::judge;
use super::validate::{Printed, judged, validate};
use super::{component, config, defaults, demo, doctor, estate, iam, kinds, logging, map, restore};
use crate::config::accept::Day;
use crate::config::files::Disk;
use crate::config::kinds::KnownKinds;
use crate::config::sinks::SinkUrl;
use crate::config::{Loaded, Sources, load};
use crate::credentials::Environment;
use crate::engine::Engine;
use crate::imports::Nowhere;
use crate::instance::Instances;
use crate::manifest::Manifest;
use crate::planned::{PlanError, PlanFile};
use crate::run::{
    Cancellation, Embedded, ExitStatus, Report, StartError, Surroundings, Task, now_ms, summary, survey, sync,
};

/// Runs the command line and gives the process's exit status.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match args::parse(arguments) {
        Ok(cli) => cli,
        Err(stop) => {
            let printed = if stop.to_stderr {
                Printed { out: String::new(), err: stop.text, status: stop.status }
            } else {
                Printed::done(stop.text)
            };
            return print(&printed);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return print(&failed(ExitStatus::Usage, &format!("the runtime does not start: {error}"))),
    };
    let printed = runtime.block_on(run(cli));
    // Threads that still wait for a name server or a slow answer are not waited for.
    runtime.shutdown_background();
    print(&printed)
}

fn print(printed: &Printed) -> ExitCode {
    // A reader that has gone away is no failure of ours.
    let _ = std::io::stdout().lock().write_all(printed.out.as_bytes());
    let _ = std::io::stderr().lock().write_all(printed.err.as_bytes());
    ExitCode::from(printed.status)
}

pub(super) fn failed(status: ExitStatus, message: &str) -> Printed {
    Printed { out: String::new(), err: format!("{message}\n"), status: status.code() }
}

async fn run(cli: Cli) -> Printed {
    let cache = cache_dir(&cli.command);
    let bytes = match cli.component.bytes() {
        Ok(bytes) => bytes,
        Err(why) => return failed(ExitStatus::Usage, &why),
    };
    let engine = match Engine::new(&bytes, cache.as_deref()) {
        Ok(engine) => engine,
        Err(error) => return failed(ExitStatus::Usage, &error.to_string()),
    };
    let manifest = match manifest_of(&engine).await {
        Ok(manifest) => manifest,
        Err(error) => return failed(ExitStatus::Usage, &format!("{error:#}")),
    };
    let known = match serde_json::to_value(&manifest).map(|value| KnownKinds::from_manifest(&value)) {
        Ok(Ok(known)) => known,
        Ok(Err(error)) => return failed(ExitStatus::Usage, &error.to_string()),
        Err(error) => return failed(ExitStatus::Usage, &error.to_string()),
    };
    match &cli.command {
        Command::Kinds(args) => kinds::kinds(&manifest, &known, args),
        Command::Defaults(args) => defaults::defaults(args, &known),
        Command::Component(args) => component::component(args, &bytes, &engine, &manifest)
            .unwrap_or_else(|error| failed(ExitStatus::Sink, &format!("{error:#}"))),
        Command::Config(args) => {
            with_sources(&Flags::of_sync(&args.sync), &known, |sources| config::config(&args.what, sources))
        }
        Command::Validate(args) => {
            let flags = Flags::of_validate(args);
            match with_sources(&flags, &known, load) {
                Ok(loaded) => match judged(engine, args, &loaded).await {
                    Ok(warnings) => validate(&loaded, &warnings),
                    Err(why) => failed(ExitStatus::Usage, &why),
                },
                Err(refused) => Printed::refused(&refused),
            }
        }
        Command::Map(args) => match with_sources(&Flags::of_map(args), &known, load) {
            Ok(loaded) => map::map(engine, args, &known, &loaded.settings).await,
            Err(refused) => Printed::refused(&refused),
        },
        Command::Iam(args) => iam::iam(engine, args, &known).await,
        Command::Restore(args) => match with_sources(&Flags::of_restore(args), &known, load) {
            Ok(loaded) => restore::restore(args, &loaded.settings),
            Err(refused) => Printed::refused(&refused),
        },
        Command::Sync(args) => sync_command(engine, args, &known).await,
        Command::Demo(args) => demo_command(engine, args, &known).await,
        Command::Accounts(args) => estate_command(engine, args, &known, false).await,
        Command::Regions(args) => estate_command(engine, args, &known, true).await,
        Command::Doctor(args) => doctor::doctor(engine, args, &known).await,
    }
}

async fn sync_command(engine: Engine, args: &SyncArgs, known: &KnownKinds) -> Printed {
    let loaded = match with_sources(&Flags::of_sync(args), known, load) {
        Ok(loaded) => loaded,
        Err(refused) => return Printed::refused(&refused),
    };
    let (task, answers) = match task(args) {
        Ok(task) => task,
        Err(error) => return failed(ExitStatus::Usage, &error.to_string()),
    };
    // A mapping is judged before anybody is asked for credentials and before a catalogue is made.
    if loaded.settings.mapping.is_some()
        && let Err(why) = judge::settings(engine.clone(), &loaded.settings).await
    {
        return failed(ExitStatus::Usage, &why);
    }
    let report_file = loaded.settings.report.clone();
    let to_stdout = matches!(task, Task::Plan { .. }) || !loaded.settings.sinks.contains(&SinkUrl::NdjsonStdout);
    let surroundings = begin(&loaded, answers);
    match sync(engine, loaded.settings, surroundings, task).await {
        Ok(report) => ended(&report, report_file.as_deref(), to_stdout),
        Err(error) => not_started(&error),
    }
}

/// What a run is for, and the answers of the plan that it carries out.
fn task(args: &SyncArgs) -> Result<(Task, Option<crate::aws::Replay>), PlanError> {
    if let Some(file) = &args.apply {
        let plan = PlanFile::open(file)?;
        return Ok((Task::Apply(Box::new(plan.header)), Some(plan.answers)));
    }
    if args.plan || args.plan_out.is_some() {
        return Ok((Task::Plan { keep: args.plan_out.clone() }, None));
    }
    Ok((if args.resume { Task::Resume } else { Task::Sync }, None))
}

async fn demo_command(engine: Engine, args: &DemoArgs, known: &KnownKinds) -> Printed {
    let recording = match demo::recording() {
        Ok(recording) => recording,
        Err(error) => return failed(ExitStatus::Usage, &error.to_string()),
    };
    // Neither the environment nor a configuration file has a say in what was recorded.
    let environment = BTreeMap::new();
    let flags = Flags::of_sync(&demo::sync_args(args));
    let sources = sources(&environment, &NoFiles, &flags, known);
    let loaded = match load(sources) {
        Ok(loaded) => loaded,
        Err(refused) => return Printed::refused(&refused),
    };
    let catalogue: Option<PathBuf> = loaded.settings.sinks.iter().find_map(|sink| match sink {
        SinkUrl::Sqlite(file) => Some(file.clone()),
        _ => None,
    });
    if let Some(file) = &catalogue
        && let Err(why) = demo::start_anew(file, &recording.header().run_id)
    {
        return failed(ExitStatus::Usage, &why);
    }
    let surroundings = begin(&loaded, Some(recording));
    let report = match sync(engine, loaded.settings, surroundings, Task::Sync).await {
        Ok(report) => report,
        Err(error) => return not_started(&error),
    };
    let mut printed = ended(&report, None, true);
    if let Some(file) = catalogue {
        match demo::questions(&file) {
            Ok(text) => printed.out.push_str(&text),
            Err(error) => return failed(ExitStatus::Sink, &format!("{}: {error}", file.display())),
        }
    }
    // The refused account and the denied region belong to the show.
    if printed.status == ExitStatus::Incomplete.code() {
        printed.status = ExitStatus::Done.code();
    }
    printed
}

async fn estate_command(engine: Engine, args: &EstateArgs, known: &KnownKinds, regions: bool) -> Printed {
    let loaded = match with_sources(&Flags::of_estate(args), known, load) {
        Ok(loaded) => loaded,
        Err(refused) => return Printed::refused(&refused),
    };
    let surroundings = begin(&loaded, None);
    match survey(engine, loaded.settings, surroundings, regions).await {
        Ok(survey) => {
            let text = if regions { estate::regions_list(&survey) } else { estate::accounts_tree(&survey) };
            let status = if survey.whole { ExitStatus::Done } else { ExitStatus::Incomplete };
            Printed { out: text, err: String::new(), status: status.code() }
        }
        Err(error) => not_started(&error),
    }
}

/// Starts logging, prints what the configuration has to say, and listens for signals.
pub(super) fn begin(loaded: &Loaded, replay: Option<crate::aws::Replay>) -> Surroundings {
    logging::start(loaded.settings.log);
    for notice in &loaded.notices {
        tracing::info!("{notice}");
    }
    let cancelled = Cancellation::default();
    tokio::spawn(stop_on_signals(cancelled.clone()));
    Surroundings {
        environment: Environment::of_process(),
        at_terminal: std::io::stderr().is_terminal(),
        cancelled,
        replay,
        stand_in: None,
        embedded: Embedded::default(),
    }
}

async fn stop_on_signals(cancelled: Cancellation) {
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else { return };
    for asked in 0.. {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        if asked > 0 {
            // Whoever asks twice does not want to wait; the catalogue is whole up to its last page.
            std::process::exit(i32::from(ExitStatus::Interrupted.code()));
        }
        tracing::warn!("stopping; nothing will be deleted (once more to stop at once)");
        cancelled.cancel();
    }
}

fn ended(report: &Report, file: Option<&Path>, to_stdout: bool) -> Printed {
    let mut status = report.exit_status;
    let mut err = String::new();
    if let Some(file) = file
        && let Err(error) = report.write(file)
    {
        err = format!("{}: the report cannot be written: {error}\n", file.display());
        status = ExitStatus::Sink.code();
    }
    let text = summary(report);
    if to_stdout {
        Printed { out: text, err, status }
    } else {
        Printed { out: String::new(), err: format!("{text}{err}"), status }
    }
}

pub(super) fn not_started(error: &StartError) -> Printed {
    let status = match error {
        StartError::Usage(_) => ExitStatus::Usage,
        StartError::NoAccess(_) => ExitStatus::NoAccess,
        StartError::Sink(_) => ExitStatus::Sink,
        StartError::Locked(_) => ExitStatus::Locked,
    };
    failed(status, &error.to_string())
}

pub(super) fn with_sources<R>(flags: &Flags, known: &KnownKinds, use_them: impl FnOnce(Sources<'_>) -> R) -> R {
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    use_them(sources(&environment, &Disk, flags, known))
}

fn sources<'a>(
    env: &'a BTreeMap<String, String>,
    files: &'a dyn crate::config::files::Files,
    flags: &'a Flags,
    kinds: &'a KnownKinds,
) -> Sources<'a> {
    let now = time::OffsetDateTime::from_unix_timestamp(i64::try_from(now_ms() / 1_000).unwrap_or(0));
    let today = Day::new(now.unwrap_or(time::OffsetDateTime::UNIX_EPOCH).date());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Sources { env, files, flags, kinds, today, cores }
}

/// A file system with nothing in it.
struct NoFiles;

impl crate::config::files::Files for NoFiles {
    fn read(&self, _path: &Path) -> std::io::Result<crate::config::files::FileText> {
        Err(std::io::ErrorKind::NotFound.into())
    }

    fn names(&self, _folder: &Path) -> std::io::Result<Vec<String>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// `--cache-dir`, else the user's cache folder. Needed before the settings are read, since reading them
/// takes the component's list of kinds.
fn cache_dir(command: &Command) -> Option<PathBuf> {
    let given = match command {
        Command::Sync(args) => args.estate.cache_dir.clone(),
        Command::Config(args) => args.sync.estate.cache_dir.clone(),
        Command::Accounts(args) | Command::Regions(args) => args.cache_dir.clone(),
        Command::Demo(args) => args.cache_dir.clone(),
        Command::Doctor(args) => args.estate.cache_dir.clone(),
        Command::Kinds(_) | Command::Component(_) | Command::Validate(_) | Command::Map(_) | Command::Defaults(_) => {
            None
        }
        Command::Iam(args) => args.cache_dir(),
        Command::Restore(_) => None,
    };
    let of_user = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
        let home =
            std::env::var_os("HOME").filter(|path| !path.is_empty()).map(|home| PathBuf::from(home).join(".cache"));
        cache.or(home).map(|folder| folder.join("portolan"))
    };
    given.or_else(of_user)
}

async fn manifest_of(engine: &Engine) -> anyhow::Result<Manifest> {
    let text = Instances::describe(engine, Arc::new(Nowhere)).await?;
    Ok(Manifest::parse(&text)?)
}
