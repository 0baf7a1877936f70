//! A declared inventory of roles, and how the roles of an audit differ from it.

use std::path::Path;
use std::sync::Arc;

use portolan_trust::{GateKind, Grant, PrincipalKind, matches};
use serde::Serialize;

use super::audit::Audit;
use super::role::AuditedRole;
use crate::config::files::Files;
use crate::config::mistake::{Mistake, Refused};
use crate::config::node::{Node, Origin, Value};
use crate::config::yaml;

/// What EKS's pods ask for, and whom they are: what the templates trust them by.
const EKS_AUDIENCE: &str = "sts.amazonaws.com";
/// What stands for the id of the role's own account.
const OWN_ACCOUNT: &str = "{account}";

/// An inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    roles: Vec<ExpectedRole>,
}

/// A role that should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ExpectedRole {
    /// Its name, without its path.
    name: String,
    /// In these accounts; in all that were read where there is none.
    accounts: Option<Vec<String>>,
    trusted_by: Vec<Trusted>,
}

/// Somebody who should be able to assume it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Trusted {
    /// As the trust policy has it, or a pattern of it.
    principal: String,
    /// Whether an external id has to be asked for, or must not be; none where either is right.
    external_id: Option<bool>,
    audience: Option<String>,
    subject: Option<String>,
    /// What the source's ARN ends with, for services that act for something.
    source: Option<String>,
}

/// What is not as it was declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Drift {
    /// The account.
    pub account: String,
    /// The role.
    pub role: String,
    /// `missing`: it is not there. `unexpected`: it is not declared and can be assumed from outside. `changed`: it trusts others.
    pub what: &'static str,
    /// How, for people.
    pub how: String,
}

impl Inventory {
    /// Reads a file, YAML or JSON.
    ///
    /// # Errors
    /// It cannot be read, or is no inventory: all mistakes, each with its line.
    pub fn read(path: &Path, files: &dyn Files) -> Result<Self, Refused> {
        let shown: Arc<str> = path.display().to_string().into();
        let refused = |mistake| Refused::new(vec![mistake]);
        let file = files.read(path).map_err(|error| {
            refused(Mistake::new(&Origin::Flag("--expect"), "", format!("cannot read {shown}: {error}")))
        })?;
        let node = yaml::read(&shown, &file.text).map_err(refused)?;
        let mut reader = Reader { mistakes: Vec::new() };
        let inventory = reader.inventory(&node);
        if reader.mistakes.is_empty() { Ok(inventory) } else { Err(Refused::new(reader.mistakes)) }
    }

    /// How the roles of an audit differ. Accounts that were not read say nothing.
    #[must_use]
    pub fn drift(&self, audit: &Audit) -> Vec<Drift> {
        let mut found = Vec::new();
        for account in audit.accounts.iter().filter(|account| account.outcome == "read") {
            let here =
                |expected: &&ExpectedRole| expected.accounts.as_ref().is_none_or(|ids| ids.contains(&account.id));
            let expected: Vec<&ExpectedRole> = self.roles.iter().filter(here).collect();
            let mut say = |role: &str, what, how: String| {
                found.push(Drift { account: account.id.clone(), role: role.to_owned(), what, how });
            };
            for role in &expected {
                match account.roles.iter().find(|found| found.name == role.name) {
                    None => say(&role.name, "missing", "there is no such role".to_owned()),
                    Some(found) => {
                        for how in role.changes(found, &account.id) {
                            say(&role.name, "changed", how);
                        }
                    }
                }
            }
            for role in &account.roles {
                let Some(grant) = role.trust.from_outside().next() else { continue };
                if !expected.iter().any(|expected| expected.name == role.name) {
                    say(
                        &role.name,
                        "unexpected",
                        format!("{} can assume it from outside the account", grant.principal.name),
                    );
                }
            }
        }
        found.sort();
        found
    }
}

