//! From a document to a verdict.

use std::collections::BTreeSet;

use portolan_names::{AccountId, Arn};
use serde_json::Value;

use crate::condition::{Gate, GateKind, gates, strings};
use crate::document::statements;
use crate::pattern::matches;
use crate::principal::{Principal, PrincipalKind};
use crate::verdict::{Denied, Flag, Grant, Place, Standpoint, Verdict};

/// Says who may assume a role by its trust policy. Whatever the JSON is, there is a verdict, and each of its principals
/// stands in it.
#[must_use]
pub fn judge(document: &Value, standpoint: &Standpoint) -> Verdict {
    let mut verdict = Verdict::default();
    let statements = statements(document);
    if statements.is_empty() {
        verdict.notes.push("the document has no statement".to_owned());
    }
    for (number, statement) in (1..).zip(statements) {
        one(statement, number, standpoint, &mut verdict);
    }
    if !verdict.denied.is_empty() {
        verdict.notes.push("Deny statements are not evaluated: they may keep out whoever is listed".to_owned());
    }
    verdict
}

fn one(statement: &Value, number: usize, standpoint: &Standpoint, verdict: &mut Verdict) {
    let mut named: Vec<(Principal, bool)> = Vec::new();
    for (member, all_but) in [("Principal", false), ("NotPrincipal", true)] {
        let principals = statement.get(member).map(principals).unwrap_or_default();
        named.extend(principals.into_iter().map(|principal| (principal, all_but)));
    }
    if named.is_empty() {
        verdict.notes.push(format!("statement {number} names no principal"));
    }
    if statement.get("Effect").and_then(Value::as_str).is_some_and(|effect| effect.eq_ignore_ascii_case("Deny")) {
        let denied = named.into_iter().map(|(principal, all_but)| Denied { principal, all_but, statement: number });
        verdict.denied.extend(denied);
        return;
    }
    if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
        verdict.notes.push(format!("statement {number} neither allows nor denies; it is taken to allow"));
    }
    let actions = Actions::read(statement);
    for (principal, all_but) in named {
        let gates = gates(statement.get("Condition"), principal.provider());
        let place = if all_but { Place::Anywhere } else { place(&principal, standpoint) };
        let place = narrowed(place, &gates, standpoint);
        let assumes = actions.assume(principal.kind, all_but);
        let mut grant = Grant {
            principal,
            all_but,
            place,
            assumes,
            actions: actions.written.clone(),
            gates,
            flags: BTreeSet::new(),
            statement: number,
        };
        grant.flags = flags(&grant, standpoint);
        verdict.grants.push(grant);
    }
}

/// All principals of a statement's member, whatever its form.
fn principals(value: &Value) -> Vec<Principal> {
    match value {
        Value::Object(families) => {
            let of = |(family, names): (&String, &Value)| -> Vec<Principal> {
                strings(names).iter().map(|name| Principal::read(family, name)).collect()
            };
            families.iter().flat_map(of).collect()
        }
        other => strings(other).iter().map(|name| Principal::read("", name)).collect(),
    }
}

/// What a statement is about.
struct Actions {
    written: Vec<String>,
    all_but: bool,
}

impl Actions {
    fn read(statement: &Value) -> Self {
        match (statement.get("Action"), statement.get("NotAction")) {
            (Some(action), _) => Self { written: strings(action), all_but: false },
            (None, Some(action)) => Self { written: strings(action), all_but: true },
            (None, None) => Self { written: Vec::new(), all_but: false },
        }
    }

