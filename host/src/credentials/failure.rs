//! Why there is no session: what happened, in AWS's words, and what to do.

use std::fmt;

use portolan_errors::Denial;
use portolan_names::RoleArn;

/// Text of AWS that is kept for a message; its own are a few hundred characters.
const MESSAGE_CHARS: usize = 1000;

/// Why a role's session could not be had. Cloned into every scope that needed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumeFailure {
    /// The role that was asked for; none where the source itself failed.
    pub role: Option<RoleArn>,
    /// What the caller decides by.
    pub what: What,
    /// AWS's code (`AccessDenied`), the status where the answer has none, empty where nobody answered.
    pub code: String,
    /// AWS's text, or ours.
    pub message: String,
    /// AWS's request id, where it answered.
    pub request_id: Option<String>,
}

/// The kinds of failure, by what can be done about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// AWS said no, and would say it again: remembered for the run.
    Denied(Denied),
    /// Too many calls, after our retries.
    Throttled,
    /// No answer, or AWS's own trouble, after our retries.
    Unreachable,
    /// The credentials that asked have expired, or are not known any more.
    CallerExpired,
    /// The session policy, packed together with the session's tags, is larger than AWS takes.
    PolicyTooLarge,
    /// AWS cannot read the session policy.
    PolicyMalformed,
    /// STS is switched off in that region.
    RegionOff,
    /// This host's clock differs from AWS's.
    Clock,
    /// The caller and the roles lie in different partitions: one run, one partition.
    Partition,
    /// The settings cannot work: refused by us, before any call.
    Settings,
    /// The source of credentials did not give any.
    Source,
    /// Whoever embeds this library brings credentials of their own, and these were not given.
    Embedder {
        /// It said no for good.
        denied: bool,
    },
    /// AWS answered, but not with a session of the role that was asked for.
    BadAnswer,
}

/// Which policy said no, as far as AWS tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Denied {
    /// The role's trust, its external id, or no such role: AWS answers these alike, on purpose.
    Trust,
    /// The caller's own policies do not allow sts:AssumeRole on the role.
    IdentityPolicy,
    /// The caller's session was cut down by a session policy.
    SessionPolicy,
    /// A service control policy of the organization.
    ServiceControlPolicy,
    /// A resource control policy of the organization.
    ResourceControlPolicy,
    /// The caller's permissions boundary.
    PermissionsBoundary,
    /// The policy of a VPC endpoint on the way.
    VpcEndpointPolicy,
    /// Session tags: the trust lacks sts:TagSession.
    TagSession,
    /// Source identity: the trust or the caller lacks sts:SetSourceIdentity.
    SetSourceIdentity,
    /// The web identity token: its issuer, audience or subject is not what the role's trust demands.
    WebIdentityToken,
    /// The session's duration is above the role's maximum.
    Duration,
}

impl AssumeFailure {
    pub(crate) fn own(role: Option<&RoleArn>, what: What, message: impl Into<String>) -> Self {
        Self { role: role.cloned(), what, code: String::new(), message: message.into(), request_id: None }
    }

    /// Whether AWS said no for good. Such an account is reported as not reached and keeps what it has.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self.what, What::Denied(_) | What::Embedder { denied: true })
    }

    /// Whether asking again within the run can help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self.what,
            What::Throttled
                | What::Unreachable
                | What::CallerExpired
                | What::Source
                | What::BadAnswer
                | What::Embedder { denied: false }
        )
    }

    /// The likely cause, as one sentence.
    #[must_use]
    pub fn cause(&self) -> &'static str {
        match self.what {
            What::Denied(denied) => denied.cause(),
            What::Throttled => "STS limits the calls of this account, and other callers share the limit",
            What::Unreachable => "STS could not be reached or had a fault of its own",
            What::CallerExpired => "the credentials that assume the role have expired or were withdrawn",
            What::PolicyTooLarge => {
                "the session policy and the session's tags together are larger, packed, than AWS takes"
            }
            What::PolicyMalformed => "AWS cannot read the session policy that Portolan made: a defect of Portolan",
            What::RegionOff => "STS is deactivated in that region for the caller's account",
            What::Clock => "this host's clock differs from AWS's by more than signatures allow",
            What::Partition => "the credentials belong to another partition than the roles",
            What::Settings => "the settings cannot work together",
            What::Source => "the chosen credential source gave no credentials, or wrong ones",
            What::Embedder { .. } => "the identity that was given to this library gave no credentials",
            What::BadAnswer => "whatever answered is not STS, or an endpoint override points elsewhere",
        }
    }

    /// What to do next, as one sentence.
    #[must_use]
    pub fn next(&self) -> &'static str {
        match self.what {
            What::Denied(denied) => denied.next(),
            What::Throttled => "run again, or with a lower --concurrency",
            What::Unreachable => "check DNS, routes and security groups to sts.REGION, then run again",
            What::CallerExpired => "renew the source's credentials, then run again",
            What::PolicyTooLarge => "send fewer session tags, or run with --session-policy managed-read-only",
            What::PolicyMalformed => "report it; until it is mended, run with --session-policy managed-read-only",
            What::RegionOff => {
                "activate STS there in IAM's account settings, or set credentials.sts_region to another region"
            }
            What::Clock => "set the clock (NTP), then run again",
            What::Partition => "use credentials of the roles' partition, or name roles of the credentials' one",
            What::Settings => "change the setting that the message names",
            What::Source => "mend that source, or name another one with --credentials",
            What::Embedder { .. } => "mend that identity, or leave the account out",
            What::BadAnswer => "check AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS and --endpoint-url",
        }
    }
}