impl ExpectedRole {
    fn changes(&self, role: &AuditedRole, account: &str) -> Vec<String> {
        let mut changes = Vec::new();
        let grants: Vec<&Grant> = role.trust.grants.iter().filter(|grant| grant.assumes).collect();
        for trusted in &self.trusted_by {
            let named: Vec<&&Grant> = grants.iter().filter(|grant| trusted.names(grant, account)).collect();
            if named.is_empty() {
                changes.push(format!("{} cannot assume it", trusted.principal));
            }
            for grant in named {
                changes.extend(trusted.differences(grant));
            }
        }
        for grant in &grants {
            if !self.trusted_by.iter().any(|trusted| trusted.names(grant, account)) {
                let but = if grant.all_but { "everybody but " } else { "" };
                changes.push(format!("{but}{} can assume it", grant.principal.name));
            }
        }
        changes
    }
}

impl Trusted {
    /// Whether the grant is about this one: by its name, or by its account and a condition on its ARN.
    fn names(&self, grant: &Grant, account: &str) -> bool {
        let pattern = plain(&self.principal.replace(OWN_ACCOUNT, account));
        let is_named = |name: &str| matches(&pattern, &plain(name));
        let by_arn = || {
            let gates = grant.gates.iter().filter(|gate| gate.kind == GateKind::PrincipalArn && gate.closes);
            let values: Vec<&String> = gates.flat_map(|gate| &gate.values).collect();
            grant.principal.kind == PrincipalKind::Account
                && !values.is_empty()
                && values.iter().all(|value| is_named(value))
        };
        !grant.all_but && (is_named(&grant.principal.name) || by_arn())
    }

    fn differences(&self, grant: &Grant) -> Vec<String> {
        let name = &grant.principal.name;
        let mut found = Vec::new();
        match (self.external_id, grant.asks_external_id()) {
            (Some(true), false) => found.push(format!("{name} needs no external id")),
            (Some(false), true) => found.push(format!("{name} needs an external id")),
            _ => {}
        }
        for (what, kind, wanted) in
            [("audience", GateKind::Audience, &self.audience), ("subject", GateKind::Subject, &self.subject)]
        {
            let Some(wanted) = wanted else { continue };
            let gates = grant.gates.iter().filter(|gate| gate.kind == kind && gate.closes);
            let asked: Vec<&str> = gates.flat_map(|gate| &gate.values).map(String::as_str).collect();
            if asked != [wanted.as_str()] {
                let asked = if asked.is_empty() { "nothing".to_owned() } else { asked.join(", ") };
                found.push(format!("{name} is asked for the {what} {asked}, not {wanted}"));
            }
        }
        if let Some(wanted) = &self.source {
            let gates = grant.gates.iter().filter(|gate| gate.kind == GateKind::SourceArn && gate.closes);
            let asked: Vec<&String> = gates.flat_map(|gate| &gate.values).collect();
            if asked.is_empty() || !asked.iter().all(|arn| arn.ends_with(wanted.as_str())) {
                found.push(format!("{name} is not held to {}", wanted.trim_start_matches(':')));
            }
        }
        found
    }
}

/// An account is written in two ways.
fn plain(principal: &str) -> String {
    let of_root = principal.strip_suffix(":root").and_then(|arn| arn.split(':').nth(4));
    of_root.map_or_else(|| principal.to_owned(), str::to_owned)
}

struct Reader {
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn wrong(&mut self, node: &Node, key: &str, message: &str) {
        self.mistakes.push(Mistake::new(&node.origin, key, message));
    }

    fn known(&mut self, node: &Node, keys: &[&str]) {
        for entry in node.entries() {
            if !keys.contains(&entry.key.as_str()) {
                let mistake = Mistake::new(&entry.key_origin, &entry.key, "there is no such key here");
                self.mistakes.push(mistake.instead(format!("one of {}", keys.join(", "))));
            }
        }
    }

    fn inventory(&mut self, node: &Node) -> Inventory {
        self.known(node, &["roles"]);
        let roles = node.at("roles").map(Node::items).unwrap_or_default();
        if roles.is_empty() {
            self.wrong(node, "roles", "an inventory is a list of roles");
        }
        Inventory { roles: roles.iter().map(|role| self.role(role)).collect() }
    }

