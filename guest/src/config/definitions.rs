//! Kinds that the user defines, in the form of the catalogue's own and held against the same schema and tables.

use serde_json::{Map, Value};

use super::parse::Reader;
use crate::catalog::{self, Definition, Finding, Kind};
use crate::pointer::pointer;

const AT: &str = "/definitions";

impl Reader {
    /// The user's kinds. What is wrong with them is remarked on.
    pub(super) fn definitions(&mut self, root: &Map<String, Value>) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = Vec::new();
        let files = match root.get("definitions") {
            None | Some(Value::Null) => return kinds,
            Some(Value::Array(files)) => files,
            Some(_) => {
                self.remark(AT, "a list is expected", None);
                return kinds;
            }
        };
        for (index, file) in files.iter().enumerate() {
            let at = format!("{AT}/{index}");
            let wrong = catalog::validate(file);
            if !wrong.is_empty() {
                self.findings(&at, wrong);
                continue;
            }
            let service = file.get("service").and_then(Value::as_str).unwrap_or_default();
            for (name, definition) in file.get("kinds").and_then(Value::as_object).into_iter().flatten() {
                let at = pointer(&pointer(&at, "kinds"), name);
                match serde_json::from_value::<Definition>(definition.clone()) {
                    Ok(definition) => {
                        let kind = Kind::new(name, service, definition);
                        self.names_of(&at, &kind, &kinds);
                        self.findings(&at, catalog::check(&kind));
                        kinds.push(kind);
                    }
                    Err(error) => self.remark(&at, &error.to_string(), None),
                }
            }
        }
        kinds
    }

    /// A curated kind is not replaced: whoever reads its rows expects what this project tests.
    fn names_of(&mut self, at: &str, kind: &Kind, others: &[Kind]) {
        for name in kind.names() {
            if let Some(right) = catalog::resolve(name) {
                self.remark(at, &format!("{name:?} is a kind of the catalogue already, {right}"), None);
            } else if others.iter().any(|other| other.names().any(|known| known == name)) {
                self.remark(at, &format!("{name:?} is defined twice"), None);
            }
        }
    }

    fn findings(&mut self, at: &str, findings: Vec<Finding>) {
        for finding in findings {
            self.remark(&format!("{at}{}", finding.at), &finding.message, finding.instead);
        }
    }
}
