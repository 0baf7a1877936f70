//! One run of `portolan`, in a clean environment and a folder of its own, and what it left behind.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use portolan_scripted_aws::ScriptedAws;
use serde_json::Value;

use crate::bench::Bench;
use crate::child::{self, Used};
use crate::figure::number;
use crate::scratch::Scratch;

/// How long a run may take; the whole of the largest row takes minutes.
const LONGEST: Duration = Duration::from_mins(45);
/// How much of what a failed run said is repeated: its end.
const SAID_SHOWN: usize = 2_000;

/// A run that is to be.
#[derive(Debug)]
pub struct Sync<'a> {
    bench: &'a Bench,
    folder: Scratch,
    /// Its environment, beside the folders.
    pub environment: Vec<(String, String)>,
    /// Where compiled code is looked for.
    pub cache: PathBuf,
    /// How long it may take.
    pub longest: Duration,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    /// What it used.
    pub used: Used,
    /// Its report.
    pub report: Value,
    folder: Scratch,
}

impl<'a> Sync<'a> {
    /// A run without any of AWS's variables.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn new(bench: &'a Bench) -> Result<Self> {
        let folder = Scratch::new("sync")?;
        Ok(Self { bench, folder, environment: Vec::new(), cache: bench.cache.clone(), longest: LONGEST })
    }

    /// A run whose AWS is this one.
    ///
    /// # Errors
    /// As [`Sync::new`].
    pub fn against(bench: &'a Bench, aws: &ScriptedAws) -> Result<Self> {
        Ok(Self { environment: aws.environment(), ..Self::new(bench)? })
    }

    /// Writes a file into the folder that it runs in, readable by its owner alone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        Ok(std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?)
    }

    /// The command, ready to be started.
    ///
    /// # Errors
    /// When the files for what it says cannot be made.
    pub fn command(&self, arguments: &[String]) -> Result<Command> {
        let folder = self.folder.path();
        let mut command = Command::new(&self.bench.portolan);
        command.args(arguments).current_dir(folder).env_clear().env("HOME", folder);
        command.env("XDG_CACHE_HOME", &self.cache).envs(self.environment.iter().cloned()).stdin(Stdio::null());
        command.stdout(File::create(folder.join("stdout.txt"))?).stderr(File::create(folder.join("stderr.txt"))?);
        Ok(command)
    }

    /// Runs `sync` of these kinds through this role into a new catalogue, which must end with everything read.
    ///
    /// # Errors
    /// When it does not.
    pub fn run(self, role: &str, kinds: &str, more: &[&str]) -> Result<Ran> {
        let first = ["sync", "--account-role-arn", role, "--kinds", kinds, "--report", "report.json"];
        let to = ["--to", "sqlite:catalogue.db"];
        let arguments: Vec<String> = first.iter().chain(&to).chain(more).map(|word| (*word).to_owned()).collect();
        let used = child::run(&mut self.command(&arguments)?, self.longest)?;
        let text = |name| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        let (said, printed) = (text("stderr.txt"), text("stdout.txt"));
        ensure!(used.status == Some(0), "portolan ended with {:?}:\n{}\n{}", used.status, end(&said), end(&printed));
        let report = serde_json::from_str(&text("report.json")).context("the run's report")?;
        Ok(Ran { used, report, folder: self.folder })
    }
}

impl Ran {
    /// Requests that were sent, retries included.
    pub fn calls(&self) -> f64 {
        self.total("calls")
    }

    /// A member of the report's sums over all calls.
    pub fn total(&self, member: &str) -> f64 {
        self.report["call_totals"][member].as_f64().unwrap_or(0.0)
    }

    /// Resources that were found.
    pub fn found(&self) -> u64 {
        let kinds = self.report["kinds"].as_object();
        kinds.into_iter().flat_map(|kinds| kinds.values()).filter_map(|counts| counts["found"].as_u64()).sum()
    }

    /// Processor time in seconds.
    pub fn cpu_s(&self) -> f64 {
        self.used.cpu.as_secs_f64()
    }

    /// Processor time for each call, in milliseconds.
    pub fn cpu_ms_a_call(&self) -> f64 {
        self.cpu_s() * 1e3 / self.calls().max(1.0)
    }

    /// Seconds from start to end.
    pub fn wall_s(&self) -> f64 {
        self.used.wall.as_secs_f64()
    }

    /// The most memory that was resident, in megabytes of a million bytes.
    pub fn peak_mb(&self) -> f64 {
        number(self.used.peak_bytes) / 1e6
    }

    /// The catalogue that it wrote.
    pub fn catalogue(&self) -> PathBuf {
        self.folder.path().join("catalogue.db")
    }

    /// The run in a line, for those who wait.
    pub fn tell(&self, what: &str) {
        eprintln!(
            "  {what}: {} resources by {} calls in {:.1} s; {:.1} s of processor time, {:.0} MB",
            self.found(),
            self.calls(),
            self.wall_s(),
            self.cpu_s(),
            self.peak_mb()
        );
    }
}

fn end(said: &str) -> &str {
    let from = said.len().saturating_sub(SAID_SHOWN);
    said.get(said.ceil_char_boundary(from)..).unwrap_or(said)
}
