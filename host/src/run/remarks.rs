//! What the component says about its configuration, with the line of the user's file where there is one.

use crate::bindings::exports::portolan::aws::sync::Remark;
use crate::config::definitions::DefinitionFile;
use crate::config::mapping::MappingFile;
use crate::config::node::Origin;
use crate::instance::ConfigureError;

/// Why the component refuses its configuration: a line for each remark.
#[must_use]
pub fn refused(error: &ConfigureError, definitions: &[DefinitionFile], mapping: Option<&MappingFile>) -> String {
    let ConfigureError::Rejected(remarks) = error else { return error.to_string() };
    let lines = remarks.iter().map(|remark| remarked(remark, definitions, mapping));
    lines.collect::<Vec<_>>().join("\n")
}

/// A remark: where, what, and what to write instead.
#[must_use]
pub fn remarked(remark: &Remark, definitions: &[DefinitionFile], mapping: Option<&MappingFile>) -> String {
    let mut at = match place(&remark.at, definitions, mapping) {
        Some((origin, below)) => format!("{origin}: {}", below.replace("~1", "/").replace("~0", "~")),
        None => remark.at.clone(),
    };
    if let Some(offset) = remark.offset {
        // Where a text begins is known; how its lines were folded is not.
        at = format!("{at}: byte {} of the expression", offset.saturating_add(1));
    }
    let instead = remark.instead.as_ref().map(|text| format!("; write {text}")).unwrap_or_default();
    format!("{at}: {}{instead}", remark.message)
}

/// Where in the user's files a pointer into the component's configuration leads, and what of it is below that file.
fn place<'a>(
    pointer: &'a str,
    definitions: &'a [DefinitionFile],
    mapping: Option<&'a MappingFile>,
) -> Option<(&'a Origin, &'a str)> {
    if let Some(below) = pointer.strip_prefix("/mapping/") {
        return Some((mapping?.place(below), below));
    }
    let rest = pointer.strip_prefix("/definitions/")?;
    let (index, below) = rest.split_once('/').unwrap_or((rest, ""));
    Some((definitions.get(index.parse::<usize>().ok()?)?.place(below), below))
}