    /// Whether the principal can assume the role by them: each kind has an action of its own.
    fn assume(&self, kind: PrincipalKind, everybody: bool) -> bool {
        let by: &[&str] = match kind {
            _ if everybody => &["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"],
            PrincipalKind::Oidc | PrincipalKind::Cognito => &["sts:AssumeRoleWithWebIdentity"],
            PrincipalKind::Saml => &["sts:AssumeRoleWithSAML"],
            PrincipalKind::Anyone | PrincipalKind::Unknown => {
                &["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]
            }
            _ => &["sts:AssumeRole"],
        };
        by.iter().any(|action| self.written.iter().any(|pattern| matches(pattern, action)) != self.all_but)
    }
}

fn place(principal: &Principal, standpoint: &Standpoint) -> Place {
    match (principal.kind, &principal.account) {
        (PrincipalKind::Anyone, _) => Place::Anywhere,
        (PrincipalKind::Service, _) => Place::Service,
        (PrincipalKind::Oidc | PrincipalKind::Saml | PrincipalKind::Cognito, _) => Place::Federation,
        (PrincipalKind::Gone, _) => Place::Nowhere,
        (_, Some(account)) => place_of(account, standpoint),
        (_, None) => Place::Nowhere,
    }
}

fn place_of(account: &AccountId, standpoint: &Standpoint) -> Place {
    if *account == standpoint.account {
        return Place::OwnAccount;
    }
    let known = standpoint.organization.as_ref().is_some_and(|organization| organization.accounts.contains(account));
    if known { Place::Organization } else { Place::Outside }
}

/// Conditions on the caller's organization, account or ARN can only bring somebody nearer.
fn narrowed(place: Place, gates: &[Gate], standpoint: &Standpoint) -> Place {
    if !matches!(place, Place::Anywhere | Place::Outside) {
        return place;
    }
    let nearer = gates.iter().filter(|gate| gate.closes).filter_map(|gate| farthest(gate, standpoint));
    // All conditions have to be met: the nearest of them is where the caller is.
    nearer.fold(place, Place::min)
}

/// The farthest place that a gate lets somebody come from; none where it says nothing of places.
fn farthest(gate: &Gate, standpoint: &Standpoint) -> Option<Place> {
    let places: Option<Vec<Place>> = match gate.kind {
        GateKind::Organization => {
            let ours = |value: &String| if is_ours(value, standpoint) { Place::Organization } else { Place::Outside };
            Some(gate.values.iter().map(ours).collect())
        }
        GateKind::PrincipalAccount => gate.values.iter().map(|value| place_by_id(value, standpoint)).collect(),
        GateKind::PrincipalArn => {
            let of = |value: &String| place_by_id(Arn::parse(value).ok()?.account, standpoint);
            gate.values.iter().map(of).collect()
        }
        _ => None,
    };
    places.and_then(|places| places.into_iter().max())
}

fn place_by_id(id: &str, standpoint: &Standpoint) -> Option<Place> {
    AccountId::parse(id).ok().map(|account| place_of(&account, standpoint))
}

/// `o-…`, or a path that begins with it, of the organization that is known.
fn is_ours(value: &str, standpoint: &Standpoint) -> bool {
    let id = standpoint.organization.as_ref().and_then(|organization| organization.id.as_deref());
    id.is_some_and(|id| value.split('/').next() == Some(id))
}

fn flags(grant: &Grant, standpoint: &Standpoint) -> BTreeSet<Flag> {
    let mut flags = BTreeSet::new();
    if grant.principal.kind == PrincipalKind::Gone {
        flags.insert(Flag::PrincipalGone);
    }
    if grant.all_but {
        flags.insert(Flag::NotPrincipal);
    }
    if !grant.assumes {
        return flags;
    }
    let kind = grant.principal.kind;
    let open_to_all = grant.all_but || kind == PrincipalKind::Anyone;
    // A second factor says nothing of who has it.
    let closing = |gate: &Gate| gate.closes && gate.kind != GateKind::Mfa;
    if open_to_all && !grant.gates.iter().any(closing) {
        flags.insert(Flag::WildcardWithoutCondition);
    }
    if matches!(grant.place, Place::Outside | Place::Anywhere) && !grant.asks_external_id() {
        flags.insert(Flag::OutsideWithoutExternalId);
    }
    let organizations = grant.gates.iter().filter(|gate| gate.kind == GateKind::Organization && gate.closes);
    let knows_ours = standpoint.organization.as_ref().is_some_and(|organization| organization.id.is_some());
    if knows_ours && organizations.flat_map(|gate| &gate.values).any(|value| !is_ours(value, standpoint)) {
        flags.insert(Flag::OtherOrganization);
    }
    if matches!(kind, PrincipalKind::Oidc | PrincipalKind::Cognito) {
        if !grant.closed_by(GateKind::Audience) {
            flags.insert(Flag::OidcWithoutAudience);
        }
        // An identity pool's users are its audience's; whom the pool vouches for is not a matter of trust policies.
        if !grant.closed_by(GateKind::Subject) && kind == PrincipalKind::Oidc {
            flags.insert(Flag::OidcWithoutSubject);
        }
        let subjects = grant.gates.iter().filter(|gate| gate.kind == GateKind::Subject);
        if subjects.into_iter().any(Gate::has_wildcard) {
            flags.insert(Flag::WildcardSubject);
        }
    }
    flags
}
