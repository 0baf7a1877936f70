//! One service: its protocol, its names on the wire, its operations and shapes.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::embedded::SERVICES;
use crate::{Operation, Shape, ShapeId};

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

/// The table of one service.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The name by which AWS's API models call it: `ecs`, `organizations`.
    pub name: String,
    /// The protocol that is spoken with it, where it offers several.
    pub protocol: Protocol,
    /// The first label of its usual host name: `api.ecr`.
    pub endpoint_prefix: String,
    /// The name under which requests are signed, and usually the prefix of its IAM actions.
    pub signing_name: String,
    /// The version of the API, which the query protocols send.
    pub api_version: String,
    /// What stands before the operation in `X-Amz-Target`; empty but for [`Protocol::Json`].
    #[serde(default)]
    pub target_prefix: String,
    /// `1.0` or `1.1`; empty but for [`Protocol::Json`].
    #[serde(default)]
    pub json_version: String,
    /// Whether errors carry their older code of the query protocol in a header.
    #[serde(default)]
    pub query_compatible: bool,
    /// The operations in the tables, by name. Not all that the service has.
    pub operations: BTreeMap<String, Operation>,
    /// The shapes that the operations reach, by [`ShapeId`].
    pub shapes: Vec<Shape>,
}

impl Service {
    /// Reads a table and checks that every shape it names is there.
    ///
    /// # Errors
    ///
    /// When the text is not a table, or a shape is missing.
    pub fn from_json(text: &str) -> Result<Self, ServiceError> {
        let service: Self = serde_json::from_str(text)?;
        let roots =
            service.operations.values().flat_map(|operation| operation.input.into_iter().chain(operation.output));
        let below = service.shapes.iter().flat_map(Shape::references);
        let missing = roots.chain(below).find(|id| id.0 >= service.shapes.len());
        match missing {
            Some(id) => Err(ServiceError::MissingShape { service: service.name, id: id.0 }),
            None => Ok(service),
        }
    }

    /// A shape by its number. Numbers come from this very table, which was checked when it was read.
    #[must_use]
    pub fn shape(&self, id: ShapeId) -> &Shape {
        self.shapes.get(id.0).unwrap_or(&Shape::Document)
    }
}

/// Why a text is not the table of a service.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Not JSON, or not of the form of a table.
    #[error("not the table of a service")]
    Malformed(#[from] serde_json::Error),
    /// A shape is named that the table does not have.
    #[error("the table of {service} has no shape {id}")]
    MissingShape {
        /// The service.
        service: String,
        /// The number that is missing.
        id: usize,
    },
}

/// The table of a service, parsed when first asked for. `None`: no such service in the tables.
#[must_use]
pub fn service(name: &str) -> Option<&'static Service> {
    static PARSED: [OnceLock<Option<Service>>; SERVICES.len()] = [const { OnceLock::new() }; SERVICES.len()];
    let index = SERVICES.binary_search_by(|(known, _)| known.cmp(&name)).ok()?;
    let (_, text) = SERVICES.get(index)?;
    // A test reads every table, so that a malformed one never leaves the repository.
    PARSED.get(index)?.get_or_init(|| Service::from_json(text).ok()).as_ref()
}

/// The names of all services in the tables, sorted.
pub fn services() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|(name, _)| *name)
}
