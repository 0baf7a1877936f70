//! A running scripted AWS, for tests and the benchmark.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::estate::Estate;
use crate::options::Options;

/// How long a control call may take.
const CONTROL_MAX: Duration = Duration::from_secs(30);

/// A scripted AWS in a process of its own. It ends when this is dropped, and when the process that has this ends.
///
/// ```no_run
/// use portolan_scripted_aws::{Options, ScriptedAws};
///
/// let aws = ScriptedAws::start(&Options { accounts: 3, regions: 3, ..Options::default() }).unwrap();
/// // … run something with aws.environment() …
/// let usage = aws.usage().unwrap();
/// assert_eq!(usage["notes"], serde_json::json!([]));
/// ```
#[derive(Debug)]
pub struct ScriptedAws {
    child: Child,
    port: u16,
    /// The control path has a plain port of its own, TLS or not, open or closed.
    control: u16,
    options: Options,
}

/// Why a scripted AWS did not start, or did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It could not be started, or did not say where it listens: its standard error has the reason.
    #[error("the scripted AWS did not start ({0}); its standard error says why")]
    Start(String),
    /// It could not be reached.
    #[error("the scripted AWS cannot be reached: {0}")]
    Io(#[from] io::Error),
    /// It refused.
    #[error("the scripted AWS refused {path}: {said}")]
    Refused {
        /// What was asked.
        path: String,
        /// What it said.
        said: String,
    },
}

impl ScriptedAws {
    /// Starts one, built first if need be (see [`crate::binary`]).
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(options: &Options) -> Result<Self, ControlError> {
        Self::start_binary(&crate::binary(), options)
    }

    /// As [`ScriptedAws::start`], with a binary that is there.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_binary(binary: &Path, options: &Options) -> Result<Self, ControlError> {
        let mut options = options.clone();
        if options.tls && options.ca_file.is_none() {
            static NUMBER: AtomicU32 = AtomicU32::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let name = format!("portolan-scripted-aws-{}-{number}.pem", std::process::id());
            options.ca_file = Some(std::env::temp_dir().join(name));
        }
        let failed = |error: io::Error| ControlError::Start(format!("{}: {error}", binary.display()));
        let mut child = Command::new(binary)
            .args(["--lifeline", "--options", &json!(options).to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let mut words = line.split_whitespace();
        let mut port = |name| words.next().filter(|word| *word == name).and_then(|_| words.next()?.parse::<u16>().ok());
        match (port("port"), port("control")) {
            (Some(port), Some(control)) => Ok(Self { child, port, control, options }),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                Err(ControlError::Start(format!("it said {line:?}")))
            }
        }
    }

    /// Where it is, as `AWS_ENDPOINT_URL` names it.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.options.tls { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Where the control path is, without TLS: `GET {this}/__control/usage`.
    #[must_use]
    pub fn control_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.control)
    }

    /// The file with its certificate authority, where it speaks TLS.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        self.options.ca_file.as_deref().filter(|_| self.options.tls)
    }

    /// The process, for whoever wants to watch it.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// The listing role, in the management account; the role of the same name is in every account.
    #[must_use]
    pub fn role(&self) -> String {
        format!("arn:aws:iam::{}:role/PortOceanReadRole", Estate::account_id(0))
    }

    /// The environment in which the source's identity is found and AWS is this one.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let url = self.url();
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID", "AKIASCRIPTEDAWSSOURC"),
            ("AWS_SECRET_ACCESS_KEY", "scripted-and-no-secret"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", &url),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        let bundle = self.ca_file().map(|file| file.display().to_string());
        if let Some(bundle) = &bundle {
            variables.push(("AWS_CA_BUNDLE", bundle));
        }
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The estate of the options that it was started with.
    #[must_use]
    pub fn estate(&self) -> Estate {
        Estate::new(&self.options)
    }

    /// What it was asked and answered since the start or the last [`ScriptedAws::reset`], and what that cost: see
    /// README.md for the members.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn usage(&self) -> Result<Value, ControlError> {
        self.control("GET", "usage", &Value::Null)
    }

    /// How many resources there are, by kind and by account.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn counted(&self) -> Result<Value, ControlError> {
        self.control("GET", "estate", &Value::Null)
    }

    /// Sets some of the options: members of [`Options`].
    ///
    /// # Errors
    /// When it cannot be reached, or does not know an option.
    pub fn set(&self, options: &Value) -> Result<(), ControlError> {
        self.control("POST", "options", options).map(|_| ())
    }

    /// Counts from nothing, with full buckets.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn reset(&self) -> Result<(), ControlError> {
        self.control("POST", "reset", &json!({})).map(|_| ())
    }

    /// Closes all connections, and lets nobody connect for so long.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn close_for(&self, duration: Duration) -> Result<(), ControlError> {
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.control("POST", "close", &json!({ "ms": milliseconds })).map(|_| ())
    }

    fn control(&self, method: &str, path: &str, body: &Value) -> Result<Value, ControlError> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.control))?;
        stream.set_read_timeout(Some(CONTROL_MAX))?;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let length = body.len();
        write!(
            stream,
            "{method} /__control/{path} HTTP/1.1\r\nHost: control\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, said) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        if head.split(' ').nth(1) == Some("200")
            && let Ok(value) = serde_json::from_str(said)
        {
            return Ok(value);
        }
        Err(ControlError::Refused { path: path.to_owned(), said: said.to_owned() })
    }
}

impl Drop for ScriptedAws {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(file) = self.ca_file() {
            let _ = std::fs::remove_file(file);
        }
    }
}
