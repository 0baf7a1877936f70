//! A Python server of the tests: started on a free port, stopped by its process id, and never left behind.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::prepared::{self, Prepared};
use crate::{folders, python};

/// How long one is given to end itself.
const END_WAIT: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(5);

/// A running server. It is stopped when this is dropped, also while a test panics.
///
/// Its standard input is a pipe from this process that nothing is written to: when this process ends in whatever way,
/// the pipe closes and the server ends itself (see `front/parent.py`). So servers in statics, which are never dropped,
/// end as well.
#[derive(Debug)]
pub struct Server {
    process: Process,
    url: String,
    log: PathBuf,
}

#[derive(Debug)]
enum Process {
    /// Started by us.
    Started { child: Child, lifeline: Option<ChildStdin> },
    /// Of something that was prepared, which started it.
    Copied { of: &'static Mutex<Prepared>, pid: u32 },
}

impl Server {
    /// One that is running already.
    pub(crate) fn copied(of: &'static Mutex<Prepared>, pid: u32, port: u32, log: &Path) -> Self {
        let url = format!("http://127.0.0.1:{port}");
        Self { process: Process::Copied { of, pid }, url, log: log.to_path_buf() }
    }

    /// Starts a script of `tests/front` and waits until it says on which port it listens.
    ///
    /// # Panics
    /// When the server does not start; the message has what it printed.
    pub fn start(script: &str, arguments: &[&str], log: &Path) -> Self {
        Self::start_with(&python::interpreter(), script, arguments, log)
    }

    /// As [`Server::start`], by the interpreter of another environment.
    ///
    /// # Panics
    /// As [`Server::start`].
    pub fn start_with(interpreter: &Path, script: &str, arguments: &[&str], log: &Path) -> Self {
        let errors = std::fs::File::create(log).unwrap_or_else(|error| panic!("{}: {error}", log.display()));
        let mut child = Command::new(interpreter)
            .arg(folders::front_sources().join(script))
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {script}: {error}"));
        let (Some(lifeline), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            panic!("{script} has no pipes");
        };
        let mut line = String::new();
        let read = BufReader::new(output).read_line(&mut line);
        let Some(port) = line.trim().strip_prefix("port ").and_then(|port| port.parse::<u16>().ok()) else {
            let _ = child.kill();
            let said = std::fs::read_to_string(log).unwrap_or_default();
            panic!("{script} did not start ({read:?}, said {line:?}):\n{said}");
        };
        let process = Process::Started { child, lifeline: Some(lifeline) };
        Self { process, url: format!("http://127.0.0.1:{port}"), log: log.to_path_buf() }
    }

    /// Where it listens, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it printed to standard error so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match &mut self.process {
            Process::Started { child, lifeline } => {
                // One that has processes of its own ends them when it ends itself; killed, it would leave them behind.
                drop(lifeline.take());
                let deadline = Instant::now() + END_WAIT;
                while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
                    std::thread::sleep(POLL);
                }
                let _ = child.kill();
                let _ = child.wait();
            }
            Process::Copied { of, pid } => prepared::end(of, *pid),
        }
    }
}
