//! Answers calls out of a recording: no network, no credentials, no waiting.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::store::NOT_TEXT;
use super::{FORM, Header, Line, RecordedAnswer, RecordingError, identity_name, key_of};
use crate::aws::exchange::{Answer, Call, Exchange, ExchangeError, SessionFailure};
use crate::credentials::{Identity, SessionPolicy};

/// A recording in memory.
pub struct Replay {
    header: Header,
    sessions: HashMap<String, Option<SessionFailure>>,
    exchanges: HashMap<String, Vec<RecordedAnswer>>,
    asked: Mutex<HashMap<String, usize>>,
}

/// A recording's size, unpacked: some millions of exchanges. It is held in memory whole.
const RECORDING_BYTES_MAX: u64 = 4 << 30;

impl Replay {
    /// Reads a recording from a file.
    ///
    /// # Errors
    /// When it cannot be read, or is not a recording in this form; with the line.
    pub fn open(file: &Path) -> Result<Self, RecordingError> {
        let opened = File::open(file).map_err(|source| RecordingError::File { file: file.to_owned(), source })?;
        Self::read(opened, file)
    }

    /// Reads a recording from bytes; `name` stands for the file in errors.
    ///
    /// # Errors
    /// As [`Replay::open`].
    pub fn read(from: impl Read, name: &Path) -> Result<Self, RecordingError> {
        let file = PathBuf::from(name);
        let form = |line: usize, reason: String| RecordingError::Form { file: file.clone(), line, reason };
        let mut lines = BufReader::new(from.take(RECORDING_BYTES_MAX)).lines();
        let first = match lines.next() {
            Some(Ok(first)) => first,
            Some(Err(source)) => return Err(RecordingError::File { file, source }),
            None => return Err(form(1, "the file is empty; a recording begins with a header".to_owned())),
        };
        let header: Header = serde_json::from_str(&first)
            .map_err(|error| form(1, format!("not a recording made by --record ({error})")))?;
        if header.portolan_recording != FORM {
            let reason = format!("form {} of recordings; this version reads form {FORM}", header.portolan_recording);
            return Err(form(1, reason));
        }
        let mut replay = Self { header, sessions: HashMap::new(), exchanges: HashMap::new(), asked: Mutex::default() };
        for (index, line) in lines.enumerate() {
            let line = line.map_err(|source| RecordingError::File { file: file.clone(), source })?;
            match serde_json::from_str(&line).map_err(|error| form(index + 2, error.to_string()))? {
                Line::Session { identity, failure } => {
                    replay.sessions.insert(identity, failure);
                }
                Line::Exchange { key, answer, .. } => replay.exchanges.entry(key).or_default().push(answer),
            }
        }
        Ok(replay)
    }

    /// The recorded run: its id, clock and identity.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The n-th answer to a request the n-th time it is made; the last one from then on.
    fn answer(&self, call: &Call) -> Result<Answer, ExchangeError> {
        let key = key_of(call);
        let missing = || {
            ExchangeError::Refused(format!(
                "the recording has no answer to {}:{} in {} for {}; it was made with another configuration",
                call.service, call.operation, call.region, call.identity
            ))
        };
        let answers = self.exchanges.get(&key).ok_or_else(missing)?;
        let nth = self.asked.lock().map_or(0, |mut asked| {
            let nth = asked.entry(key).or_default();
            *nth += 1;
            *nth - 1
        });
        let answer = answers.get(nth).or(answers.last()).ok_or_else(missing)?;
        let answer = match answer {
            RecordedAnswer::Again { key } => self.remembered(key).ok_or_else(missing)?,
            answer => answer,
        };
        match answer {
            RecordedAnswer::Answered { status, at_ms, headers, body, remembered } => {
                let body = if body == NOT_TEXT { Bytes::from_static(&[0xff]) } else { Bytes::from(body.clone()) };
                let (status, headers, at_ms, remembered) = (*status, headers.clone(), *at_ms, *remembered);
                Ok(Answer { status, headers, body, at_ms, remembered })
            }
            RecordedAnswer::Failed { reason, message } => Err(failed(reason, message.clone())),
            // What is remembered is written out once, and that is what was found.
            RecordedAnswer::Again { .. } => Err(missing()),
        }
    }

    /// The remembered answer that is written out under a key.
    fn remembered(&self, key: &str) -> Option<&RecordedAnswer> {
        let mut answers = self.exchanges.get(key)?.iter();
        answers.find(|answer| matches!(answer, RecordedAnswer::Answered { remembered: true, .. }))
    }
}

fn failed(reason: &str, message: String) -> ExchangeError {
    match reason {
        "no-credentials" => ExchangeError::NoCredentials(message),
        "policy-too-large" => ExchangeError::PolicyTooLarge(message),
        "unresolved" => ExchangeError::Unresolved(message),
        "unreachable" => ExchangeError::Unreachable(message),
        "broken" => ExchangeError::Broken(message),
        "timed-out" => ExchangeError::TimedOut(message),
        "too-large" => ExchangeError::TooLarge(message),
        _ => ExchangeError::Refused(message),
    }
}

impl Exchange for Replay {
    fn open<'a>(
        &'a self,
        identity: &'a Identity,
        _policy: Option<&'a SessionPolicy>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>> {
        let name = identity_name(identity);
        let outcome = match self.sessions.get(&name) {
            Some(None) => Ok(()),
            Some(Some(failure)) => Err(failure.clone()),
            None => Err(SessionFailure {
                denied: false,
                code: String::new(),
                message: format!("the recording has no session of {name}; it was made with another configuration"),
                request_id: None,
                next: None,
            }),
        };
        async move { outcome }.boxed()
    }

    fn exchange<'a>(&'a self, call: &'a Call, _clock_offset_ms: i64) -> BoxFuture<'a, Result<Answer, ExchangeError>> {
        async move { self.answer(call) }.boxed()
    }

    fn renew(&self, _identity: &Identity) {}

    fn waits(&self) -> bool {
        false
    }
}
