//! What gates a statement: its conditions, and whether they keep anybody out.

use portolan_names::Arn;
use serde::Serialize;
use serde_json::Value;

use crate::pattern::{has_wildcard, takes_all};

/// What a condition looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    /// `sts:ExternalId`
    ExternalId,
    /// `aws:PrincipalOrgID`, `aws:PrincipalOrgPaths`
    Organization,
    /// `aws:PrincipalAccount`
    PrincipalAccount,
    /// `aws:PrincipalArn`
    PrincipalArn,
    /// `aws:PrincipalTag/…`, `aws:userid` and the like: what else is told of the caller.
    Principal,
    /// `aws:SourceAccount`
    SourceAccount,
    /// `aws:SourceArn`
    SourceArn,
    /// `aws:SourceOrgID`, `aws:SourceOrgPaths`
    SourceOrganization,
    /// `aws:MultiFactorAuthPresent`, `aws:MultiFactorAuthAge`
    Mfa,
    /// A federation's audience: `…:aud`, `…:app_id`, `SAML:aud`
    Audience,
    /// A federation's subject: `…:sub`, `…:id`, `…:user_id`, `SAML:sub`
    Subject,
    /// Another claim of a federation.
    Claim,
    /// Where the call comes from: `aws:SourceIp`, `aws:SourceVpc`, …
    Network,
    /// What the caller chooses or everybody meets: session name, tags of the request, time, transport.
    Caller,
    /// A key that is not known here.
    Other,
}

/// One condition: an operator, a key, and how many values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// What it looks at.
    pub kind: GateKind,
    /// The operator, as written.
    pub operator: String,
    /// The key, as written.
    pub key: String,
    /// The values; none for external ids, which are secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Whether it keeps out whoever does not meet it: it does not where an absent key passes, or every value does.
    pub closes: bool,
}

impl Gate {
    /// Whether a value holds a wildcard that its operator reads as one.
    pub(crate) fn has_wildcard(&self) -> bool {
        is_pattern(&plain_operator(&self.operator)) && self.values.iter().any(|value| has_wildcard(value))
    }
}

/// The gates of a statement's `Condition`; what has no form that IAM knows becomes a gate of its own that closes nothing.
pub(crate) fn gates(condition: Option<&Value>, provider: &str) -> Vec<Gate> {
    let Some(condition) = condition else { return Vec::new() };
    let Some(operators) = condition.as_object() else {
        let gate = |text: String| Gate {
            kind: GateKind::Other,
            operator: String::new(),
            key: text,
            values: Vec::new(),
            closes: false,
        };
        return vec![gate(condition.to_string())];
    };
    let mut gates = Vec::new();
    for (operator, keys) in operators {
        for (key, values) in keys.as_object().into_iter().flatten() {
            gates.push(gate(operator, key, &strings(values), provider));
        }
    }
    gates
}

fn gate(operator: &str, key: &str, values: &[String], provider: &str) -> Gate {
    let kind = kind_of(key, provider);
    let closes = closes(operator, kind, values);
    let values = if kind == GateKind::ExternalId { Vec::new() } else { values.to_vec() };
    Gate { kind, operator: operator.to_owned(), key: key.to_owned(), values, closes }
}

