//! Which session policy bounds which call, so that AWS itself refuses whatever else the session's holder asks for.
//!
//! A policy has room for 2,048 characters and the kinds of the catalogue need five times that, so calls go by groups of
//! services, each with a session of its own. Calls of Cloud Control have one for each type, since AWS checks the actions
//! of the type's handlers under the same session. Where AWS says that a session policy does not allow a call, or takes no
//! policy of that size, the service's calls go on under a wider one ([`Rung`]), which is reported: it is never to happen.
//! No session goes without a policy because of that.

mod documents;
mod groups;
mod part;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use portolan_guard::Handlers;
use portolan_names::TypeName;
use serde::Serialize;

use super::exchange::Call;
use crate::credentials::{Identity, Rung, SessionPolicy};
use crate::manifest::CallNeed;
use groups::{Group, groups};
use part::Part;

/// The first call in an account; its session is the one that is opened to see whether the role can be assumed.
const FIRST_CALL: (&str, &str) = ("account", "ListRegions");
/// Runs the handlers of a type.
const CLOUD_CONTROL: &str = "cloudcontrol";
/// What the guard lets pass there; AWS checks these beside the handlers' own.
const OF_CLOUD_CONTROL: [&str; 2] = ["cloudformation:GetResource", "cloudformation:ListResources"];

/// That calls went on under a wider policy: a defect of Portolan, which asked for too little or too much.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Widened {
    /// `account` or `management`.
    pub identity: &'static str,
    /// The service whose calls they are, or the type that Cloud Control was asked for.
    pub calls: String,
    /// What they were refused under.
    pub from: Rung,
    /// What they went on under.
    pub to: Rung,
    /// The actions that were refused; none where AWS did not take the policy at all.
    pub actions: Vec<String>,
}

/// The session policies of a run, and how far down the ladder they are.
#[derive(Debug, Default)]
pub struct SessionPolicies {
    account: Option<Role>,
    management: Option<Role>,
    types: Mutex<HashMap<TypeName, Arc<Part>>>,
}

/// The policies for one of the two identities.
#[derive(Debug)]
struct Role {
    start: Rung,
    groups: Vec<Group>,
    /// By service and operation.
    parts: HashMap<(String, String), Arc<Part>>,
}

impl Role {
    fn of<'a>(calls: impl IntoIterator<Item = &'a CallNeed>, start: Rung) -> Self {
        let groups = groups(calls, start);
        let mut parts = HashMap::new();
        for group in &groups {
            for share in &group.shares {
                let services = vec![share.service.clone()];
                let part = Arc::new(Part::new(&share.service, share.actions(), services, start, group.policy.clone()));
                for operation in share.calls.keys() {
                    parts.insert((share.service.clone(), operation.clone()), Arc::clone(&part));
                }
            }
        }
        Self { start, groups, parts }
    }

    fn part(&self, service: &str, operation: &str) -> Option<Arc<Part>> {
        self.parts.get(&(service.to_owned(), operation.to_owned())).cloned()
    }
}

