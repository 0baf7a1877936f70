//! What goes wrong, on demand.

use serde_json::json;

use super::wire::{Answer, Request};

/// Something that goes wrong with some requests. The first that fits a request is what happens to it.
#[derive(Debug, Clone)]
pub struct Fault {
    method: &'static str,
    path: String,
    after: u32,
    times: u32,
    what: What,
}

/// What happens instead of an answer.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// This answer, and nothing is done.
    Answer(Answer),
    /// The connection ends, and nothing is done.
    Lost,
    /// All is done, and the connection ends without an answer.
    AnswerLost,
    /// All tokens that were given out are forgotten; then as always.
    TokensForgotten,
    /// Of a bulk, the entities whose identifier has this text are answered so, and the others are taken.
    Entities { holds: String, status: u16, message: String },
}

impl Fault {
    /// With requests whose method and path begin and end so, as `POST …/entities/bulk`.
    pub fn on(method: &'static str, path: &str) -> Self {
        let what = What::Answer(Answer::new(500, json!({"ok": false, "error": "internal_error"})));
        Self { method, path: path.to_owned(), after: 0, times: u32::MAX, what }
    }

    /// Not with the first so many of them.
    pub fn after(self, after: u32) -> Self {
        Self { after, ..self }
    }

    /// With so many, and no longer.
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// They are answered with this status, and nothing is done.
    pub fn answers(self, status: u16) -> Self {
        let body = json!({"ok": false, "error": format!("scripted_{status}"), "message": "as the test wants it"});
        Self { what: What::Answer(Answer::new(status, body)), ..self }
    }

    /// They are answered 429 with `Retry-After`.
    pub fn asks_to_wait(self, seconds: u32) -> Self {
        let mut fault = self.answers(429);
        if let What::Answer(answer) = &mut fault.what {
            answer.headers.push(("Retry-After", seconds.to_string()));
        }
        fault
    }

    /// Their connection ends before anything is done.
    pub fn is_lost(self) -> Self {
        Self { what: What::Lost, ..self }
    }

    /// What they ask for is done, and the answer does not arrive.
    pub fn loses_the_answer(self) -> Self {
        Self { what: What::AnswerLost, ..self }
    }

    /// They come with a token that is no longer known.
    pub fn forgets_tokens(self) -> Self {
        Self { what: What::TokensForgotten, ..self }
    }

    /// Of a bulk, these entities are not taken.
    pub fn refuses(self, holds: &str, status: u16, message: &str) -> Self {
        Self { what: What::Entities { holds: holds.to_owned(), status, message: message.to_owned() }, ..self }
    }

    /// What happens to this request, if this fits it; counts it.
    pub(super) fn meets(&mut self, request: &Request) -> Option<What> {
        let path = request.target.split('?').next().unwrap_or_default();
        if self.method != request.method || !path.ends_with(&self.path) || self.times == 0 {
            return None;
        }
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.what.clone())
    }
}
