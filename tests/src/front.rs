//! The front for moto, from the tests' side: moto and the front as processes, and the front's control interface.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::folders::{self, Scratch};
use crate::organization::Scale;
use crate::prepared;
use crate::python;
use crate::server::Server;

/// How long the front may take to answer a control call: it does so from memory, but the machine may be busy.
const CONTROL_TIMEOUT: Duration = Duration::from_mins(1);

/// One call to AWS as the front saw it.
#[derive(Debug, Clone)]
pub struct Call {
    fields: Value,
}

impl Call {
    fn text(&self, name: &str) -> &str {
        self.fields[name].as_str().unwrap_or_default()
    }

    /// `service:Operation`.
    pub fn operation(&self) -> String {
        format!("{}:{}", self.text("service"), self.text("operation"))
    }

    /// The account whose key signed it; empty where the key was unknown.
    pub fn account(&self) -> &str {
        self.text("account")
    }

    /// The region in the credential scope.
    pub fn region(&self) -> &str {
        self.text("region")
    }

    /// `ok`, or what is wrong with the signature.
    pub fn signature(&self) -> &str {
        self.text("signature")
    }

    /// The status that the front answered.
    pub fn status(&self) -> u64 {
        self.fields["status"].as_u64().unwrap_or_default()
    }

    /// Whose policies denied it and for which action, where the front's evaluator did: `("session", "sqs:ListQueues")`.
    ///
    /// The first is `scp`, `identity`, `boundary`, `session`, or `trust` where a role was not lent.
    pub fn denied(&self) -> Option<(&str, &str)> {
        let denied = self.fields["denied"].as_object()?;
        Some((denied["by"].as_str()?, denied["action"].as_str()?))
    }

