//! What a run did not see, and why: one entry for each unit or account that did not complete.

use std::collections::BTreeMap;

use portolan_errors::{Denial, denial};
use serde::Serialize;

use crate::denials::NOT_ASKED;
use crate::outcome::{Problem, ProblemClass};

/// A unit, or a whole account, that was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// The account.
    pub account: String,
    /// The region; none for global kinds and for whole accounts.
    pub region: Option<String>,
    /// The kind; none for a whole account.
    pub kind: Option<String>,
    /// `denied-by-scp`, `throttled`, `role-denied`, …: what `accept:` matches.
    pub class: String,
    /// AWS's own code.
    pub code: String,
    /// AWS's own text, or ours.
    pub message: String,
    /// What to do about it.
    pub advice: String,
    /// The reason under which the configuration accepts it.
    pub accepted: Option<String>,
    /// Whether it counts under `--fail-on new`.
    pub new: bool,
}

/// The class of what a service control policy denies, asked for or not.
const DENIED_BY_SCP: &str = "denied-by-scp";
/// The class of a role that could not be assumed.
pub const ROLE_DENIED: &str = "role-denied";
/// The class of a session that failed for another reason than a denial.
pub const ROLE_FAILED: &str = "role-failed";

/// The class of a problem, with denials told apart by who denies.
#[must_use]
pub fn class_of(problem: &Problem) -> String {
    if problem.class != ProblemClass::Denied {
        return problem.class.as_str().to_owned();
    }
    if problem.code == NOT_ASKED {
        return DENIED_BY_SCP.to_owned();
    }
    let by = match denial(&problem.code, &problem.message) {
        Some(Denial::ServiceControlPolicy) => DENIED_BY_SCP,
        Some(Denial::ResourceControlPolicy) => "denied-by-rcp",
        Some(Denial::SessionPolicy) => "denied-by-session-policy",
        Some(Denial::PermissionsBoundary) => "denied-by-boundary",
        Some(Denial::VpcEndpointPolicy) => "denied-by-vpc-endpoint-policy",
        Some(Denial::ResourcePolicy) => "denied-by-resource-policy",
        Some(Denial::Trust) => ROLE_DENIED,
        Some(Denial::IdentityPolicy) => "denied-by-identity-policy",
        Some(Denial::Unknown) | None => "denied",
    };
    by.to_owned()
}

/// What to do about a class of problems, in one line.
#[must_use]
pub fn advice_for(class: &str, operation: &str) -> String {
    match class {
        "denied" | "denied-by-identity-policy" => {
            format!("allow {operation} in the role's policy, or leave the kind out")
        }
        DENIED_BY_SCP => {
            "a service control policy denies it; deny the region in regions.deny, or accept it under accept:".to_owned()
        }
        "denied-by-rcp" => "a resource control policy of the organization denies it; ask its administrators".to_owned(),
        "denied-by-session-policy" => {
            "the session's own policy denies it; this is a defect, please report it".to_owned()
        }
        "denied-by-boundary" => format!("the role's permissions boundary denies {operation}; widen it"),
        "denied-by-vpc-endpoint-policy" => format!("the VPC endpoint's policy denies {operation}; widen it"),
        "denied-by-resource-policy" => "the resource's own policy denies it; allow the role there".to_owned(),
        ROLE_DENIED => "let the role's trust policy name the source identity, and check the external id".to_owned(),
        "throttled" => "AWS slowed us down to the end; run again, or lower --concurrency".to_owned(),
        "unavailable" => {
            "the service is not offered there or not subscribed to; deny the region for the kind".to_owned()
        }
        "unreachable" | "timed-out" => {
            "mend what the message names (the network, a proxy, an endpoint that there is not in FIPS or dual-stack form), \
             then run again"
                .to_owned()
        }
        "too-large" | "limit" => "a limit of this program ended it; the message names it".to_owned(),
        "refused" => "the request is not a read that the configuration allows; the message names the rule".to_owned(),
        "cancelled" => "the run was stopped; run again".to_owned(),
        _ => "run again; if it stays, report it with the request id".to_owned(),
    }
}

/// Scopes that share account, region and class, for people to read: a region that is closed is one
/// line, not one for each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeGroup<'a> {
    /// One of them.
    pub example: &'a Scope,
    /// How many there are.
    pub count: usize,
    /// One of those that were not asked for, since service control policies close the place.
    pub not_asked: Option<&'a Scope>,
    /// How many of those there are.
    pub not_asked_count: usize,
}

/// Groups scopes by account, region and class, in that order.
#[must_use]
pub fn grouped(scopes: &[Scope]) -> Vec<ScopeGroup<'_>> {
    let mut groups: BTreeMap<(&str, &str, &str), ScopeGroup<'_>> = BTreeMap::new();
    for scope in scopes {
        let key = (scope.account.as_str(), scope.region.as_deref().unwrap_or(""), scope.class.as_str());
        let new = ScopeGroup { example: scope, count: 0, not_asked: None, not_asked_count: 0 };
        let group = groups.entry(key).or_insert(new);
        group.count += 1;
        if scope.code == NOT_ASKED {
            group.not_asked_count += 1;
            group.not_asked = Some(scope);
        } else if group.example.code == NOT_ASKED {
            // AWS's own words tell more than ours.
            group.example = scope;
        }
    }
    groups.into_values().collect()
}
