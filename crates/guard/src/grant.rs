//! What may be asked at all: what the loaded kinds declare, within what the operator allows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use portolan_names::TypeName;
use portolan_tables::Operation;

use crate::handlers::Handlers;
use crate::reads::{self, Review};
use crate::refusal::{Refusal, Rule, shown};
use crate::request::Identity;

/// Calls that one manifest may declare: twice the number of reads that AWS has.
const CALLS: usize = 20_000;

/// Why a grant could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The manifest is not what the component is to give; a defect of the component.
    #[error("the manifest cannot be read: {0}")]
    Manifest(String),
    /// The operator's grant names what no grant can allow.
    #[error("grant: {action} can never be granted: {reason}")]
    NeverGranted {
        /// The action as it was written.
        action: String,
        /// Why no grant can allow it.
        reason: String,
    },
}

/// The calls that the configured kinds declare, the denied reads that the operator granted, and what is known of the
/// types that Cloud Control is asked about.
#[derive(Debug, Clone, Default)]
pub struct Grant {
    /// Service to operation to identities.
    declared: BTreeMap<String, BTreeMap<String, BTreeSet<Identity>>>,
    /// IAM actions of rows with the rule `grant`.
    operator: BTreeSet<String>,
    /// What the host has learned; see `handlers.rs`.
    pub(crate) types: BTreeMap<TypeName, Handlers>,
}

#[derive(serde::Deserialize)]
struct Manifest {
    calls: Vec<Call>,
}

#[derive(serde::Deserialize)]
struct Call {
    operation: String,
    #[serde(default = "account")]
    identity: Identity,
}

fn account() -> Identity {
    Identity::Account
}

impl Grant {
    /// A grant that allows nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The calls of a configured component's manifest (`{"calls": [{"operation": "sqs:ListQueues",
    /// "identity": "account"}]}`). What the manifest says of actions is not read: the host's tables know them.
    ///
    /// # Errors
    /// The text is not a manifest.
    pub fn from_manifest(manifest: &str) -> Result<Self, GrantError> {
        let manifest: Manifest =
            serde_json::from_str(manifest).map_err(|error| GrantError::Manifest(shown(&error.to_string())))?;
        if manifest.calls.len() > CALLS {
            return Err(GrantError::Manifest(format!("{} calls, at most {CALLS} are allowed", manifest.calls.len())));
        }
        let mut grant = Self::default();
        for call in manifest.calls {
            let Some((service, operation)) = call.operation.split_once(':') else {
                let what = format!("{:?} is not service:Operation", shown(&call.operation));
                return Err(GrantError::Manifest(what));
            };
            grant
                .declared
                .entry(service.to_owned())
                .or_default()
                .entry(operation.to_owned())
                .or_default()
                .insert(call.identity);
        }
        Ok(grant)
    }

    /// Adds the actions of the operator's configuration (`grant: [cloudtrail:LookupEvents]`).
    ///
    /// They open rows of the reviewed list whose rule is `grant`, and nothing else. An action that the
    /// tables do not know opens nothing and is no error: the tables hold what the kinds can ask for.
    ///
    /// # Errors
    /// An action that the tables know and that can never be granted.
    pub fn with_operator(mut self, actions: impl IntoIterator<Item = String>) -> Result<Self, GrantError> {
        for action in actions {
            if let Some(reason) = never_granted(&action) {
                return Err(GrantError::NeverGranted { action: shown(&action), reason });
            }
            self.operator.insert(action);
        }
        Ok(self)
    }

    /// Whether the kinds declare the operation, with which identities.
    pub(crate) fn identities(&self, service: &str, operation: &str) -> Option<&BTreeSet<Identity>> {
        self.declared.get(service)?.get(operation)
    }

    /// Whether the operator's own list names the action.
    pub(crate) fn operator_grants(&self, action: &str) -> bool {
        self.operator.contains(action)
    }

    /// The declared calls that no request could make under this grant: unknown operations, writes, denied reads.
    ///
    /// A host that starts a component can refuse it, or say so, before any call.
    #[must_use]
    pub fn impossible(&self) -> Vec<Refusal> {
        let mut out = Vec::new();
        for (service_name, operations) in &self.declared {
            let service = portolan_tables::service(service_name);
            for name in operations.keys() {
                let refusal = |rule, message: String, grant| Refusal {
                    operation: format!("{}:{}", shown(service_name), shown(name)),
                    rule,
                    message,
                    grant_that_would_allow: grant,
                };
                let Some(operation) = service.and_then(|service| service.operation(name)) else {
                    out.push(refusal(Rule::NoOperation, "it is not in the host's tables".to_owned(), None));
                    continue;
                };
                match reads::check(service_name, name, operation) {
                    Err(fault) => out.push(refusal(fault.rule, fault.message, None)),
                    Ok(action) => match reads::review(operation) {
                        Review::Never(class) => out.push(refusal(Rule::DeniedRead, never(class), None)),
                        Review::NeedsGrant(class) if !self.operator_grants(action) => {
                            out.push(refusal(Rule::Grant, needs(class), Some(add(action))));
                        }
                        Review::NeedsGrant(_) | Review::Constrained(_) | Review::Inventory => {}
                    },
                }
            }
        }
        out
    }
}

/// Why no grant can allow an action; none where one can, or where the tables do not know it.
fn never_granted(action: &str) -> Option<String> {
    let mut reason = None;
    for (service, name, operation) in operations_of(action) {
        match (reads::check(service, name, operation), reads::review(operation)) {
            (Ok(_), Review::NeedsGrant(_)) => return None,
            (Ok(_), Review::Never(class)) => reason = Some(never(class)),
            (Ok(_), Review::Inventory) => reason = Some("it needs no grant: choose a kind that uses it".to_owned()),
            (Ok(_), Review::Constrained(_)) => {
                reason = Some("it is bound to its parameters or its answer, not to a grant".to_owned());
            }
            (Err(fault), _) => reason = Some(fault.message),
        }
    }
    reason
}

pub(crate) type Known = (&'static str, &'static str, &'static Operation);

/// The operations that need an action, over all services; IAM does not tell cases apart. Unpacks every table once, where
/// an operator grants something or Cloud Control is asked.
pub(crate) fn operations_of(action: &str) -> &'static [Known] {
    static BY_ACTION: OnceLock<BTreeMap<String, Vec<Known>>> = OnceLock::new();
    let by_action = BY_ACTION.get_or_init(|| {
        let mut found: BTreeMap<String, Vec<Known>> = BTreeMap::new();
        for service in portolan_tables::services().filter_map(portolan_tables::service) {
            for (name, operation) in service.operations() {
                if let Some(action) = operation.action.as_deref() {
                    found.entry(action.to_ascii_lowercase()).or_default().push((&service.name, name, operation));
                }
            }
        }
        found
    });
    by_action.get(&action.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default()
}

/// What is said about a row with the rule `never`.
pub(crate) fn never(class: &str) -> String {
    format!("it reads {class}, which is not inventory, and no grant allows it")
}

/// What is said about a row with the rule `grant`.
pub(crate) fn needs(class: &str) -> String {
    format!("it is not plain inventory ({class}) and the operator's grant does not name it")
}

/// How to allow it.
pub(crate) fn add(action: &str) -> String {
    format!("add `{action}` under `grant:` in portolan.yaml")
}
