//! What the request says, after its wire form was checked.

use serde_json::Value;

/// The parameters of a request by their names on the wire; each name at most once unless it is a list.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<(String, Value)>);

impl Parameters {
    pub(crate) fn push_text(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), Value::String(value)));
    }

    pub(crate) fn push(&mut self, name: String, value: Value) {
        self.0.push((name, value));
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The text given for a name; none where it is something else than one text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let mut given = self.0.iter().filter(|(known, _)| known == name);
        match (given.next(), given.next()) {
            (Some((_, Value::String(text))), None) => Some(text),
            _ => None,
        }
    }

    /// The scalars given for a name, whatever the protocol: `Name`, `Name.1`, `Name.member.1`, a JSON
    /// array's elements. None where one of them is not a scalar.
    pub(crate) fn scalars(&self, name: &str) -> Option<Vec<String>> {
        let mut out = Vec::new();
        for (known, value) in &self.0 {
            let below = known.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            if !below {
                continue;
            }
            match value {
                Value::Array(elements) => {
                    for element in elements {
                        out.push(scalar(element)?);
                    }
                }
                _ => out.push(scalar(value)?),
            }
        }
        Some(out)
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
