//! The guard: decides from the bytes on the wire whether a request is a permitted read.
//!
//! The sandboxed component says what it wants to ask; nothing that it says is believed. [`decide`] reads
//! the request as AWS would, against the host's own tables of operations, and lets it pass only if it is
//! exactly one operation, that operation is a read by name, by AWS's own authorization data and by review,
//! the loaded kinds declare it, and the identity fits. Everything that has two readings is refused.
//!
//! Pure: no I/O, no clock, no state: what the host learns of resource types it puts into the [`Grant`]. What the guard does
//! not do: it does not resolve hosts (the host does, from service, region and host prefix, which are checked here) and does
//! not follow redirects (nobody does). Two things that belong to a decision and come after it are here as well, so that
//! every host does them alike: values are dropped from an answer ([`drop_values`]), and what Cloud Control's types need is
//! read out of one ([`Described`]).

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod constraints;
mod described;
mod drop_values;
mod drops;
mod form;
mod grant;
mod handlers;
mod headers;
mod input;
mod json;
pub mod limits;
mod parameters;
mod percent;
mod reads;
mod refusal;
mod request;
mod rest;
mod tables;
mod target;
mod wire;

use portolan_tables::{Operation, Service};

pub use described::{Described, Undescribed, asked_type};
pub use drop_values::{Unreadable, drop_values};
pub use grant::{Grant, GrantError};
pub use handlers::Handlers;
pub use refusal::{Refusal, Rule};
pub use request::{Identity, Method, WireRequest};
pub use tables::{Compiled, Tables};

use reads::Review;
use refusal::{Fault, shown};
use wire::{Matched, Mismatch};

/// Services whose calls may be signed by the role that lists the organization.
///
/// That role sees every account's name and mail address; a kind that could use it for its own service
/// would read the management account's resources while it serves another.
const MANAGEMENT_SERVICES: &[&str] = &["organizations"];

/// A request that may be signed and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted<'t> {
    /// The service's name in the tables.
    pub service: &'t str,
    /// The operation that the wire names.
    pub operation: &'t str,
    /// The IAM action that AWS will check.
    pub action: &'t str,
    /// What must be dropped from the answer before anybody has it: every JSON member and XML element of these names, at
    /// any depth, loses its content. Usually none.
    pub dropped: Vec<&'t str>,
}

/// Decides whether a request passes, by the tables that are compiled in.
///
/// # Errors
/// A [`Refusal`] that names the operation, the rule and, where there is one, the grant that would allow it.
pub fn decide(request: &WireRequest<'_>, grant: &Grant) -> Result<Permitted<'static>, Refusal> {
    decide_by(&Compiled, request, grant)
}

/// [`decide`] by other tables: for tests that need operations which no kind uses, writes above all.
///
/// # Errors
/// As [`decide`].
pub fn decide_by<'t>(
    tables: &impl Tables<'t>,
    request: &WireRequest<'_>,
    grant: &Grant,
) -> Result<Permitted<'t>, Refusal> {
    let unnamed = |fault: Fault| Refusal {
        operation: format!("{:?} of {:?}", shown(request.operation), shown(request.service)),
        rule: fault.rule,
        message: fault.message,
        grant_that_would_allow: None,
    };
    check_place(request).map_err(unnamed)?;
    let Some(service) = tables.service(request.service) else {
        let message = format!("the service {:?} is not in the host's tables", shown(request.service));
        return Err(unnamed(Fault::new(Rule::Service, message)));
    };
    let matched = wire::read(request, service).map_err(|Mismatch { operation, fault }| match operation {
        // Of an operation that is closed anyhow, that is said: no other parameter would open it.
        Some(name) => named(service, name, closed(service, name).unwrap_or(fault), None),
        None => unnamed(fault),
    })?;
    let refuse = |fault, grant| named(service, matched.name, fault, grant);
    check_neighbours(tables, request, &matched).map_err(|fault| refuse(fault, None))?;
    check_host_prefix(request.host_prefix, matched.operation).map_err(|fault| refuse(fault, None))?;
    let action = reads::check(&service.name, matched.name, matched.operation).map_err(|fault| refuse(fault, None))?;
    let dropped = check_review(&matched, action, grant).map_err(|(fault, grant)| refuse(fault, grant))?;
    check_grant(request.identity, &matched, grant).map_err(|(fault, grant)| refuse(fault, grant))?;
    handlers::check(&matched, grant).map_err(|(fault, grant)| refuse(fault, grant))?;
    Ok(Permitted { service: &service.name, operation: matched.name, action, dropped })
}

/// Why no request at all passes as an operation; none where some may.
fn closed(service: &Service, name: &str) -> Option<Fault> {
    let operation = service.operation(name)?;
    match (reads::check(&service.name, name, operation), reads::review(operation)) {
        (Err(fault), _) => Some(fault),
        (Ok(_), Review::Never(class)) => Some(Fault::new(Rule::DeniedRead, grant::never(class))),
        (Ok(_), _) => None,
    }
}