impl Denied {
    fn cause(self) -> &'static str {
        match self {
            Self::Trust => {
                "the role does not exist, does not trust this caller, or expects another external id \
                 (AWS does not say which)"
            }
            Self::IdentityPolicy => "the caller's own policies do not allow sts:AssumeRole on this role",
            Self::SessionPolicy => "the caller's session carries a session policy without sts:AssumeRole on this role",
            Self::ServiceControlPolicy => "a service control policy of the organization denies it",
            Self::ResourceControlPolicy => "a resource control policy of the organization denies it",
            Self::PermissionsBoundary => "the caller's permissions boundary does not allow it",
            Self::VpcEndpointPolicy => "the policy of the VPC endpoint for STS does not allow it",
            Self::TagSession => {
                "the session carries tags (Pod Identity's do) and the role's trust lacks sts:TagSession"
            }
            Self::SetSourceIdentity => {
                "a source identity is sent, and the role's trust or the caller lacks sts:SetSourceIdentity"
            }
            Self::WebIdentityToken => {
                "the token's issuer, audience, subject or age is not what the role's trust demands"
            }
            Self::Duration => "the session's duration is above the role's maximum",
        }
    }

    fn next(self) -> &'static str {
        match self {
            Self::Trust => {
                "compare the role's trust policy with the caller printed above, and its sts:ExternalId with the configured one"
            }
            Self::IdentityPolicy => "allow the caller sts:AssumeRole on arn:PARTITION:iam::*:role/NAME",
            Self::SessionPolicy => {
                "widen the session policy of whoever started this session; behind roles.hub it is Portolan's own: report it"
            }
            Self::ServiceControlPolicy | Self::ResourceControlPolicy => {
                "have the organization's policy except this role, or exclude the account"
            }
            Self::PermissionsBoundary => "add sts:AssumeRole on the role to the caller's permissions boundary",
            Self::VpcEndpointPolicy => "allow sts:AssumeRole in the endpoint's policy",
            Self::TagSession => {
                "add sts:TagSession to the role's trust, or set disableSessionTags on the Pod Identity association"
            }
            Self::SetSourceIdentity => "add sts:SetSourceIdentity to both, or leave out --source-identity",
            Self::WebIdentityToken => {
                "compare the trust's aud and sub conditions and its OIDC provider with the token's claims"
            }
            Self::Duration => "lower --session-duration, or raise the role's maximum session duration",
        }
    }
}

impl fmt::Display for AssumeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.role {
            Some(role) => write!(f, "no session for {role}: ")?,
            None if matches!(self.what, What::Embedder { .. }) => f.write_str("no credentials: ")?,
            None => f.write_str("no source credentials: ")?,
        }
        if !self.code.is_empty() {
            write!(f, "{}: ", self.code)?;
        }
        f.write_str(&self.message)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        write!(f, "; likely: {}; next: {}", self.cause(), self.next())
    }
}

impl std::error::Error for AssumeFailure {}

/// AWS's text without control characters, cut, and without any of `secrets`.
pub(super) fn cleaned<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = text.to_owned();
    for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "***");
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_CHARS).collect()
}

