//! Reads the lines of a page: resources, and the scopes that were read whole.

use serde_json::{Map, Value};

use portolan_names::Region;

use crate::unit::ParentChain;

/// Bytes of one line. A page is 128 KiB and ends at the resource that fills it; one resource cannot be larger than the
/// 8 MiB answer it came from, its envelope included.
pub const LINE_BYTES_MAX: usize = 9 * 1024 * 1024;

/// Why a line is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the page: {what}")]
pub struct LineError {
    /// Counted from one.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// A resource, as the guest gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceLine {
    /// Its identity within the unit.
    pub id: String,
    /// Its ARN, where it has one.
    pub arn: Option<String>,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Where it is, if that is not the unit's region.
    pub region: Option<Region>,
    /// Below which parents it lies.
    pub parents: ParentChain,
    /// Its generation (creation time or resource id): where it differs, another thing bears the name now.
    pub created: Option<String>,
    /// Actions that failed for it: what they fill is unknown, not absent.
    pub gaps: Vec<String>,
    /// The envelope's `Type`.
    pub kind: String,
    /// The envelope's `Properties`.
    pub properties: Map<String, Value>,
    /// The envelope's `__ExtraContext`.
    pub context: Map<String, Value>,
}

/// A resource as sinks and mappings have it.
#[derive(Debug, serde::Serialize)]
pub struct Enveloped<'a> {
    #[serde(rename = "Type")]
    kind: &'a str,
    #[serde(rename = "Properties")]
    properties: &'a Map<String, Value>,
    /// Left out where the component gives none, as it does of accounts.
    #[serde(rename = "__ExtraContext", skip_serializing_if = "Map::is_empty")]
    context: &'a Map<String, Value>,
}

impl ResourceLine {
    /// What the component gave as `resource`.
    #[must_use]
    pub fn envelope(&self) -> Enveloped<'_> {
        Enveloped { kind: &self.kind, properties: &self.properties, context: &self.context }
    }
}

/// What is proven below one parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeLine {
    /// The parent's chain, itself included.
    pub parent: ParentChain,
    /// Whether all children were read.
    pub whole: bool,
}

/// One line of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum PageLine {
    /// A resource.
    Resource(Box<ResourceLine>),
    /// A scope.
    Scope(ScopeLine),
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Wire {
    Resource(Box<WireResource>),
    Scope { parent: ParentChain, whole: bool },
}

#[derive(serde::Deserialize)]
struct WireResource {
    id: String,
    #[serde(default)]
    arn: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    region: Option<Region>,
    #[serde(default)]
    parents: ParentChain,
    #[serde(default)]
    created: Option<String>,
    #[serde(default)]
    gaps: Vec<String>,
    resource: Envelope,
}

#[derive(serde::Deserialize)]
struct Envelope {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Properties")]
    properties: Map<String, Value>,
    #[serde(rename = "__ExtraContext", default)]
    context: Map<String, Value>,
}

/// Reads the lines of a page's `resources`; blank lines are skipped.
///
/// # Errors
/// The first line that is not an object of one of the two forms. The page is then a bad answer: nothing of it is stored.
pub fn parse(text: &str) -> Result<Vec<PageLine>, LineError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| parse_line(line).map_err(|what| LineError { line: index + 1, what })).collect()
}

fn parse_line(line: &str) -> Result<PageLine, String> {
    if line.len() > LINE_BYTES_MAX {
        return Err(format!("{} bytes, more than {LINE_BYTES_MAX}", line.len()));
    }
    // The resource is by far the more frequent form: tried directly, it is parsed once and its error says what is wrong.
    let wire = match serde_json::from_str::<WireResource>(line) {
        Ok(resource) => Wire::Resource(Box::new(resource)),
        Err(error) => serde_json::from_str::<Wire>(line).map_err(|_| error.to_string())?,
    };
    match wire {
        Wire::Scope { parent, whole } => Ok(PageLine::Scope(ScopeLine { parent, whole })),
        Wire::Resource(wire) if wire.id.is_empty() => Err("its `id` is empty".to_owned()),
        Wire::Resource(wire) => Ok(PageLine::Resource(Box::new(ResourceLine {
            id: wire.id,
            arn: wire.arn.filter(|arn| !arn.is_empty()),
            name: wire.name.filter(|name| !name.is_empty()),
            region: wire.region,
            parents: wire.parents,
            created: wire.created.filter(|created| !created.is_empty()),
            gaps: wire.gaps,
            kind: wire.resource.kind,
            properties: wire.resource.properties,
            context: wire.resource.context,
        }))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_told_apart() {
        let text = concat!(
            r#"{"id":"q","arn":"arn:aws:sqs:eu-west-1:111122223333:q","name":"q","region":"eu-west-1","parents":["c"],"#,
            r#""created":"2024-01-02T03:04:05Z","gaps":["ListQueueTagsAction"],"#,
            r#""resource":{"Type":"AWS::SQS::Queue","Properties":{"b":1,"a":2},"__ExtraContext":{"AccountId":"111122223333"}}}"#,
            "\n\n",
            r#"{"parent":["c"],"whole":false}"#,
            "\n"
        );
        let lines = parse(text).unwrap();
        let PageLine::Resource(resource) = &lines[0] else { panic!("{lines:?}") };
        assert_eq!(resource.parents, ParentChain(vec!["c".to_owned()]));
        // The order in which AWS gives the members is kept.
        assert_eq!(Value::from(resource.properties.clone()).to_string(), r#"{"b":1,"a":2}"#);
        let scope = ScopeLine { parent: ParentChain(vec!["c".to_owned()]), whole: false };
        assert_eq!(lines[1], PageLine::Scope(scope));
    }

    #[test]
    fn what_is_neither_is_refused_with_its_line() {
        let good = r#"{"id":"q","resource":{"Type":"T","Properties":{}}}"#;
        for wrong in [
            "{",
            "[]",
            r#"{"id":"","resource":{"Type":"T","Properties":{}}}"#,
            r#"{"resource":{"Type":"T","Properties":{}}}"#,
            r#"{"id":"x","resource":{"Type":"T","Properties":[]}}"#,
            r#"{"id":"x","region":"../x","resource":{"Type":"T","Properties":{}}}"#,
            r#"{"parent":["c"]}"#,
        ] {
            let error = parse(&format!("{good}\n{wrong}\n")).unwrap_err();
            assert_eq!(error.line, 2, "{wrong}: {error}");
        }
    }
}
