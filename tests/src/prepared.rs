//! moto and the front with an organization in them, built once for a test executable and copied for each test.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};

use crate::organization::Scale;
use crate::server::Server;
use crate::{folders, python};

/// What `front/prepared.py` has built, and makes copies of.
///
/// It ends when this process does, whose end of its standard input closes then, and its copies end with it.
#[derive(Debug)]
pub(crate) struct Prepared {
    _process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    organization: Value,
}

/// The one of a scale, or the one without an organization.
pub(crate) fn prepared(scale: Option<Scale>) -> &'static Mutex<Prepared> {
    static EMPTY: OnceLock<Mutex<Prepared>> = OnceLock::new();
    static TINY: OnceLock<Mutex<Prepared>> = OnceLock::new();
    static SMALL: OnceLock<Mutex<Prepared>> = OnceLock::new();
    static FULL: OnceLock<Mutex<Prepared>> = OnceLock::new();
    let (slot, arguments): (_, &[&str]) = match scale {
        None => (&EMPTY, &[]),
        Some(Scale::Tiny) => (&TINY, &["tiny"]),
        Some(Scale::Small) => (&SMALL, &["small"]),
        Some(Scale::Full) => (&FULL, &["full"]),
    };
    slot.get_or_init(|| Mutex::new(Prepared::start(arguments)))
}

/// A copy: moto, the front before it, and the description of the organization in them.
pub(crate) fn copied(scale: Option<Scale>, logs: &Path) -> (Server, Server, Value) {
    let of = prepared(scale);
    let (moto_log, front_log) = (logs.join("moto.log"), logs.join("front.log"));
    let mut held = lock(of);
    let made = held.ask(&json!({ "moto": moto_log, "front": front_log }));
    let server = |name: &str, log: &Path| {
        let number = |field: &str| made[name][field].as_u64().and_then(|number| u32::try_from(number).ok());
        let (Some(pid), Some(port)) = (number("pid"), number("port")) else { panic!("no copy was made: {made}") };
        Server::copied(of, pid, port, log)
    };
    (server("moto", &moto_log), server("front", &front_log), held.organization.clone())
}

/// A test that panicked while it held it left it as it was: each question has its answer.
fn lock(of: &Mutex<Prepared>) -> MutexGuard<'_, Prepared> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Prepared {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(python::interpreter())
            .arg(folders::front_sources().join("prepared.py"))
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONIOENCODING", "utf-8")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start prepared.py: {error}"));
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            panic!("prepared.py has no pipes");
        };
        let mut started = Self { _process: process, input, output: BufReader::new(output), organization: Value::Null };
        started.organization = started.answer();
        started
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("prepared.py said {line:?} ({read:?}): {error}"))
    }

    fn ask(&mut self, what: &Value) -> Value {
        writeln!(self.input, "{what}").unwrap_or_else(|error| panic!("prepared.py is gone: {error}"));
        self.answer()
    }
}

/// Ends a process of a copy.
pub(crate) fn end(of: &Mutex<Prepared>, pid: u32) {
    // If it is gone, so are its copies.
    let _ = writeln!(lock(of).input, "{}", json!({ "end": [pid] }));
}
