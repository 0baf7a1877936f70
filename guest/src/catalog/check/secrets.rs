//! What sounds secret is declared, or has a reason why it is none.

use portolan_tables::{Service, Shape, ShapeId};

use super::actions::merged;
use super::{Checker, Known, lookup};
use crate::catalog::{Definition, property_name};

/// Names that tell of secrets.
fn tells(name: &str) -> bool {
    let lower = name.to_lowercase();
    ["password", "secret", "token"].iter().any(|word| lower.contains(word))
        || ["authkey", "presharedkey", "userdata"].contains(&lower.as_str())
        || lower.starts_with("environment")
        || lower.ends_with("variables")
}

/// The paths below a shape that sound secret.
fn walk(table: &Service, shape: &Shape, path: &str, open: &mut Vec<ShapeId>, found: &mut Vec<String>) {
    match shape {
        Shape::Structure(structure) => {
            for member in &structure.members {
                let path = if path.is_empty() { member.name.clone() } else { format!("{path}.{}", member.name) };
                if tells(&member.name) {
                    found.push(path.clone());
                }
                if !open.contains(&member.shape) {
                    open.push(member.shape);
                    walk(table, table.shape(member.shape), &path, open, found);
                    open.pop();
                }
            }
        }
        Shape::List { member } => walk(table, table.shape(member.shape), path, open, found),
        Shape::Map { value, .. } => walk(table, table.shape(value.shape), path, open, found),
        _ => {}
    }
}

fn renamed(definition: &Definition, path: &str) -> String {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let first = property_name(definition, first);
    rest.map_or(first.clone(), |rest| format!("{first}.{rest}"))
}

fn is_page_token(known: Known, member: &str) -> bool {
    let tokens = known.operation.paging.iter().flat_map(|paging| &paging.output_token);
    tokens.flat_map(|token| token.split("||")).any(|token| token.trim() == member.trim_start_matches('.'))
}

impl Checker<'_> {
    pub(super) fn secrets(&mut self) {
        let definition = &self.kind.definition;
        let found = self.telling();
        let below = |path: &str, declared: &str| {
            path == declared || path.strip_prefix(declared).is_some_and(|rest| rest.starts_with('.'))
        };
        let declared: Vec<&String> = definition.sensitive.iter().chain(definition.not_sensitive.keys()).collect();
        for path in &found {
            // What holds a declared path only, and no scalar of its own, is covered by it.
            if !declared.iter().any(|known| below(path, known) || below(known, path)) {
                let message = format!("{path:?} sounds secret: declare it here, or in `not_sensitive` with the reason");
                self.say("/sensitive", message);
            }
        }
        for path in definition.sensitive.iter().filter(|path| !found.contains(path)) {
            self.say("/sensitive", format!("{path:?} is in no answer"));
        }
    }

    /// The paths of the output that sound secret.
    fn telling(&self) -> Vec<String> {
        let definition = &self.kind.definition;
        let mut found = Vec::new();
        let list = definition.list.as_ref().zip(portolan_tables::service(&self.kind.service));
        if let Some(known) = list.and_then(|(list, table)| lookup(table, &list.operation)) {
            for shape in self.listed(known) {
                walk(known.service, shape, "", &mut Vec::new(), &mut found);
            }
        }
        for action in &definition.actions {
            let table = portolan_tables::service(self.kind.service_of(action));
            let Some(known) = table.and_then(|table| lookup(table, &action.operation)) else { continue };
            let into = action.into.as_deref().unwrap_or_default();
            let before = found.len();
            for shape in merged(action, known) {
                walk(known.service, shape, into, &mut Vec::new(), &mut found);
            }
            if action.take.0.iter().any(|path| path == ".") {
                // Page tokens are taken out of a whole answer.
                let own = found.split_off(before);
                let token = |path: &str| is_page_token(known, path.strip_prefix(into).unwrap_or(path));
                found.extend(own.into_iter().filter(|path| !token(path)));
            }
        }
        let mut paths: Vec<String> = found.iter().map(|path| renamed(definition, path)).collect();
        paths.sort();
        paths.dedup();
        paths
    }
}
