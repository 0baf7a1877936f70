//! What sounds secret is declared, or has a reason why it is none.

use portolan_tables::{Service, Shape, ShapeId};

use super::actions::merged;
use super::{Checker, Known, lookup};
use crate::catalog::{Definition, property_name};

/// Names that tell of secrets.
pub(crate) fn tells(name: &str) -> bool {
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

/// A part of what items are made of.
struct Source<'d> {
    service: &'static Service,
    shape: &'static Shape,
    into: Option<&'d str>,
    /// Members that are taken out of a whole answer.
    tokens: Vec<String>,
}

/// Page tokens are no properties.
fn page_tokens(known: Known) -> Vec<String> {
    let tokens = known.operation.paging.iter().flat_map(|paging| &paging.output_token);
    tokens.flat_map(|token| token.split("||")).map(|token| token.trim().to_owned()).collect()
}

/// Whether a path leads somewhere below a shape. Lists need no brackets, the keys of maps are the user's.
fn is_below(service: &Service, shape: &Shape, path: &str) -> bool {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match shape {
        _ if path.is_empty() => true,
        Shape::List { member } => is_below(service, service.shape(member.shape), path),
        Shape::Map { value, .. } => is_below(service, service.shape(value.shape), rest),
        Shape::Structure(structure) => {
            structure.member(first).is_some_and(|member| is_below(service, service.shape(member.shape), rest))
        }
        Shape::Document => true,
        _ => false,
    }
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
        for path in &definition.sensitive {
            if self.is_output(path) {
                continue;
            }
            self.say("/sensitive", format!("{path:?} is in no answer"));
        }
        if let Some(policy) = &definition.trust
            && !self.is_output(policy)
        {
            self.say("/trust", format!("{policy:?} is in no answer"));
        }
    }

    /// Whether an answer has a path of the output: a misspelt one would redact nothing.
    fn is_output(&self, path: &str) -> bool {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let definition = &self.kind.definition;
        let made = definition.set.contains_key(first)
            || definition.list.iter().any(|list| list.wrap.as_deref() == Some(first));
        made || self.sources().into_iter().any(|source| match source.into {
            Some(into) => property_name(definition, into) == first && is_below(source.service, source.shape, rest),
            None => match source.shape {
                Shape::Structure(structure) => structure.members.iter().any(|member| {
                    property_name(definition, &member.name) == first
                        && is_below(source.service, source.service.shape(member.shape), rest)
                }),
                Shape::Map { value, .. } => is_below(source.service, source.service.shape(value.shape), rest),
                _ => true,
            },
        })
    }

    /// The paths of the output that sound secret.
    fn telling(&self) -> Vec<String> {
        let mut found = Vec::new();
        for source in self.sources() {
            let before = found.len();
            let into = source.into.unwrap_or_default();
            walk(source.service, source.shape, into, &mut Vec::new(), &mut found);
            let own = found.split_off(before);
            let member = |path: &String| path.strip_prefix(into).unwrap_or(path).trim_start_matches('.').to_owned();
            found.extend(own.into_iter().filter(|path| !source.tokens.contains(&member(path))));
        }
        let mut paths: Vec<String> = found.iter().map(|path| renamed(&self.kind.definition, path)).collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// All that items are made of.
    fn sources(&self) -> Vec<Source<'_>> {
        let definition = &self.kind.definition;
        let mut sources = Vec::new();
        let list = definition.list.as_ref().zip(portolan_tables::service(&self.kind.service));
        if let Some(known) = list.and_then(|(list, table)| lookup(table, &list.operation)) {
            let shapes = self.listed(known).into_iter();
            sources.extend(shapes.map(|shape| Source {
                service: known.service,
                shape,
                into: None,
                tokens: Vec::new(),
            }));
        }
        for action in &definition.actions {
            let table = portolan_tables::service(self.kind.service_of(action));
            let Some(known) = table.and_then(|table| lookup(table, &action.operation)) else { continue };
            let whole = action.take.0.iter().any(|path| path == ".");
            for shape in merged(action, known) {
                let tokens = if whole { page_tokens(known) } else { Vec::new() };
                sources.push(Source { service: known.service, shape, into: action.into.as_deref(), tokens });
            }
        }
        sources
    }
}
