//! What an operation takes, and where each part of it stands on the wire.

use portolan_tables::{Location, Operation, Protocol, Service, Shape};

/// Where a member of the input is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Label,
    Query,
    Header,
    Body,
}

/// One member of an operation's input, by its name on the wire.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'a> {
    pub(crate) wire: &'a str,
    pub(crate) place: Place,
    /// A list: its name may appear more than once in a query string.
    pub(crate) many: bool,
}

/// What an operation takes. Its members are those that the guard can check; `unchecked` says that there
/// are others (a payload, header maps), with which no request passes.
#[derive(Debug, Default)]
pub(crate) struct Input<'a> {
    pub(crate) members: Vec<Member<'a>>,
    pub(crate) unchecked: bool,
}

impl<'a> Input<'a> {
    /// The input of an operation by its service's shapes.
    pub(crate) fn of(service: &'a Service, operation: &'a Operation) -> Self {
        let Some(id) = operation.input else { return Self::default() };
        let Shape::Structure(structure) = service.shape(id) else {
            return Self { members: Vec::new(), unchecked: true };
        };
        let mut input = Self { members: Vec::new(), unchecked: structure.payload.is_some() };
        for member in &structure.members {
            let place = match member.location {
                None => Place::Body,
                Some(Location::Uri) => Place::Label,
                Some(Location::Query) => Place::Query,
                Some(Location::Header) => Place::Header,
                Some(_) => {
                    input.unchecked = true;
                    continue;
                }
            };
            let element = match service.shape(member.shape) {
                Shape::List { member } => Some(member),
                // A map of query parameters could name any parameter at all: none of its keys is one that passes.
                Shape::Map { .. } if place == Place::Query => continue,
                _ => None,
            };
            let own = member.wire_name();
            let wire = match service.protocol {
                Protocol::Ec2 => member.query.as_deref().unwrap_or(own),
                Protocol::Query if member.flattened => {
                    element.and_then(|element| element.wire.as_deref()).unwrap_or(own)
                }
                _ => own,
            };
            input.members.push(Member { wire, place, many: element.is_some() });
        }
        input
    }

    /// The member that is written as `wire` at `place`.
    pub(crate) fn member(&self, place: Place, wire: &str) -> Option<Member<'a>> {
        self.members.iter().find(|member| member.place == place && member.wire == wire).copied()
    }

    /// Whether anything of the input is written into the body.
    pub(crate) fn has_body(&self) -> bool {
        self.members.iter().any(|member| member.place == Place::Body)
    }
}
