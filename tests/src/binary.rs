//! The real `portolan`, run as a user runs it: a clean environment, a folder of its own, and everything it leaves behind.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use portolan_scripted_aws::nested_cargo;
use serde_json::Value;

use crate::folders::{self, Scratch};
use crate::organization::{KINDS, Organization};

/// How long one run may take, machine under load included; a run that hangs is stopped and fails its test.
const RUN_MAX: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(20);

/// The binary that belongs to the running tests: beside them in the target folder, brought up to date first.
///
/// `PORTOLAN_BINARY` names another one to test instead: a release, or one out of an image.
///
/// # Panics
/// When it cannot be built.
pub fn path() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            if let Some(given) = std::env::var_os("PORTOLAN_BINARY") {
                return given.into();
            }
            build(&["--bin", "portolan"]);
            folders::profile().join(format!("portolan{}", std::env::consts::EXE_SUFFIX))
        })
        .clone()
}

/// An example of the workspace's, brought up to date first.
///
/// # Panics
/// When it cannot be built.
pub fn example(name: &str) -> PathBuf {
    build(&["--example", name]);
    folders::profile().join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Has cargo bring something up to date that is not built for the tests of this package; that costs nothing when it is.
fn build(what: &[&str]) {
    let mut command = nested_cargo();
    command.args(["build", "--quiet", "--workspace"]).args(what).current_dir(folders::workspace());
    command.arg("--target-dir").arg(folders::target());
    if folders::profile().file_name().is_some_and(|name| name == "release") {
        command.arg("--release");
    }
    let built = command.output().unwrap_or_else(|error| panic!("cannot start cargo: {error}"));
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "cargo build {} failed; run it by hand:\n{said}", what.join(" "));
}

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    /// The exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The report, where one was asked for and written.
    pub report: Option<Value>,
}

impl Run {
    /// The report.
    ///
    /// # Panics
    /// When there is none.
    pub fn report(&self) -> &Value {
        self.report.as_ref().unwrap_or_else(|| panic!("no report: {self:#?}"))
    }

    /// Fails unless the run ended with this status.
    ///
    /// # Panics
    /// With all that the run printed.
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "exit status\n--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr);
        self
    }
}

/// A folder to run `portolan` in, with the environment it sees.
#[derive(Debug)]
pub struct Portolan {
    scratch: Scratch,
    environment: Vec<(String, String)>,
}

impl Portolan {
    /// A folder without any configuration, and an environment without any of AWS's variables.
    pub fn new(name: &str) -> Self {
        Self { scratch: Scratch::new(name), environment: Vec::new() }
    }

    /// As [`Portolan::new`], with the identity and endpoint of an organization, and its external id in a file.
    pub fn in_organization(name: &str, organization: &Organization) -> Self {
        let mut made = Self::new(name);
        made.environment = organization.environment();
        made.write("external-id", organization.external_id());
        made
    }

    /// Sets a variable of the environment.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// A path in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.scratch.file(name)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.scratch.path()
    }

    /// Writes a file into the folder, which only its owner can read.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.file(name);
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&path, mode).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }

    /// Reads a file of the folder.
    ///
    /// # Panics
    /// When it is not there.
    pub fn read(&self, name: &str) -> String {
        let path = self.file(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// `portolan sync` of the whole organization into `catalogue.db`, with a report in `report.json`.
    pub fn sync(&self, organization: &Organization, more: &[&str]) -> Run {
        self.run(&Self::sync_arguments(organization, more))
    }

    /// The arguments of [`Portolan::sync`].
    pub fn sync_arguments<'a>(organization: &'a Organization, more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments =
            vec!["sync", "--account-role-arn", organization.role(), "--external-id-file", "external-id"];
        arguments.extend(["--report", "report.json"]);
        if !more.contains(&"--to") {
            arguments.extend(["--to", "sqlite:catalogue.db"]);
        }
        if !more.contains(&"--kinds") && !more.contains(&"--mapping") {
            arguments.extend(["--kinds", KINDS]);
        }
        arguments.extend(more);
        arguments
    }

    /// Runs `portolan` to its end.
    ///
    /// # Panics
    /// When it cannot be started or does not end in time.
    pub fn run(&self, arguments: &[&str]) -> Run {
        let child = self.start(arguments);
        self.finish(child, arguments)
    }

    /// Starts `portolan`; end it with [`Portolan::finish`].
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let _ = std::fs::remove_file(self.file("report.json"));
        let create = |name| File::create(self.file(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Command::new(path())
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .env("HOME", self.folder())
            // Compiled once for all tests: five seconds of processor time for each run otherwise.
            .env("XDG_CACHE_HOME", folders::target().join("cache"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(create("stdout.txt"))
            .stderr(create("stderr.txt"))
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start portolan: {error}"))
    }

    /// Waits for the end of a run and gathers what it left behind.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn finish(&self, mut child: Child, arguments: &[&str]) -> Run {
        let started = Instant::now();
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if started.elapsed() < RUN_MAX => std::thread::sleep(POLL),
                other => {
                    let _ = child.kill();
                    let _ = child.wait();
                    let said = std::fs::read_to_string(self.file("stderr.txt")).unwrap_or_default();
                    panic!("portolan {arguments:?} did not end within {RUN_MAX:?} ({other:?}):\n{said}");
                }
            }
        };
        let text = |name| {
            let bytes = std::fs::read(self.file(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let report = text("report.json");
        Run {
            status: status.code(),
            stdout: text("stdout.txt"),
            stderr: text("stderr.txt"),
            report: serde_json::from_str(&report).ok(),
        }
    }

    /// The catalogue that [`Portolan::sync`] writes.
    pub fn catalogue(&self) -> PathBuf {
        self.file("catalogue.db")
    }
}
