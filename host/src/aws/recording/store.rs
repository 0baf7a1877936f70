//! Writes a recording while a run goes on.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::{Header, KEPT_HEADERS, Line, RecordedAnswer, RecordingError, identity_name, key_of};
use crate::aws::exchange::{Answer, Call, Exchange, ExchangeError, SessionFailure};
use crate::credentials::{Identity, SessionPolicy};

/// Passes calls on and writes down what came back.
pub struct Recorder {
    inner: Arc<dyn Exchange>,
    file: PathBuf,
    out: Mutex<Out>,
}

struct Out {
    file: BufWriter<File>,
    /// Remembered answers that are written out, each with its key.
    remembered: HashMap<Bytes, String>,
}

impl Recorder {
    /// Creates the file, readable by its owner alone, with the header in it.
    ///
    /// # Errors
    /// When the file cannot be created or written.
    pub fn create(file: &Path, header: &Header, inner: Arc<dyn Exchange>) -> Result<Self, RecordingError> {
        let failed = |source| RecordingError::File { file: file.to_owned(), source };
        let mut options = OpenOptions::new();
        let out = options.write(true).create(true).truncate(true).mode(0o600).open(file).map_err(failed)?;
        let mut out = BufWriter::new(out);
        write_line(&mut out, header).map_err(failed)?;
        Ok(Self { inner, file: file.to_owned(), out: Mutex::new(Out { file: out, remembered: HashMap::new() }) })
    }

    /// Writes out what is still buffered.
    ///
    /// # Errors
    /// When the file cannot be written: the recording is not whole then.
    pub fn finish(&self) -> Result<(), RecordingError> {
        let failed = |source| RecordingError::File { file: self.file.clone(), source };
        let mut out = self.out.lock().map_err(|_| failed(std::io::Error::other("a writer panicked")))?;
        out.file.flush().map_err(failed)
    }

    fn record(&self, line: &Line) {
        self.write(|out| write_line(&mut out.file, line));
    }

    /// An answer out of the run's memory: the first time in full, from then on by the first one's key.
    fn record_remembered(&self, key: String, call: String, answer: &Answer) {
        self.write(|out| {
            let answer = match out.remembered.get(&answer.body) {
                Some(first) => RecordedAnswer::Again { key: first.clone() },
                None => {
                    out.remembered.insert(answer.body.clone(), key.clone());
                    recorded(answer)
                }
            };
            write_line(&mut out.file, &Line::Exchange { key, call, answer })
        });
    }

    fn write(&self, write: impl FnOnce(&mut Out) -> std::io::Result<()>) {
        let out = self.out.lock().map_err(|_| std::io::Error::other("a writer panicked"));
        if let Err(error) = out.and_then(|mut out| write(&mut out)) {
            tracing::error!(file = %self.file.display(), %error, "the recording is not whole");
        }
    }
}

fn write_line(out: &mut impl Write, line: &impl serde::Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

impl Exchange for Recorder {
    fn open<'a>(
        &'a self,
        identity: &'a Identity,
        policy: Option<&'a SessionPolicy>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>> {
        async move {
            let opened = self.inner.open(identity, policy).await;
            let failure = opened.as_ref().err().cloned();
            self.record(&Line::Session { identity: identity_name(identity), failure });
            opened
        }
        .boxed()
    }

    fn exchange<'a>(&'a self, call: &'a Call, clock_offset_ms: i64) -> BoxFuture<'a, Result<Answer, ExchangeError>> {
        async move {
            let result = self.inner.exchange(call, clock_offset_ms).await;
            let key = key_of(call);
            let said = format!("{} {} {}", call.method.as_str(), call.target, call.operation);
            let answer = match &result {
                Ok(answer) if answer.remembered => {
                    self.record_remembered(key, said, answer);
                    return result;
                }
                Ok(answer) => recorded(answer),
                Err(error) => RecordedAnswer::Failed { reason: error.reason().to_owned(), message: error.to_string() },
            };
            self.record(&Line::Exchange { key, call: said, answer });
            result
        }
        .boxed()
    }

    fn renew(&self, identity: &Identity) {
        self.inner.renew(identity);
    }

    fn close(&self, identity: &Identity) {
        self.inner.close(identity);
    }

    fn waits(&self) -> bool {
        self.inner.waits()
    }
}

fn recorded(answer: &Answer) -> RecordedAnswer {
    let kept = answer.headers.iter().filter(|(name, _)| KEPT_HEADERS.contains(&name.as_str()));
    RecordedAnswer::Answered {
        status: answer.status,
        at_ms: answer.at_ms,
        headers: kept.cloned().collect(),
        // What is not text is of no use to the guest either; it gets `not-text` both times.
        body: String::from_utf8(answer.body.to_vec()).unwrap_or_else(|_| NOT_TEXT.to_owned()),
        remembered: answer.remembered,
    }
}

/// Stands for a body that is not UTF-8. No answer of AWS consists of it.
pub(super) const NOT_TEXT: &str = "\u{0}portolan: not text\u{0}";
