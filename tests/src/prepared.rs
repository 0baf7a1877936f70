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

/// What is prepared: an organization of a scale or none, and whether moto's IAM has the managed policies of AWS.
type Asked = (Option<Scale>, bool);

/// Filled by whoever asks first.
type Slot = OnceLock<Mutex<Prepared>>;

/// The one that has what is asked for. Whoever asks first waits for it to be built, and nobody waits for another.
fn prepared(asked: Asked) -> &'static Mutex<Prepared> {
    static ALL: Mutex<Vec<(Asked, &'static Slot)>> = Mutex::new(Vec::new());
    let slot = {
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        match all.iter().find(|(known, _)| *known == asked) {
            Some((_, slot)) => *slot,
            None => {
                let slot: &'static Slot = Box::leak(Box::default());
                all.push((asked, slot));
                slot
            }
        }
    };
    slot.get_or_init(|| Mutex::new(Prepared::start(asked)))
}

/// A copy: moto, the front before it, and the description of the organization in them.
pub(crate) fn copied(scale: Option<Scale>, managed_policies: bool, logs: &Path) -> (Server, Server, Value) {
    let of = prepared((scale, managed_policies));
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
    fn start((scale, managed_policies): Asked) -> Self {
        let scale = scale.map(|scale| match scale {
            Scale::Tiny => "tiny",
            Scale::Small => "small",
            Scale::Full => "full",
        });
        let policies = managed_policies.then_some("managed-policies");
        let mut process = Command::new(python::interpreter())
            .arg(folders::front_sources().join("prepared.py"))
            .args(scale.into_iter().chain(policies))
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
