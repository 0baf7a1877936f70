//! Reads the lines of a page's entities: what a mapping made of resources.

use serde_json::{Map, Value};

use crate::page_lines::{LINE_BYTES_MAX, LineError};

/// A line: of which resource, by which of the mapping's resources, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityLine {
    /// The resource's id within its unit.
    pub of: String,
    /// The index into the mapping's `resources`.
    pub mapping: u32,
    /// What came of it.
    pub made: Made,
}

/// What a mapping made of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// An entity.
    Entity {
        /// Its blueprint.
        blueprint: String,
        /// Its identifier; where it is a search query, the query as compact JSON.
        identifier: String,
        /// What else the mapping writes: title, icon, team, properties, relations.
        members: Map<String, Value>,
    },
    /// It could not be told what there is: what was known stays.
    Failed,
}

#[derive(serde::Deserialize)]
struct Wire {
    of: String,
    mapping: u32,
    #[serde(default)]
    failed: Option<String>,
    #[serde(default)]
    blueprint: Option<String>,
    #[serde(default)]
    identifier: Option<String>,
    #[serde(default)]
    entity: Option<Map<String, Value>>,
}

/// Reads the lines; blank ones are skipped.
///
/// # Errors
/// The first line that is not an object of one of the two forms. The page is then a bad answer: nothing of it is stored.
pub fn parse(text: &str) -> Result<Vec<EntityLine>, LineError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            parse_line(line).map_err(|what| LineError { line: index + 1, what: format!("entity: {what}") })
        })
        .collect()
}

fn parse_line(line: &str) -> Result<EntityLine, String> {
    if line.len() > LINE_BYTES_MAX {
        return Err(format!("{} bytes, more than {LINE_BYTES_MAX}", line.len()));
    }
    let wire: Wire = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let made = match wire {
        Wire { failed: Some(_), .. } => Made::Failed,
        Wire { blueprint, identifier, entity: Some(members), .. } if filled(&blueprint) && filled(&identifier) => {
            Made::Entity {
                blueprint: blueprint.unwrap_or_default(),
                identifier: identifier.unwrap_or_default(),
                members,
            }
        }
        _ => return Err("`identifier`, `blueprint` and `entity`, or `failed`, are expected".to_owned()),
    };
    Ok(EntityLine { of: wire.of, mapping: wire.mapping, made })
}

#[cfg(test)]
mod tests {
    use super::{Made, parse};

    #[test]
    fn entities_and_failures_are_told_apart_and_all_else_is_refused() {
        let good = r#"{"of":"q","mapping":1,"identifier":"i","blueprint":"b","entity":{"title":"t"}}"#;
        let lines = parse(&format!("{good}\n\n{}\n", r#"{"of":"q","mapping":0,"failed":"identifier"}"#)).unwrap();
        let Made::Entity { members, .. } = &lines[0].made else { panic!("{lines:?}") };
        assert_eq!(members["title"], "t");
        assert_eq!((lines[1].mapping, &lines[1].made), (0, &Made::Failed));
        for wrong in [
            "{",
            r#"{"of":"q","mapping":0}"#,
            r#"{"of":"q","mapping":0,"identifier":"","blueprint":"b","entity":{}}"#,
            r#"{"of":"q","mapping":-1,"identifier":"i","blueprint":"b","entity":{}}"#,
            r#"{"mapping":0,"identifier":"i","blueprint":"b","entity":{}}"#,
        ] {
            assert_eq!(parse(&format!("{good}\n{wrong}")).unwrap_err().line, 2, "{wrong}");
        }
    }
}
