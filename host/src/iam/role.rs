//! A role as IAM's authorization details give it, with what is said of its trust.

use std::collections::BTreeMap;
use std::sync::Arc;

use portolan_trust::{Standpoint, Verdict, document, judge};
use portolan_xml::Element;
use serde::Serialize;

use super::permissions::{Level, Statement, level};

/// Whose role it is among Portolan's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Own {
    /// This configuration assumes it, or runs as it.
    Used,
    /// It is named as the templates name theirs.
    Named,
}

/// What the roles of the templates, and of the peer's, are called.
const OWN_NAMES: &[&str] = &["PortOcean", "Portolan"];
/// The tag that CloudFormation puts on what it makes.
const STACK_TAG: &str = "aws:cloudformation:stack-name";
/// Where services keep the roles that are theirs.
const SERVICE_PATH: &str = "/aws-service-role/";

/// A policy of a role: inline, or managed and then shared by whoever has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Where it is a managed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// What it says; none where that could not be read.
    pub statements: Option<Vec<Statement>>,
}

/// A role.
#[derive(Debug, Clone, Serialize)]
pub struct AuditedRole {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `AROA…`
    pub id: String,
    /// Its path.
    pub path: String,
    /// When it was made.
    pub created: String,
    /// When it was last used, as far as IAM remembers (400 days).
    pub last_used: Option<String>,
    /// Where.
    pub last_used_region: Option<String>,
    /// What for, in its maker's words.
    pub description: Option<String>,
    /// The stack that made it.
    pub stack: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it is one of Portolan's own.
    pub own: Option<Own>,
    /// Whether it belongs to a service of AWS, which alone can change it.
    pub service_linked: bool,
    /// Who may assume it.
    pub trust: Verdict,
    /// What it may do at most.
    pub may: Level,
    /// Its inline policies.
    pub inline: Vec<Policy>,
    /// The ARNs of its managed policies.
    pub attached: Vec<String>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Policies whose text could not be read: it may do more than is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// A member's text; none where it is not there or empty.
pub(super) fn text(element: &Element, name: &str) -> Option<String> {
    element.child(name).map(|child| child.text.clone()).filter(|text| !text.is_empty())
}

/// The items of a list.
pub(super) fn members<'e>(element: &'e Element, name: &str) -> impl Iterator<Item = &'e Element> {
    element.child(name).into_iter().flat_map(|list| list.children_named("member"))
}

/// The statements of a policy's text; none where it is no policy.
pub(super) fn statements(text: &str) -> Option<Vec<Statement>> {
    document(text).ok().map(|document| Statement::of(&document))
}

impl AuditedRole {
    /// Reads one of `RoleDetailList`. Its level is that of its inline policies until [`AuditedRole::with_managed`].
    pub(super) fn read(detail: &Element, standpoint: &Standpoint, used: &[String], source: &str) -> Self {
        let of = |name: &str| text(detail, name).unwrap_or_default();
        let (name, arn, path) = (of("RoleName"), of("Arn"), of("Path"));
        let tags: BTreeMap<String, String> = members(detail, "Tags")
            .map(|tag| (text(tag, "Key").unwrap_or_default(), text(tag, "Value").unwrap_or_default()))
            .collect();
        let inline = members(detail, "RolePolicyList")
            .map(|policy| Policy {
                name: text(policy, "PolicyName").unwrap_or_default(),
                arn: None,
                statements: text(policy, "PolicyDocument").and_then(|text| statements(&text)),
            })
            .collect();
        let last_used = detail.child("RoleLastUsed");
        Self {
            own: own(&name, &arn, used, source),
            service_linked: path.starts_with(SERVICE_PATH),
            trust: trust(&of("AssumeRolePolicyDocument"), standpoint),
            id: of("RoleId"),
            created: of("CreateDate"),
            last_used: last_used.and_then(|used| text(used, "LastUsedDate")),
            last_used_region: last_used.and_then(|used| text(used, "Region")),
            description: None,
            stack: tags.get(STACK_TAG).cloned(),
            attached: members(detail, "AttachedManagedPolicies")
                .filter_map(|policy| text(policy, "PolicyArn"))
                .collect(),
            boundary: detail.child("PermissionsBoundary").and_then(|boundary| text(boundary, "PermissionsBoundaryArn")),
            may: Level::None,
            unread: Vec::new(),
            inline,
            name,
            arn,
            path,
            tags,
        }
    }

    /// Says what it may do, with the texts of the managed policies.
    pub(super) fn with_managed(mut self, managed: &BTreeMap<String, Arc<Policy>>) -> Self {
        let attached =
            self.attached.iter().map(|arn| (arn.clone(), managed.get(arn).and_then(|p| p.statements.as_ref())));
        let inline = self.inline.iter().map(|policy| (policy.name.clone(), policy.statements.as_ref()));
        let mut may = Level::None;
        let mut unread = Vec::new();
        for (name, statements) in attached.chain(inline) {
            match statements {
                Some(statements) => may = may.max(level(statements)),
                None => unread.push(name),
            }
        }
        (self.may, self.unread) = (may, unread);
        self
    }

    /// All statements that allow or deny, its boundary's left out.
    pub(super) fn statements<'a>(
        &'a self,
        managed: &'a BTreeMap<String, Arc<Policy>>,
    ) -> impl Iterator<Item = &'a Statement> {
        let attached = self.attached.iter().filter_map(|arn| managed.get(arn)).filter_map(|p| p.statements.as_ref());
        attached.chain(self.inline.iter().filter_map(|policy| policy.statements.as_ref())).flatten()
    }
}

/// What is said of a trust policy's text. One that cannot be read is said to be so; nobody is let in by it.
fn trust(text: &str, standpoint: &Standpoint) -> Verdict {
    match document(text) {
        Ok(document) => judge(&document, standpoint),
        Err(error) => Verdict { notes: vec![error.to_string()], ..Verdict::default() },
    }
}

fn own(name: &str, arn: &str, used: &[String], source: &str) -> Option<Own> {
    // `arn:aws:sts::111111111111:assumed-role/NAME/session` runs as the role of that name, whatever its path.
    let account = arn.split(':').nth(4).unwrap_or_default();
    let runs_as = source.contains(&format!("::{account}:assumed-role/{name}/"));
    if runs_as || used.iter().any(|role| role == arn) {
        return Some(Own::Used);
    }
    OWN_NAMES.iter().any(|prefix| name.starts_with(prefix)).then_some(Own::Named)
}