    /// The session policy that an `AssumeRole` call passed.
    ///
    /// # Panics
    /// When it is no JSON.
    pub fn session_policy(&self) -> Option<Value> {
        let text = self.fields["assume"]["policy_text"].as_str()?;
        Some(serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    /// Everything that was logged of the call.
    pub fn fields(&self) -> &Value {
        &self.fields
    }
}

/// moto with the front before it; both stop when this is dropped.
#[derive(Debug)]
pub struct Front {
    // In this order: the front goes first.
    gate: Server,
    moto: Server,
    _scratch: Scratch,
}

impl Front {
    /// moto and the front, each on a free loopback port.
    ///
    /// # Panics
    /// When Python, moto or the front does not start.
    pub fn start() -> Self {
        Self::copy(None, false).0
    }

    /// As [`Front::start`], with the managed policies of AWS in moto's IAM: they can be attached there and read again.
    ///
    /// # Panics
    /// When Python, moto or the front does not start.
    pub fn start_with_managed_policies() -> Self {
        Self::copy(None, true).0
    }

    /// moto and the front with an organization in them, and its description.
    pub(crate) fn copy(scale: Option<Scale>, managed_policies: bool) -> (Self, Value) {
        let scratch = Scratch::new("front");
        let (moto, gate, organization) = prepared::copied(scale, managed_policies, scratch.path());
        (Self { gate, moto, _scratch: scratch }, organization)
    }

    /// The endpoint of all of AWS.
    pub fn url(&self) -> &str {
        self.gate.url()
    }

    /// What moto and the front printed to standard error, for messages of tests that fail.
    pub fn logs(&self) -> String {
        format!("{}{}", self.moto.log(), self.gate.log())
    }

    /// Adds a rule; `front/rules.py` says what rules there are.
    pub fn rule(&self, rule: &Value) {
        self.control("POST", "rules", Some(rule));
    }

    /// Removes all rules, those of the fixture included.
    pub fn clear_rules(&self) {
        self.control("DELETE", "rules", None);
    }

    /// Sets keys, roles, policies, regions, states of accounts, page sizes; `front/control.py` says how.
    pub fn configure(&self, config: &Value) {
        self.control("POST", "config", Some(config));
    }

    /// A role as it is from now on: `trust` (a trust policy), `policies` (identity policies: documents, or ARNs of
    /// managed policies), `boundary`, `max_session` in seconds; `front/README.md` says what is done with them.
    ///
    /// Without `trust`, `principals` and `external_id` say who may have it; without `policies` it may do everything.
    /// Sessions that are open feel a change of `policies` at once.
    pub fn role(&self, arn: &str, fields: &Value) {
        self.configure(&json!({ "roles": { arn: fields } }));
    }

    /// A source's access key: `secret`, `account`, `arn`; where it is a role's session also `token`, and `role` where
    /// the role has a path; `policies` as in [`Front::role`]; `transitive_tags` as Pod Identity sets them.
    pub fn key(&self, id: &str, fields: &Value) {
        self.configure(&json!({ "keys": { id: fields } }));
    }

    /// A session of a role for one of AWS's services, as a task, an instance or a pod gets it: `role`, `service`
    /// (`ecs-tasks.amazonaws.com`), `context` (`aws:SourceAccount` and the like), `tags` (Pod Identity's).
    ///
    /// What a container's credentials endpoint answers, with `arn` and `account`; `{"refused": why}` where the role's
    /// trust does not let the service have it.
    pub fn lend(&self, asked: &Value) -> Value {
        self.control("POST", "lend", Some(asked))
    }

    /// Takes the roles that an account has in moto's IAM, with their trusts and policies, as [`Front::role`] would:
    /// what a template has made there is then what is lent. Gives their ARNs.
    pub fn adopt(&self, account: &str) -> Vec<String> {
        let taken = self.control("POST", "adopt", Some(&json!({ "account": account })));
        taken.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Moves the front's clock, so that what is signed now is too old or from the future.
    pub fn clock_ahead(&self, seconds: i64) {
        self.control("POST", "clock", Some(&json!({ "offset_s": seconds })));
    }

    /// Ends every session that `AssumeRole` issued.
    pub fn expire_sessions(&self) {
        self.control("POST", "expire", None);
    }

    /// Empties the call log.
    pub fn forget(&self) {
        self.control("POST", "forget", None);
    }

    /// The calls since the start, or since [`Front::forget`].
    pub fn calls(&self) -> Vec<Call> {
        let calls = self.control("GET", "calls", None);
        calls.as_array().into_iter().flatten().map(|fields| Call { fields: fields.clone() }).collect()
    }

    /// Counts, and how often each rule was used.
    pub fn state(&self) -> Value {
        self.control("GET", "state", None)
    }

    /// Fails when any request's signature was not what botocore gives for it.
    ///
    /// # Panics
    /// With the requests whose signatures were wrong.
    pub fn assert_signatures(&self) {
        let state = self.state();
        assert_eq!(state["mismatches"], json!([]), "botocore signs these requests differently");
    }

    /// Runs a script of `tests/front` against this front and returns what it printed.
    ///
    /// # Panics
    /// When the script fails; the message has what it and the servers printed.
    pub fn python(&self, script: &str, arguments: &[&str], input: &str) -> String {
        let mut child = Command::new(python::interpreter())
            .arg(folders::front_sources().join(script))
            .arg(self.url())
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONIOENCODING", "utf-8")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {script}: {error}"));
        if let Some(mut pipe) = child.stdin.take() {
            // A script that does not read its input closes the pipe; its own exit says whether that was an error.
            let _ = pipe.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().unwrap_or_else(|error| panic!("{script}: {error}"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script} {arguments:?}: {}\n{errors}\n{}", output.status, self.logs());
        String::from_utf8(output.stdout).unwrap_or_else(|error| panic!("{script} printed {error}"))
    }

    /// One call of boto3 as an account's administrator, past all roles; `arguments` are boto3's;
    /// a list of them makes a call for each and gives a list of answers.
    ///
    /// # Panics
    /// When the call fails.
    pub fn boto(&self, account: &str, region: &str, service: &str, operation: &str, arguments: &Value) -> Value {
        let printed = self.python("change.py", &[account, region, service, operation, &arguments.to_string()], "");
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{service} {operation}: {error}: {printed}"))
    }

    /// The URL of a queue, by which SQS knows it.
    pub fn queue_url(&self, account: &str, region: &str, name: &str) -> String {
        let found = self.boto(account, region, "sqs", "get_queue_url", &json!({ "QueueName": name }));
        found["QueueUrl"].as_str().unwrap_or_default().to_owned()
    }

    fn control(&self, method: &str, what: &str, body: Option<&Value>) -> Value {
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = exchange(self.url(), method, &format!("/_front/{what}"), &body)
            .unwrap_or_else(|error| panic!("{method} {what}: {error}\n{}", self.logs()));
        let (head, text) = answer.split_once("\r\n\r\n").unwrap_or_default();
        assert!(head.starts_with("HTTP/1.1 200"), "{method} {what}: {head}\n{text}");
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{method} {what}: {error}: {text}"))
    }
}

/// One HTTP exchange on a connection of its own; head and body of the answer.
pub(crate) fn exchange(url: &str, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(CONTROL_TIMEOUT))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
