//! The body of a request, `portolan.webhook/1`.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::catalogue::{Action, Change};

/// The form of the body. Members may be added under this name; whatever else changes has another.
const SCHEMA: &str = "portolan.webhook/1";
/// Bytes of the digest that a batch is named by: no two batches of a sink meet.
const KEY_BYTES: usize = 16;

/// One batch; the changes are JSON already.
pub(super) fn of(run_id: &str, changes: &[Change]) -> Bytes {
    let of = |action: Action| {
        let chosen = changes.iter().filter(|change| change.action == action).map(|change| change.json.as_str());
        chosen.collect::<Vec<_>>().join(",")
    };
    let (upserts, deletions) = (of(Action::Upsert), of(Action::Delete));
    let run_id = serde_json::Value::from(run_id);
    let body = format!(r#"{{"schema":"{SCHEMA}","run_id":{run_id},"upserts":[{upserts}],"deletions":[{deletions}]}}"#);
    Bytes::from(body)
}

/// What names a batch: the same run sends the same body only as another attempt.
pub(super) fn key(body: &[u8]) -> String {
    Sha256::digest(body).iter().take(KEY_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Action, Change, key, of};

    #[test]
    fn a_body_is_json_with_each_change_in_its_list() {
        let change = |key: &str, action| Change { key: key.to_owned(), action, json: format!(r#"{{"key":"{key}"}}"#) };
        let body =
            of("run \"1\"", &[change("a", Action::Upsert), change("b", Action::Delete), change("c", Action::Upsert)]);
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"schema": "portolan.webhook/1", "run_id": "run \"1\"",
                "upserts": [{"key": "a"}, {"key": "c"}], "deletions": [{"key": "b"}]})
        );
        assert_eq!(key(&body), key(&body));
        assert_ne!(key(&body), key(&of("run 2", &[])));
        assert_eq!(key(&body).len(), 32);
    }
}
