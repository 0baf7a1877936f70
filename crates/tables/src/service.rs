//! One service: its protocol, its names on the wire, its operations and shapes.
//!
//! A table is text: the service itself on the first line, then a line for each operation (`Name {…}`), then, after an
//! empty line, a line for each shape. Lines are parsed when they are asked for: a unit that calls two operations of
//! EC2 pays for those two, not for seven hundred.

use std::ops::Range;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::{Operation, Shape, ShapeId};

/// The tables, each deflated by the build script, by name and in order of the names.
static SERVICES: &[(&str, &str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/services.rs"));

/// No table is larger when unpacked. A limit of the unpacker, which would else trust the length it is told.
const TABLE_BYTES_MAX: usize = 4 << 20;

/// How a service writes requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// EC2's own form of the query protocol.
    Ec2,
    /// Form-encoded requests, XML answers.
    Query,
    /// REST with XML bodies.
    RestXml,
    /// REST with JSON bodies.
    RestJson,
    /// JSON over POST with an `X-Amz-Target` header, versions 1.0 and 1.1.
    Json,
}

impl Protocol {
    /// Whether answers are XML.
    #[must_use]
    pub fn is_xml(self) -> bool {
        matches!(self, Self::Ec2 | Self::Query | Self::RestXml)
    }
}

/// What a table's first line says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    name: String,
    id: String,
    protocol: Protocol,
    endpoint_prefix: String,
    signing_name: String,
    api_version: String,
    #[serde(default)]
    target_prefix: String,
    #[serde(default)]
    json_version: String,
    #[serde(default)]
    query_compatible: bool,
}

/// The table of one service.
#[derive(Debug)]
pub struct Service {
    /// The name by which AWS's API models call it: `ecs`, `organizations`.
    pub name: String,
    /// The service id, which names it in variables and in CloudTrail's console: `Elastic Load Balancing v2`.
    pub id: String,
    /// The protocol that is spoken with it, where it offers several.
    pub protocol: Protocol,
    /// The first label of its usual host name: `api.ecr`.
    pub endpoint_prefix: String,
    /// The name under which requests are signed, and usually the prefix of its IAM actions.
    pub signing_name: String,
    /// The version of the API, which the query protocols send.
    pub api_version: String,
    /// What stands before the operation in `X-Amz-Target`; empty but for [`Protocol::Json`].
    pub target_prefix: String,
    /// `1.0` or `1.1`; empty but for [`Protocol::Json`].
    pub json_version: String,
    /// Whether errors carry their older code of the query protocol in a header.
    pub query_compatible: bool,
    text: String,
    /// By name.
    operations: Vec<(Range<usize>, Line<Operation>)>,
    shapes: Vec<Line<Shape>>,
}

/// A line of the text, parsed when first asked for. `None`: it is malformed.
#[derive(Debug)]
struct Line<T> {
    at: Range<usize>,
    parsed: OnceLock<Option<T>>,
}

impl<T: for<'de> Deserialize<'de>> Line<T> {
    fn new(at: Range<usize>) -> Self {
        Self { at, parsed: OnceLock::new() }
    }

    fn get(&self, text: &str) -> Option<&T> {
        // A test reads every line of every table, so that a malformed one never leaves the repository.
        self.parsed.get_or_init(|| self.read(text).ok()).as_ref()
    }

    fn read(&self, text: &str) -> Result<T, serde_json::Error> {
        serde_json::from_str(text.get(self.at.clone()).unwrap_or_default())
    }
}

impl Service {
    /// Reads a table's first line and finds where the others are.
    ///
    /// # Errors
    ///
    /// When the text is not a table.
    pub fn read(text: String) -> Result<Self, ServiceError> {
        let first = text.lines().next().unwrap_or_default();
        let header: Header = serde_json::from_str(first)?;
        let mut operations = Vec::new();
        let mut shapes = Vec::new();
        let mut below = false;
        let mut start = first.len() + 1;
        for line in text.get(start..).unwrap_or_default().split_terminator('\n') {
            let end = start + line.len();
            if line.is_empty() {
                below = true;
            } else if below {
                shapes.push(Line::new(start..end));
            } else {
                let name = line.find(' ').ok_or_else(|| ServiceError::NoOperation(line.to_owned()))?;
                operations.push((start..start + name, Line::new(start + name + 1..end)));
            }
            start = end + 1;
        }
        let mut service = Self {
            name: header.name,
            id: header.id,
            protocol: header.protocol,
            endpoint_prefix: header.endpoint_prefix,
            signing_name: header.signing_name,
            api_version: header.api_version,
            target_prefix: header.target_prefix,
            json_version: header.json_version,
            query_compatible: header.query_compatible,
            text,
            operations,
            shapes,
        };
        let text = &service.text;
        service.operations.sort_by(|(left, _), (right, _)| text.get(left.clone()).cmp(&text.get(right.clone())));
        Ok(service)
    }

