//! Reads that Cloud Control makes on behalf of its caller.
//!
//! `ListResources` and `GetResource` name a resource type, and the type's handlers then call what they call, with the
//! caller's rights. So such a request is as good as the actions of those handlers: none passes before it is known what
//! they are, and none if one of them could not be asked for itself (ruling 7). What they are stands in the type's schema;
//! the host reads it from AWS's own answer to `cloudformation:DescribeType` and puts it into the [`Grant`].

use std::collections::BTreeMap;
use std::sync::OnceLock;

use portolan_names::TypeName;
use portolan_tables::{DeniedRead, DeniedRule, denied_reads};

use crate::grant::{self, Grant, operations_of};
use crate::refusal::{Fault, Refusal, Rule, shown};
use crate::wire::Matched;
use crate::{WithGrant, limits, reads};

/// The service and its operations that run a type's handlers.
const SERVICE: &str = "cloudcontrol";
const LIST: &str = "ListResources";
const GET: &str = "GetResource";

/// The IAM actions that a type's handlers need, as its schema declares them; none where it has no such handler.
///
/// Both count whichever is asked for: Cloud Control reads while it lists, where a type's list alone says too little.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handlers {
    /// `handlers.list.permissions`
    pub list: Option<Vec<String>>,
    /// `handlers.read.permissions`
    pub read: Option<Vec<String>>,
}

impl Handlers {
    /// The actions with the name of the handler that needs them.
    fn actions(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let list = self.list.iter().flatten().map(|action| ("list", action.as_str()));
        list.chain(self.read.iter().flatten().map(|action| ("read", action.as_str())))
    }
}

impl Grant {
    /// Takes over what the handlers of a type need. Until then no request about the type passes.
    ///
    /// # Errors
    /// More types or actions than there can be; nothing was taken over.
    pub fn learn(&mut self, name: TypeName, handlers: Handlers) -> Result<(), Refusal> {
        let refused = |message| refusal(&name, (Fault::new(Rule::Limit, message), None));
        if self.types.len() >= limits::TYPES && !self.types.contains_key(&name) {
            return Err(refused(format!("more than {} types were learned", limits::TYPES)));
        }
        if handlers.actions().count() > limits::HANDLER_ACTIONS {
            return Err(refused(format!("its handlers need more than {} actions", limits::HANDLER_ACTIONS)));
        }
        self.types.insert(name, handlers);
        Ok(())
    }

    /// Whether it is known what the handlers of a type need.
    #[must_use]
    pub fn knows(&self, name: &TypeName) -> bool {
        self.types.contains_key(name)
    }

    /// Whether handlers that need these actions may run: each is a List or Read action of the host's tables that is not
    /// denied, or that the operator granted.
    ///
    /// # Errors
    /// A [`Refusal`] that names the type, the handler and the action, the rule, and the grant that would allow it.
    pub fn handlers(&self, name: &TypeName, handlers: &Handlers) -> Result<(), Refusal> {
        self.judge(name, handlers).map_err(|fault| refusal(name, fault))
    }

    fn judge(&self, name: &TypeName, handlers: &Handlers) -> Result<(), WithGrant> {
        let mut ungranted: Vec<(String, &str)> = Vec::new();
        for (handler, action) in handlers.actions() {
            let needs = || format!("the {handler} handler of {name} needs {}", shown(action));
            match judge_action(action) {
                Judged::Read => {}
                Judged::NeedsGrant(row) if self.operator_grants(row.action) => {}
                Judged::NeedsGrant(row) => {
                    if ungranted.iter().all(|(_, known)| *known != row.action) {
                        ungranted.push((format!("{}: {}", needs(), grant::needs(row.class)), row.action));
                    }
                }
                // What no grant allows is said first: a grant for the others would be in vain.
                Judged::Never(fault) => {
                    return Err((Fault::new(fault.rule, format!("{}: {}", needs(), fault.message)), None));
                }
            }
        }
        let Some((message, _)) = ungranted.first() else { return Ok(()) };
        let actions: Vec<&str> = ungranted.iter().map(|(_, action)| *action).collect();
        Err((Fault::new(Rule::Grant, message.clone()), Some(grant::add(&actions.join("`, `")))))
    }
}

fn refusal(name: &TypeName, (fault, grant): WithGrant) -> Refusal {
    Refusal { operation: name.to_string(), rule: fault.rule, message: fault.message, grant_that_would_allow: grant }
}

/// A request that runs a type's handlers passes only for a type of AWS's own that is known and whose handlers may run.
pub(crate) fn check(matched: &Matched<'_>, grant: &Grant) -> Result<(), WithGrant> {
    if matched.service.name != SERVICE || !matches!(matched.name, LIST | GET) {
        return Ok(());
    }
    let fault = |message: String| (Fault::new(Rule::Type, message), None);
    let given =
        matched.parameters.text("TypeName").ok_or_else(|| fault("TypeName must be given, as one text".to_owned()))?;
    let name = TypeName::parse(given)
        .map_err(|_| fault(format!("TypeName {:?} is not three parts, as in AWS::IoT::Thing", shown(given))))?;
    if !name.is_of_aws() {
        let message =
            format!("{name} is not a type of AWS's own: what another's handlers do is bound by no declaration");
        return Err(fault(message));
    }
    let Some(handlers) = grant.types.get(&name) else {
        let message = format!("it is not known what the handlers of {name} need");
        let how = format!("ask cloudformation:DescribeType for it first, with Type=RESOURCE and TypeName={name} alone");
        return Err((Fault::new(Rule::Type, message), Some(how)));
    };
    let (handler, asked) = if matched.name == LIST { ("list", &handlers.list) } else { ("read", &handlers.read) };
    if asked.is_none() {
        return Err(fault(format!("{name} has no {handler} handler: Cloud Control cannot {handler} it")));
    }
    grant.judge(&name, handlers)
}

/// What is known of one action of a handler.
enum Judged {
    Read,
    NeedsGrant(DeniedRead),
    Never(Fault),
}

fn judge_action(action: &str) -> Judged {
    if let Some(row) = denied(action) {
        return match row.rule {
            DeniedRule::Never => Judged::Never(Fault::new(Rule::DeniedRead, grant::never(row.class))),
            DeniedRule::Grant => Judged::NeedsGrant(row),
            DeniedRule::Constrain => Judged::Never(Fault::new(
                Rule::Constraint,
                format!(
                    "it reads {} unless bound to parameters, and what a handler asks for cannot be bound",
                    row.class
                ),
            )),
        };
    }
    if action.contains(['*', '?']) {
        return Judged::Never(Fault::new(Rule::Access, "it is a pattern, which can stand for any action"));
    }
    let mut why = Fault::new(Rule::Access, "the host's tables know no read of that name");
    for (service, name, operation) in operations_of(action) {
        match reads::check(service, name, operation) {
            Ok(_) => return Judged::Read,
            Err(fault) => why = fault,
        }
    }
    Judged::Never(why)
}

/// The row of the reviewed list; IAM does not tell cases apart.
fn denied(action: &str) -> Option<DeniedRead> {
    static ROWS: OnceLock<BTreeMap<String, DeniedRead>> = OnceLock::new();
    let rows = ROWS.get_or_init(|| denied_reads().map(|row| (row.action.to_ascii_lowercase(), row)).collect());
    rows.get(&action.to_ascii_lowercase()).copied()
}