/// A value or a list of them, each as text.
pub(crate) fn strings(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

/// Whether a condition keeps out those who do not meet it.
///
/// Negations, `…IfExists` and `ForAllValues:` pass where the key is absent; `Null` asks that a key be there, with any value;
/// a pattern of stars alone is met by all.
fn closes(operator: &str, kind: GateKind, values: &[String]) -> bool {
    let lower = operator.to_ascii_lowercase();
    if kind == GateKind::Caller || lower.starts_with("forallvalues:") || lower.ends_with("ifexists") {
        return false;
    }
    let plain = plain_operator(operator);
    let positive = matches!(
        plain.as_str(),
        "stringequals"
            | "stringequalsignorecase"
            | "stringlike"
            | "arnequals"
            | "arnlike"
            | "ipaddress"
            | "bool"
            | "binaryequals"
    ) || plain.starts_with("numeric") && plain != "numericnotequals";
    let opens = |value: &String| match plain.as_str() {
        "ipaddress" => value.ends_with("/0"),
        // Whoever has an account can give a role the right name in it.
        _ if kind == GateKind::PrincipalArn && is_pattern(&plain) => {
            Arn::parse(value).map_or_else(|_| has_wildcard(value), |arn| has_wildcard(arn.account))
        }
        // An organization or an account is named whole, or it may be anybody's.
        _ if matches!(kind, GateKind::Organization | GateKind::PrincipalAccount) && is_pattern(&plain) => {
            value.split('/').next().is_some_and(has_wildcard)
        }
        _ => is_pattern(&plain) && takes_all(value),
    };
    positive && !values.is_empty() && !values.iter().any(opens)
}

fn plain_operator(operator: &str) -> String {
    let lower = operator.to_ascii_lowercase();
    let plain = lower.strip_prefix("foranyvalue:").or_else(|| lower.strip_prefix("forallvalues:")).unwrap_or(&lower);
    plain.strip_suffix("ifexists").unwrap_or(plain).to_owned()
}

/// Both of an ARN's operators read wildcards.
fn is_pattern(plain: &str) -> bool {
    matches!(plain, "stringlike" | "arnlike" | "arnequals")
}

fn kind_of(key: &str, provider: &str) -> GateKind {
    let lower = key.to_ascii_lowercase();
    if let Some(claim) = claim_of(&lower, provider) {
        return match claim {
            "aud" | "app_id" => GateKind::Audience,
            "sub" | "id" | "user_id" | "namequalifier" => GateKind::Subject,
            _ => GateKind::Claim,
        };
    }
    match lower.as_str() {
        "sts:externalid" => GateKind::ExternalId,
        "aws:principalorgid" | "aws:principalorgpaths" => GateKind::Organization,
        "aws:principalaccount" => GateKind::PrincipalAccount,
        "aws:principalarn" => GateKind::PrincipalArn,
        "aws:sourceaccount" => GateKind::SourceAccount,
        "aws:sourcearn" => GateKind::SourceArn,
        "aws:sourceorgid" | "aws:sourceorgpaths" => GateKind::SourceOrganization,
        "aws:multifactorauthpresent" | "aws:multifactorauthage" => GateKind::Mfa,
        "aws:sourceip" | "aws:vpcsourceip" | "aws:sourcevpc" | "aws:sourcevpce" => GateKind::Network,
        "aws:userid"
        | "aws:username"
        | "aws:principaltype"
        | "aws:principalservicename"
        | "aws:principalisawsservice" => GateKind::Principal,
        "aws:securetransport"
        | "aws:currenttime"
        | "aws:epochtime"
        | "aws:tokenissuetime"
        | "aws:requestedregion"
        | "aws:tagkeys"
        | "aws:useragent"
        | "aws:referer"
        | "sts:rolesessionname"
        | "sts:sourceidentity"
        | "sts:transitivetagkeys"
        | "sts:durationseconds" => GateKind::Caller,
        other if other.starts_with("aws:principaltag/") => GateKind::Principal,
        other if other.starts_with("aws:requesttag/") => GateKind::Caller,
        _ => GateKind::Other,
    }
}

/// The claim that a federation's key names: what follows the provider, or `SAML:`.
fn claim_of<'k>(lower: &'k str, provider: &str) -> Option<&'k str> {
    let of_provider = lower.strip_prefix(&provider.to_ascii_lowercase()).and_then(|rest| rest.strip_prefix(':'));
    let of_saml = lower.strip_prefix("saml:");
    of_provider.filter(|_| !provider.is_empty()).or(of_saml)
}