    fn role(&mut self, node: &Node) -> ExpectedRole {
        self.known(node, &["name", "description", "accounts", "trusted", "policy"]);
        let name = self.text(node, "name").unwrap_or_default();
        if name.is_empty() || name.contains('/') {
            self.wrong(node, "name", "a role's name, without its path");
        }
        let accounts = node.at("accounts").filter(|accounts| accounts.text() != Some("*"));
        let accounts = accounts.map(|accounts| {
            let ids: Vec<String> = accounts.items().iter().filter_map(Node::text).map(str::to_owned).collect();
            let right = ids.iter().all(|id| portolan_names::AccountId::parse(id).is_ok());
            if !right || ids.is_empty() || ids.len() != accounts.items().len() {
                self.wrong(accounts, "accounts", "\"*\", or a list of account ids: twelve digits each, in quotes");
            }
            ids
        });
        let trusted = node.at("trusted");
        if trusted.is_none_or(|map| !matches!(map.value, Value::Map(_))) {
            self.wrong(node, "trusted", "who may assume the role; {} for nobody");
        }
        let trusted_by = trusted.map(|map| self.trusted(map)).unwrap_or_default();
        ExpectedRole { name, accounts, trusted_by }
    }

    /// The words of the inventory that templates are made from, and `others` for whoever these do not name.
    fn trusted(&mut self, node: &Node) -> Vec<Trusted> {
        self.known(node, &["from_outside", "by_eks", "by_pods", "by_ec2", "by_role", "others"]);
        let service = |name: &str| Trusted { principal: name.to_owned(), ..Trusted::default() };
        let mut trusted = Vec::new();
        if let Some(below) = node.at("from_outside") {
            self.known(below, &["principal", "external_id"]);
            trusted.push(self.named(below));
        }
        if let Some(below) = node.at("by_eks") {
            self.known(below, &["issuer", "namespace", "service_account"]);
            let [issuer, namespace, account] = self.texts(below, ["issuer", "namespace", "service_account"]);
            trusted.push(Trusted {
                principal: format!("arn:*:iam::{OWN_ACCOUNT}:oidc-provider/{issuer}"),
                audience: Some(EKS_AUDIENCE.to_owned()),
                subject: Some(format!("system:serviceaccount:{namespace}:{account}")),
                ..Trusted::default()
            });
        }
        if let Some(below) = node.at("by_pods") {
            self.known(below, &["cluster", "namespace", "service_account"]);
            let [cluster] = self.texts(below, ["cluster"]);
            let source = Some(format!(":cluster/{cluster}"));
            trusted.push(Trusted { source, ..service("pods.eks.amazonaws.com") });
        }
        if node.at("by_ec2").is_some_and(|flag| flag.value == Value::Bool(true)) {
            trusted.push(service("ec2.amazonaws.com"));
        }
        if node.at("by_role").is_some() {
            let [role] = self.texts(node, ["by_role"]);
            trusted.push(service(&format!("arn:*:iam::{OWN_ACCOUNT}:role/{role}")));
        }
        for below in node.at("others").map(Node::items).unwrap_or_default() {
            self.known(below, &["principal", "external_id", "audience", "subject"]);
            trusted.push(self.named(below));
        }
        trusted
    }

    /// Somebody by the name that the trust policy has.
    fn named(&mut self, node: &Node) -> Trusted {
        let [principal] = self.texts(node, ["principal"]);
        let external_id = node.at("external_id").and_then(|flag| match flag.value {
            Value::Bool(flag) => Some(flag),
            _ => {
                self.wrong(
                    flag,
                    "external_id",
                    "true where one has to be asked for, false where not; never the id itself",
                );
                None
            }
        });
        let (audience, subject) = (self.text(node, "audience"), self.text(node, "subject"));
        Trusted { principal, external_id, audience, subject, source: None }
    }

    /// Texts that have to be there.
    fn texts<const N: usize>(&mut self, node: &Node, keys: [&str; N]) -> [String; N] {
        keys.map(|key| {
            let text = self.text(node, key).unwrap_or_default();
            if text.is_empty() {
                self.wrong(node, key, "is missing");
            }
            text
        })
    }

    fn text(&mut self, node: &Node, key: &str) -> Option<String> {
        let value = node.at(key)?;
        if value.text().is_none() {
            self.wrong(value, key, "a text is expected, in quotes");
        }
        value.text().map(str::to_owned)
    }
}
