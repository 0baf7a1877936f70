use serde_json::{Map, Value};

/// Fills into `read` what the failed actions left open, from what is stored: for each path that those actions fill and
/// that `read` lacks, the last known value. A value that was read is never overwritten.
pub(crate) fn fill(read: &mut Map<String, Value>, stored: &Map<String, Value>, paths: &[&str]) {
    for path in paths {
        fill_path(read, stored, path);
    }
}

fn fill_path(read: &mut Map<String, Value>, stored: &Map<String, Value>, path: &str) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let Some(known) = stored.get(name) else { return };
    match (rest, read.get_mut(name), known) {
        (_, None, known) => {
            read.insert(name.to_owned(), known.clone());
        }
        (Some(rest), Some(Value::Object(read)), Value::Object(known)) => fill_path(read, known, rest),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_failed_actions_fill_is_kept() {
        for (read, stored, paths, expected) in [
            (r#"{"a":1}"#, r#"{"a":0,"Tags":[1]}"#, &["Tags"][..], r#"{"a":1,"Tags":[1]}"#),
            (r#"{"a":1,"Tags":[]}"#, r#"{"Tags":[1]}"#, &["Tags"], r#"{"a":1,"Tags":[]}"#),
            (r#"{"a":1}"#, r#"{"b":1}"#, &["Tags"], r#"{"a":1}"#),
            (r#"{"x":{"a":1}}"#, r#"{"x":{"a":0,"b":2,"c":3}}"#, &["x.b"], r#"{"x":{"a":1,"b":2}}"#),
        ] {
            let mut read: Map<String, Value> = serde_json::from_str(read).unwrap();
            fill(&mut read, &serde_json::from_str(stored).unwrap(), paths);
            assert_eq!(Value::from(read), serde_json::from_str::<Value>(expected).unwrap());
        }
    }
}
