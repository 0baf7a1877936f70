//! The run's moment and id: read once, passed on from there.

use std::time::{SystemTime, UNIX_EPOCH};

/// A run's id and when it began. A replay takes both from its recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStart {
    /// `20261122T010203Z-9f3a`: sorts by time, fits a role session's name.
    pub id: String,
    /// Milliseconds since 1970.
    pub at_ms: u64,
}

impl RunStart {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        let at_ms = now_ms();
        let stamp: String = iso(at_ms).chars().filter(|c| c.is_ascii_alphanumeric()).take(15).collect();
        Self { id: format!("{stamp}Z-{:04x}", random_bits() & 0xffff), at_ms }
    }
}

/// Milliseconds since 1970.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// `2026-11-22T01:02:03Z`, in UTC, whole seconds.
#[must_use]
pub fn iso(at_ms: u64) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let seconds = i64::try_from(at_ms / 1_000).unwrap_or(0);
    let moment = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    moment.format(format).unwrap_or_default()
}

/// Random enough for jitter and for telling runs apart: std seeds each of its hashers anew.
pub(crate) fn random_bits() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_utc() {
        assert_eq!(iso(1_795_309_323_999), "2026-11-22T01:02:03Z");
    }

    #[test]
    fn ids_sort_by_time_and_fit_a_session_name() {
        let id = RunStart::now().id;
        assert_eq!(id.len(), "20261122T010203Z-9f3a".len(), "{id}");
        assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{id}");
    }
}
