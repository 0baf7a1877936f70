//! The token of Port's API: asked for when it is needed, kept until shortly before it expires.

use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::secret::Secret;

/// A token is not used for its last minute, so that it does not expire on its way.
const MARGIN: Duration = Duration::from_secs(60);

/// A token and until when it is used.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// `Bearer …`, as the header has it.
    pub header: Secret,
    until: Instant,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    access_token: String,
    expires_in: u64,
    token_type: String,
}

impl Token {
    /// Reads the answer; none where it is no token.
    pub(super) fn read(answer: &[u8], now: Instant) -> Option<Self> {
        let given: Given = serde_json::from_slice(answer).ok()?;
        let life = Duration::from_secs(given.expires_in);
        let used = life.saturating_sub(MARGIN).max(life / 2);
        let header = Secret::new(format!("{} {}", given.token_type, given.access_token));
        Some(Self { header, until: now.checked_add(used)? })
    }

    pub(super) fn is_good(&self, now: Instant) -> bool {
        now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant, Token};

    #[test]
    fn a_token_is_used_until_shortly_before_its_end() {
        let now = Instant::now();
        let read = |seconds: u64| {
            let answer = format!(r#"{{"ok":true,"accessToken":"planted","expiresIn":{seconds},"tokenType":"Bearer"}}"#);
            Token::read(answer.as_bytes(), now).unwrap()
        };
        let good = |token: &Token, after| token.is_good(now + Duration::from_secs(after));
        assert!(good(&read(3_600), 3_539) && !good(&read(3_600), 3_541));
        assert!(good(&read(10), 4) && !good(&read(10), 6), "half of a short life");
        assert_eq!(read(9).header.expose(), "Bearer planted");
        assert!(!format!("{:?}", read(9)).contains("planted"));
        assert!(Token::read(b"{}", now).is_none());
    }
}
