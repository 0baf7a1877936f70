//! `portolan:aws/log`: the guest's diagnostics, cut and cleaned before anybody sees them.

use crate::bindings::portolan::aws::log::{Host, Level};
use crate::instance::State;

/// A message's length. What a run needs is never said here, so cutting loses nothing.
const MESSAGE_BYTES_MAX: usize = 8 << 10;
/// Messages of one call; a guest that loops over its log is only slowed otherwise.
const MESSAGES_A_CALL_MAX: u32 = 200;

impl Host for State {
    async fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.messages += 1;
        if self.messages > MESSAGES_A_CALL_MAX {
            return Ok(());
        }
        let text = printable(&message, MESSAGE_BYTES_MAX);
        match level {
            Level::Error => {
                tracing::error!(target: "guest", "{text}");
                // A panic says what it is here, just before its trap, which says nothing.
                self.last_error = Some(text);
            }
            Level::Warn => tracing::warn!(target: "guest", "{text}"),
            Level::Info => tracing::info!(target: "guest", "{text}"),
            Level::Debug => tracing::debug!(target: "guest", "{text}"),
        }
        Ok(())
    }
}

/// Text from outside, fit for a terminal: without control characters, and no longer than `bytes_max`.
pub(crate) fn printable(text: &str, bytes_max: usize) -> String {
    let end = (0..=bytes_max.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let cut = text.get(..end).unwrap_or_default();
    cut.chars().map(|c| if c.is_control() || is_direction_mark(c) { ' ' } else { c }).collect()
}

/// Marks that reorder the text around them, so that a line can pretend to say something else.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn terminals_are_safe_from_what_comes_from_outside() {
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{202e}d", 100), "a [2Jb c d");
        assert_eq!(printable("äöü", 3), "ä", "cut between characters, not within one");
        assert_eq!(printable("", 3), "");
    }
}