fn named(service: &Service, name: &str, fault: Fault, grant: Option<String>) -> Refusal {
    Refusal {
        operation: format!("{}:{name}", service.name),
        rule: fault.rule,
        message: fault.message,
        grant_that_would_allow: grant,
    }
}

/// Sizes, and the region, which becomes part of the host name.
fn check_place(request: &WireRequest<'_>) -> Result<(), Fault> {
    if request.body.len() > limits::BODY_BYTES {
        let message = format!("the body has {} bytes, at most {} are allowed", request.body.len(), limits::BODY_BYTES);
        return Err(Fault::new(Rule::Limit, message));
    }
    if portolan_names::Region::parse(request.region).is_err() {
        return Err(Fault::new(Rule::Region, format!("{:?} is not the name of a region", shown(request.region))));
    }
    Ok(())
}

/// Services that share an endpoint share its operations: the same bytes must not be a second operation there.
fn check_neighbours<'t>(
    tables: &impl Tables<'t>,
    request: &WireRequest<'_>,
    matched: &Matched<'_>,
) -> Result<(), Fault> {
    let there = tables.at_endpoint(&matched.service.endpoint_prefix);
    for other in there.into_iter().filter(|other| other.name != matched.service.name) {
        // The same action under another service's name (neptune's copy of RDS) is the same operation.
        if let Ok(twin) = wire::read(request, other)
            && twin.operation.action != matched.operation.action
        {
            return Err(Fault::new(Rule::Ambiguous, format!("it is also {}:{}", other.name, twin.name)));
        }
    }
    Ok(())
}

/// The label before the host is the operation's own, letter by letter.
fn check_host_prefix(given: Option<&str>, operation: &Operation) -> Result<(), Fault> {
    let right = operation.host_prefix.as_deref();
    if right.is_some_and(|prefix| prefix.contains('{')) {
        return Err(Fault::new(Rule::HostPrefix, "its host prefix is made of a parameter, which is not checked yet"));
    }
    if given == right {
        return Ok(());
    }
    let say = |prefix: Option<&str>| prefix.map_or_else(|| "none".to_owned(), |text| format!("{:?}", shown(text)));
    Err(Fault::new(Rule::HostPrefix, format!("the host prefix must be {}, not {}", say(right), say(given))))
}

/// A fault, and what would allow the request all the same.
type WithGrant = (Fault, Option<String>);

/// The reviewed list, and parameters that make of a read another one. Gives what must be dropped from the answer.
fn check_review<'s>(matched: &Matched<'s>, action: &str, grant: &Grant) -> Result<Vec<&'s str>, WithGrant> {
    if let Some(what) = constraints::escalates(&matched.service.name, &matched.parameters) {
        return Err((Fault::new(Rule::Constraint, what), None));
    }
    match reads::review(matched.operation) {
        Review::Inventory => Ok(Vec::new()),
        Review::Never(class) => Err((Fault::new(Rule::DeniedRead, grant::never(class)), None)),
        Review::NeedsGrant(_) if grant.operator_grants(action) => Ok(Vec::new()),
        Review::NeedsGrant(class) => Err((Fault::new(Rule::Grant, grant::needs(class)), Some(grant::add(action)))),
        Review::Constrained(demand) => {
            let of_answer = drops::wire_names(matched.service, matched.operation, demand);
            let met = of_answer.unwrap_or_else(|| match constraints::violated(action, &matched.parameters) {
                None => Ok(Vec::new()),
                Some(what) => Err(what),
            });
            met.map_err(|what| (Fault::new(Rule::Constraint, what), None))
        }
    }
}

/// What the loaded kinds declare, and with which identity.
fn check_grant(identity: Identity, matched: &Matched<'_>, grant: &Grant) -> Result<(), WithGrant> {
    let service = matched.service.name.as_str();
    if identity == Identity::Management && !MANAGEMENT_SERVICES.contains(&service) {
        let message = "the management identity signs organizations calls only; ask as the account";
        return Err((Fault::new(Rule::Identity, message), None));
    }
    match grant.identities(service, matched.name) {
        None => {
            let how = format!("choose a kind whose definition declares `{service}:{}`", matched.name);
            Err((Fault::new(Rule::Grant, "no loaded kind declares it"), Some(how)))
        }
        Some(identities) if identities.contains(&identity) => Ok(()),
        Some(_) => {
            let message = format!("the loaded kinds do not declare it for the identity {}", identity.as_str());
            let how = format!("declare `{service}:{}` with `identity: {}`", matched.name, identity.as_str());
            Err((Fault::new(Rule::Identity, message), Some(how)))
        }
    }
}
