//! Paths into AWS's answers, as definitions write them.
//!
//! `A.B` walks members, `A[]` every element of a list, `A[Key=Name]` the elements whose member `Key` is `Name`;
//! `.` is the whole.

use serde_json::Value;

/// The first value at a path.
pub(crate) fn get<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut found = Vec::with_capacity(1);
    collect(value, path, &mut |value, _| found.push(value));
    found.into_iter().next()
}

/// Calls back with every value at the path, and the object that holds it.
pub(crate) fn collect<'a>(value: &'a Value, path: &str, give: &mut dyn FnMut(&'a Value, Option<&'a Value>)) {
    if path == "." {
        give(value, None);
    } else {
        walk(value, path, give);
    }
}

fn walk<'a>(value: &'a Value, path: &str, give: &mut dyn FnMut(&'a Value, Option<&'a Value>)) {
    let (segment, rest) = match split(path) {
        (segment, Some(rest)) => (segment, rest),
        (segment, None) => (segment, ""),
    };
    let (name, selector) = match segment.split_once('[') {
        Some((name, selector)) => (name, Some(selector.trim_end_matches(']'))),
        None => (segment, None),
    };
    let Some(next) = value.get(name) else { return };
    let mut onward = |next: &'a Value| if rest.is_empty() { give(next, Some(value)) } else { walk(next, rest, give) };
    let Some(selector) = selector else { return onward(next) };
    for element in next.as_array().into_iter().flatten() {
        let wanted = selector
            .split_once('=')
            .is_none_or(|(key, wanted)| element.get(key).and_then(Value::as_str) == Some(wanted));
        if wanted {
            onward(element);
        }
    }
}

/// The first segment and what follows. A dot inside brackets belongs to the segment.
fn split(path: &str) -> (&str, Option<&str>) {
    let mut inside = false;
    for (at, character) in path.char_indices() {
        match character {
            '[' => inside = true,
            ']' => inside = false,
            '.' if !inside => return (path.get(..at).unwrap_or(path), path.get(at + 1..)),
            _ => {}
        }
    }
    (path, None)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[track_caller]
    fn check(value: &Value, path: &str, expected: &[Value]) {
        let mut found = Vec::new();
        super::collect(value, path, &mut |value, _| found.push(value.clone()));
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn members_lists_and_selectors() {
        let value = json!({"R": [{"I": [1, 2]}, {"I": [3]}, {}], "T": [{"K": "a.b", "V": 1}, {"K": "c", "V": 2}], "S": {"x": null}});
        check(&value, ".", std::slice::from_ref(&value));
        check(&value, "R[].I", &[json!([1, 2]), json!([3])]);
        check(&value, "R[].I[]", &[json!(1), json!(2), json!(3)]);
        check(&value, "T[K=a.b].V", &[json!(1)]);
        check(&value, "S.x", &[Value::Null]);
        check(&value, "S.y.z", &[]);
        check(&value, "S[]", &[]);
    }
}