    /// Reads every line, and looks that every shape that one names is there.
    ///
    /// # Errors
    ///
    /// The first line that is malformed, or names a shape that is missing.
    pub fn check(&self) -> Result<(), ServiceError> {
        let mut named = Vec::new();
        for (_, line) in &self.operations {
            let operation = line.read(&self.text)?;
            named.extend(operation.input.into_iter().chain(operation.output));
        }
        for line in &self.shapes {
            named.extend(line.read(&self.text)?.references());
        }
        match named.into_iter().find(|id| id.0 >= self.shapes.len()) {
            Some(id) => Err(ServiceError::MissingShape { service: self.name.clone(), id: id.0 }),
            None => Ok(()),
        }
    }

    /// An operation by its name.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.named(name).map(|(_, operation)| operation)
    }

    /// An operation and its name, as the table writes it.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<(&str, &Operation)> {
        let at = self.operations.binary_search_by(|(known, _)| self.text(known).cmp(name)).ok()?;
        let (known, line) = self.operations.get(at)?;
        Some((self.text(known), line.get(&self.text)?))
    }

    /// The names of the operations, sorted. Not all that the service has: its reads.
    pub fn operation_names(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().map(|(name, _)| self.text(name))
    }

    /// All operations with their names, in order of the names.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &Operation)> {
        self.operations.iter().filter_map(|(name, line)| Some((self.text(name), line.get(&self.text)?)))
    }

    /// Whether an operation lists something without being told of what: any account and region can be asked.
    #[must_use]
    pub fn lists_without_input(&self, operation: &Operation) -> bool {
        let needs_none = match operation.input.map(|input| self.shape(input)) {
            None => true,
            Some(Shape::Structure(structure)) => structure.members.iter().all(|member| !member.required),
            Some(_) => false,
        };
        needs_none && operation.items.is_some()
    }

    /// A shape by its number. Numbers come from this very table.
    #[must_use]
    pub fn shape(&self, id: ShapeId) -> &Shape {
        self.shapes.get(id.0).and_then(|line| line.get(&self.text)).unwrap_or(&Shape::Document)
    }

    /// How many shapes there are.
    #[must_use]
    pub fn shape_count(&self) -> usize {
        self.shapes.len()
    }

    fn text(&self, at: &Range<usize>) -> &str {
        self.text.get(at.clone()).unwrap_or_default()
    }
}

/// Why a text is not the table of a service.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A line is not JSON, or not of the form that it should be of.
    #[error("not the table of a service")]
    Malformed(#[from] serde_json::Error),
    /// A line above the shapes is no operation.
    #[error("{0:?} is not the line of an operation")]
    NoOperation(String),
    /// A shape is named that the table does not have.
    #[error("the table of {service} has no shape {id}")]
    MissingShape {
        /// The service.
        service: String,
        /// The number that is missing.
        id: usize,
    },
}

/// The table of a service, unpacked when first asked for. `None`: no such service in the tables.
#[must_use]
pub fn service(name: &str) -> Option<&'static Service> {
    static UNPACKED: [OnceLock<Option<Service>>; SERVICES.len()] = [const { OnceLock::new() }; SERVICES.len()];
    let index = SERVICES.binary_search_by(|(known, ..)| known.cmp(&name)).ok()?;
    let (.., packed) = SERVICES.get(index)?;
    UNPACKED.get(index)?.get_or_init(|| unpack(packed)).as_ref()
}

fn unpack(packed: &[u8]) -> Option<Service> {
    let text = miniz_oxide::inflate::decompress_to_vec_with_limit(packed, TABLE_BYTES_MAX).ok()?;
    Service::read(String::from_utf8(text).ok()?).ok()
}

/// The names of all services in the tables, sorted.
pub fn services() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|(name, ..)| *name)
}

/// The names of the services whose host names begin alike, sorted: what reaches one of them reaches the others. Unpacks
/// nothing.
pub fn services_at(endpoint_prefix: &str) -> impl Iterator<Item = &'static str> {
    SERVICES.iter().filter(move |(_, prefix, _)| *prefix == endpoint_prefix).map(|(name, ..)| *name)
}