impl SessionPolicies {
    /// Of what is called. An identity without a rung has no role to assume, or is not to be bounded.
    #[must_use]
    pub fn new(calls: &[CallNeed], account: Option<Rung>, management: Option<Rung>) -> Self {
        let of = |identity: &'static str| {
            let of_type = |call: &&CallNeed| call.operation.starts_with("cloudcontrol:");
            calls.iter().filter(move |call| call.identity == identity && !of_type(call))
        };
        Self {
            account: account.map(|rung| Role::of(of("account"), rung)),
            management: management.map(|rung| Role::of(of("management"), rung)),
            types: Mutex::default(),
        }
    }

    /// Whether nothing is bounded.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.account.is_none() && self.management.is_none()
    }

    fn role(&self, identity: &Identity) -> Option<&Role> {
        match identity {
            Identity::Management => self.management.as_ref(),
            Identity::Account(_) => self.account.as_ref(),
        }
    }

    /// The policy under which a call is made now; none where nothing is bounded.
    #[must_use]
    pub fn of(&self, call: &Call) -> Option<SessionPolicy> {
        self.role(&call.identity)?;
        // A call that no group has is none of the manifest's, and the guard lets none of these pass.
        Some(self.part(call).map_or(SessionPolicy::ReadOnlyAccess, |part| part.policy()))
    }

    /// The policy of the session with which an identity is first met.
    #[must_use]
    pub fn first(&self, identity: &Identity) -> Option<SessionPolicy> {
        let role = self.role(identity)?;
        let first = role.part(FIRST_CALL.0, FIRST_CALL.1).map(|part| part.policy());
        first.or_else(|| role.groups.first().map(|group| group.policy.clone()))
    }

    /// Which of an account's sessions a call is made with, as long as nothing is refused; none where nothing is bounded.
    #[must_use]
    pub fn group(&self, service: &str, operation: &str) -> Option<usize> {
        let has = |share: &groups::Share| share.service == service && share.calls.contains_key(operation);
        self.account.as_ref()?.groups.iter().position(|group| group.shares.iter().any(has))
    }

    /// Takes over what the handlers of a type need.
    pub fn learn(&self, name: &TypeName, handlers: &Handlers) {
        let Some(role) = &self.account else { return };
        let needed = handlers.list.iter().chain(&handlers.read).flatten().cloned();
        let actions = needed.chain(OF_CLOUD_CONTROL.map(str::to_owned)).collect();
        let part = Part::of_type(name.as_str(), actions, role.start);
        tracing::debug!(kind = %name, policy = part.policy().document(), "session policy of a type");
        self.types.lock().unwrap_or_else(PoisonError::into_inner).entry(name.clone()).or_insert_with(|| Arc::new(part));
    }

    /// Goes down the ladder for the service or type of a call that was refused for the `nth` time because of its
    /// session policy; `action` is what was missing. Says whether there is something wider to ask again under.
    ///
    /// Counting the call's own refusals rather than looking at what it was sent under gives a replay, in which calls
    /// come in another order, the same end.
    #[must_use]
    pub fn widen(&self, call: &Call, nth: usize, action: Option<&str>) -> bool {
        let Some(part) = self.role(&call.identity).and_then(|_| self.part(call)) else { return false };
        part.widen(nth, action)
    }

    /// Where calls went on under a wider policy than they were to.
    #[must_use]
    pub fn widened(&self) -> Vec<Widened> {
        let of_types = self.types.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect::<Vec<_>>();
        let of_role =
            |role: &Option<Role>| role.iter().flat_map(|role| role.parts.values().cloned()).collect::<Vec<_>>();
        let mut all: Vec<Widened> = Vec::new();
        for (identity, parts) in
            [("account", of_role(&self.account)), ("management", of_role(&self.management)), ("account", of_types)]
        {
            all.extend(parts.iter().flat_map(|part| part.widened(identity)));
        }
        all.sort();
        // A part stands once for each of its operations.
        all.dedup();
        all
    }

    /// The documents to begin with, by identity, with the services that each is for.
    #[must_use]
    pub fn shown(&self) -> Vec<(&'static str, Vec<String>, SessionPolicy)> {
        let of = |identity: &'static str, role: &Option<Role>| {
            let groups = role.iter().flat_map(|role| &role.groups);
            let services = |group: &Group| group.shares.iter().map(|share| share.service.clone()).collect();
            groups.map(|group| (identity, services(group), group.policy.clone())).collect::<Vec<_>>()
        };
        [of("management", &self.management), of("account", &self.account)].concat()
    }

    fn part(&self, call: &Call) -> Option<Arc<Part>> {
        if call.service == CLOUD_CONTROL {
            let types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
            return types.get(&type_of(call)?).cloned();
        }
        self.role(&call.identity)?.part(&call.service, &call.operation)
    }
}

/// The type that Cloud Control is asked about. The guard has checked that the body names one.
fn type_of(call: &Call) -> Option<TypeName> {
    let body: BTreeMap<String, serde_json::Value> = serde_json::from_str(&call.body).ok()?;
    TypeName::parse(body.get("TypeName")?.as_str()?).ok()
}
