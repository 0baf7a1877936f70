//! From a cause to what mends it, with the names of whoever was refused.

use serde_json::json;

use super::case::Case;
use super::cause::Cause;
use super::mend::Mend;
use crate::credentials::{AssumeFailure, Hop, Identity, in_any_account};

/// A call that was denied.
pub(super) struct Refused<'a> {
    /// The ARN of the role, or of the caller.
    pub(super) who: &'a str,
    /// The IAM actions.
    pub(super) actions: Vec<&'a str>,
    /// What they were to be done with.
    pub(super) resource: &'a str,
    /// Which service was asked.
    pub(super) service: &'a str,
}

impl Refused<'_> {
    /// What mends a denial by this sort of policy.
    pub(super) fn mends(&self, cause: Cause) -> Vec<Mend> {
        let allow = |to: String, principal: bool| {
            let mut statement = json!({"Effect": "Allow", "Action": self.actions, "Resource": self.resource});
            if let Some(object) = statement.as_object_mut().filter(|_| principal) {
                object.insert("Principal".to_owned(), json!("*"));
            }
            vec![Mend::Statement { to, statement }]
        };
        match cause {
            Cause::IdentityPolicy => allow(format!("a policy of {}", self.who), false),
            Cause::PermissionsBoundary => allow(format!("the permissions boundary of {}", self.who), false),
            Cause::VpcEndpointPolicy => allow(format!("the policy of the VPC endpoint for {}", self.service), true),
            Cause::ServiceControlPolicy | Cause::ResourceControlPolicy => {
                let what = if cause == Cause::ServiceControlPolicy { "service" } else { "resource" };
                vec![Mend::Statement {
                    to: format!(
                        "the organization's {what} control policy, as a condition of the statement that denies"
                    ),
                    statement: json!({"ArnNotLike": {"aws:PrincipalArn": [in_any_account(self.who)]}}),
                }]
            }
            Cause::SessionPolicy => {
                vec![Mend::act(format!("widen the session policy with which the session of {} was started", self.who))]
            }
            Cause::ResourcePolicy => vec![Mend::act(format!("let the resource's own policy allow {}", self.who))],
            _ => Vec::new(),
        }
    }
}

/// What mends a role that was not assumed.
pub(super) fn of_session(case: &Case, who: &Identity, failure: &AssumeFailure, causes: &[Cause]) -> Vec<Mend> {
    let hop = case.failed_hop(who, failure);
    let caller = case.refused_caller(who, failure);
    let mut mends = Vec::new();
    for cause in causes {
        let before = mends.len();
        if let Some(hop) = &hop {
            mends.extend(of_hop(case, *cause, hop, &caller));
        }
        if mends.len() == before {
            mends.push(Mend::act(failure.next()));
        }
    }
    mends
}

fn of_hop(case: &Case, cause: Cause, hop: &Hop, caller: &str) -> Vec<Mend> {
    let (role, account) = (&hop.role, hop.role.account());
    let name = role.path_and_name().rsplit('/').next().unwrap_or_default().to_owned();
    let anywhere = in_any_account(role.as_str());
    let there = format!("   # as an administrator of {account}");
    match cause {
        Cause::TrustPolicy => {
            vec![
                Mend::run(format!("aws iam get-role --role-name {name}{there}")),
                Mend::trust(hop, caller, case.has_tags()),
            ]
        }
        Cause::ExternalId if hop.external_id.is_some() => vec![Mend::act(format!(
            "compare sts:ExternalId in the trust policy of {role} with the one configured (roles.external_id, \
             --external-id-file): one was sent; look for another account's, and for a line break at its end"
        ))],
        Cause::ExternalId => vec![Mend::act(format!(
            "if the trust policy of {role} asks for sts:ExternalId, give it with --external-id-file or roles.external_id: \
             none was sent"
        ))],
        Cause::TagSession => vec![
            Mend::trust(hop, caller, true),
            Mend::act("or set disableSessionTags on the Pod Identity association, which then sends none"),
        ],
        Cause::SourceIdentity => {
            vec![Mend::trust(hop, caller, case.has_tags()), Mend::act("or leave --source-identity out")]
        }
        Cause::ExpiredToken if hop.by_web_identity => vec![renewed_token()],
        Cause::WebIdentity => of_token(case, hop, &there),
        Cause::SessionTooLong => {
            let asked = hop.duration_s.unwrap_or_default();
            vec![
                Mend::act("leave --session-duration (roles.duration_s) out, or set 3600 or less"),
                Mend::run(format!("aws iam update-role --role-name {name} --max-session-duration {asked}{there}")),
            ]
        }
        _ => {
            let refused = Refused { who: caller, actions: vec!["sts:AssumeRole"], resource: &anywhere, service: "sts" };
            match cause {
                // The policy that denies looks at the caller, which is the principal of the call.
                Cause::IdentityPolicy
                | Cause::PermissionsBoundary
                | Cause::VpcEndpointPolicy
                | Cause::ServiceControlPolicy
                | Cause::ResourceControlPolicy
                | Cause::SessionPolicy => refused.mends(cause),
                _ => Vec::new(),
            }
        }
    }
}

/// What mends a token that has expired.
pub(super) fn renewed_token() -> Mend {
    Mend::act("have the token file renewed: kubelet does it for a projected token, a copy of one stays old")
}

fn of_token(case: &Case, hop: &Hop, there: &str) -> Vec<Mend> {
    let Some(claims) = &case.claims else {
        return vec![Mend::act("let the token file hold a JSON web token of the issuer that the role trusts")];
    };
    vec![
        Mend::trust_token(hop, &claims.issuer, &claims.audience, &claims.subject),
        Mend::run(format!("aws iam list-open-id-connect-providers{there}: its issuer is {}", claims.issuer)),
    ]
}