/// Sorts an answer of STS by its code, text and status.
pub(super) fn sort(code: &str, message: &str, status: u16) -> What {
    match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" if message.contains("eb identity") => {
            What::Denied(Denied::WebIdentityToken)
        }
        "ExpiredToken" | "InvalidClientTokenId" | "UnrecognizedClientException" | "TokenRefreshRequired" => {
            What::CallerExpired
        }
        // AssumeRoleWithWebIdentity's own name for a token that is too old.
        "ExpiredTokenException" | "InvalidIdentityToken" | "IDPRejectedClaim" => What::Denied(Denied::WebIdentityToken),
        "PackedPolicyTooLarge" | "PackedPolicyTooLargeException" => What::PolicyTooLarge,
        "MalformedPolicyDocument" | "MalformedPolicyDocumentException" => What::PolicyMalformed,
        "RegionDisabledException" | "RegionDisabled" => What::RegionOff,
        "SignatureDoesNotMatch" if message.contains("expired") || message.contains("not yet current") => What::Clock,
        "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => What::Clock,
        "ValidationError" if message.contains("DurationSeconds") => What::Denied(Denied::Duration),
        "IDPCommunicationError" | "InternalFailure" | "InternalError" | "ServiceUnavailable" | "RequestTimeout" => {
            What::Unreachable
        }
        // A secret key that does not belong to its access key id.
        "SignatureDoesNotMatch" | "IncompleteSignature" => What::Source,
        "ValidationError" | "InvalidParameterValue" => What::Settings,
        "AccessDenied" | "AccessDeniedException" => What::Denied(denied(code, message)),
        _ if status == 429 || portolan_errors::is_throttling(code) => What::Throttled,
        _ if status >= 500 => What::Unreachable,
        _ if status == 403 || status == 401 => What::Denied(denied(code, message)),
        _ => What::BadAnswer,
    }
}

/// Whose policy said no is read by the crate that reads all of AWS's errors; what is STS's own comes on top.
fn denied(code: &str, message: &str) -> Denied {
    match portolan_errors::denial(code, message) {
        Some(Denial::ServiceControlPolicy) => Denied::ServiceControlPolicy,
        Some(Denial::ResourceControlPolicy) => Denied::ResourceControlPolicy,
        Some(Denial::PermissionsBoundary) => Denied::PermissionsBoundary,
        Some(Denial::SessionPolicy) => Denied::SessionPolicy,
        Some(Denial::VpcEndpointPolicy) => Denied::VpcEndpointPolicy,
        _ if message.contains("sts:TagSession") => Denied::TagSession,
        _ if message.contains("sts:SetSourceIdentity") => Denied::SetSourceIdentity,
        _ if message.contains("sts:AssumeRoleWithWebIdentity") => Denied::WebIdentityToken,
        Some(Denial::IdentityPolicy) => Denied::IdentityPolicy,
        _ => Denied::Trust,
    }
}

#[cfg(test)]
mod tests {
    use super::{Denied, What, cleaned, sort};

    #[test]
    fn denials_are_told_apart_by_what_aws_says() {
        let to = "User: arn:aws:sts::111122223333:assumed-role/a/b is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/r";
        for (text, expected) in [
            (to.to_owned(), Denied::Trust),
            (format!("{to} because no identity-based policy allows the sts:AssumeRole action"), Denied::IdentityPolicy),
            (format!("{to} with an explicit deny in a service control policy"), Denied::ServiceControlPolicy),
            (
                format!("{to} because no permissions boundary allows the sts:AssumeRole action"),
                Denied::PermissionsBoundary,
            ),
            (format!("{to} because no session policy allows the sts:AssumeRole action"), Denied::SessionPolicy),
            (to.replace("sts:AssumeRole", "sts:TagSession"), Denied::TagSession),
            ("Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned(), Denied::WebIdentityToken),
        ] {
            assert_eq!(sort("AccessDenied", &text, 403), What::Denied(expected), "{text}");
        }
    }

    #[test]
    fn what_may_pass_is_not_a_denial() {
        assert_eq!(sort("Throttling", "Rate exceeded", 400), What::Throttled);
        assert_eq!(sort("IDPCommunicationError", "", 400), What::Unreachable);
        assert_eq!(sort("", "<html>", 502), What::Unreachable);
        assert_eq!(
            sort("ExpiredToken", "The security token included in the request is expired", 403),
            What::CallerExpired
        );
        assert_eq!(sort("RegionDisabledException", "STS is not activated in this region", 403), What::RegionOff);
        assert_eq!(
            sort("SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier", 403),
            What::Clock
        );
        assert_eq!(sort("", "<html>", 404), What::BadAnswer);
        assert_eq!(
            sort("PackedPolicyTooLarge", "Packed policy consumes 108% of allotted space", 400),
            What::PolicyTooLarge
        );
        assert_eq!(sort("MalformedPolicyDocument", "Syntax errors in policy.", 400), What::PolicyMalformed);
    }

    #[test]
    fn texts_are_cut_and_keep_no_secret_and_no_control_characters() {
        assert_eq!(cleaned("bad id 's3cret'\u{1b}[2J\n", ["s3cret", ""]), "bad id '***' [2J ");
        assert_eq!(cleaned(&"x".repeat(5000), []).len(), 1000);
    }
}
