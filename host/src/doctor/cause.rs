//! Why something does not work, as far as what was answered tells.

use portolan_errors::Denial;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::credentials::{AssumeFailure, Denied, What};
use crate::http_client::HttpError;
use crate::outcome::{Problem, ProblemClass};

macro_rules! causes {
    ($($name:ident = $text:literal: $says:literal,)+) => {
        /// A likely cause.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Cause { $(#[doc = $says] $name,)+ }

        impl Cause {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// As one sentence.
            #[must_use]
            pub const fn says(self) -> &'static str {
                match self { $(Self::$name => $says,)+ }
            }
        }
    };
}

causes! {
    TrustPolicy = "trust-policy": "the role's trust policy does not name this caller, or there is no such role (AWS answers these alike)",
    ExternalId = "external-id": "the role expects another external id than the one that was sent, or one where none was",
    SessionTooLong = "session-too-long": "the session's duration is above what the role, or a chain of roles (one hour), allows",
    IdentityPolicy = "identity-policy": "the caller's own policies do not allow it",
    SessionPolicy = "session-policy": "the policy of the caller's session does not allow it",
    ServiceControlPolicy = "scp": "a service control policy of the organization denies it",
    ResourceControlPolicy = "rcp": "a resource control policy of the organization denies it",
    PermissionsBoundary = "boundary": "the caller's permissions boundary does not allow it",
    VpcEndpointPolicy = "vpc-endpoint-policy": "the policy of the VPC endpoint on the way does not allow it",
    ResourcePolicy = "resource-policy": "the policy of the resource itself does not allow it",
    OwnPolicy = "own-policy": "the session policy that Portolan sends is larger, packed, than AWS takes, or AWS cannot read it",
    TagSession = "tag-session": "the session carries tags (Pod Identity's do), and the role's trust lacks sts:TagSession",
    SourceIdentity = "source-identity": "a source identity is sent, and the role's trust or the caller lacks sts:SetSourceIdentity",
    WebIdentity = "web-identity": "the token's issuer, audience or subject is not what the role's trust asks for, or the account lacks the identity provider",
    ExpiredToken = "expired-token": "the credentials or the token have expired, or were withdrawn",
    NoSource = "no-source": "no source of credentials gives any, or the one that was chosen gives wrong ones",
    Clock = "clock": "this machine's clock is off by more than signatures allow",
    WrongPartition = "wrong-partition": "the credentials, the roles and the region do not lie in one partition",
    StsOff = "sts-off": "STS is deactivated in that region for the caller's account",
    RegionNotEnabled = "region-not-enabled": "the account has not enabled the region",
    RegionLeftOut = "region-left-out": "the configuration leaves the region out",
    RegionsUnknown = "regions-unknown": "the account's regions cannot be listed, so nothing of it is read",
    Settings = "settings": "the settings cannot work together",
    Proxy = "proxy": "the proxy that is configured here does not answer, or lets nothing through to there",
    Certificate = "certificate": "the certificate is not trusted: a proxy that intercepts, or a machine without certificates",
    Name = "name": "the name does not resolve",
    Network = "network": "no connection: a route, a firewall or a security group",
    NotPublic = "inner-address": "the name leads to an address inside, which was not named",
    Throttled = "throttled": "AWS limits the calls of this account, and other callers share the limit",
    Slow = "slow": "answers take long",
    BadAnswer = "bad-answer": "whatever answered is not AWS, or an endpoint override points elsewhere",
    NoOrganization = "no-organization": "the account of the listing role belongs to no organization",
    NotAdministrator = "not-administrator": "the listing role lacks the permission, or its account is neither the management account nor a delegated administrator",
    OtherOrganization = "other-organization": "it is another organization than the expected one",
    AccountResting = "account-resting": "the account is suspended, closed or pending: nothing can be read there",
    AccountLeftOut = "account-left-out": "the configuration leaves the account out",
    AccountNotListed = "account-not-listed": "the organization does not list the account",
    NothingChosen = "nothing-chosen": "the configuration says nothing of which accounts to read",
    NoService = "no-service": "the service is not offered there, or the account is not subscribed to it",
    Guard = "guard": "Portolan's own guard does not let the request pass",
    File = "file": "the file or its folder cannot be written",
    NotACatalogue = "not-a-catalogue": "the file is no catalogue of ours, or of a newer version",
    Held = "held": "another run holds the catalogue",
    SinkRefuses = "sink-refuses": "the sink refuses us",
    Limit = "limit": "a limit of this examination ended it",
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Cause", 2)?;
        fields.serialize_field("name", self.name())?;
        fields.serialize_field("says", self.says())?;
        fields.end()
    }
}

impl Cause {
    /// Of a role that was not assumed, the likeliest first. `sent_external_id` and whether the same one has worked for
    /// another role tell the two things apart that AWS answers alike.
    #[must_use]
    pub fn of_session(failure: &AssumeFailure, sent_external_id: bool, works_elsewhere: bool) -> Vec<Self> {
        let one = match failure.what {
            What::Denied(Denied::Trust) if sent_external_id && !works_elsewhere => {
                return vec![Self::ExternalId, Self::TrustPolicy];
            }
            // A token that is too old is refused by its own code.
            What::Denied(Denied::WebIdentityToken) if failure.code == "ExpiredTokenException" => Self::ExpiredToken,
            What::Denied(Denied::Trust) => return vec![Self::TrustPolicy, Self::ExternalId],
            What::Denied(denied) => Self::of_denied(denied),
            What::Throttled => Self::Throttled,
            What::Unreachable => Self::Network,
            What::CallerExpired => Self::ExpiredToken,
            What::PolicyTooLarge | What::PolicyMalformed => Self::OwnPolicy,
            What::RegionOff => Self::StsOff,
            What::Clock => Self::Clock,
            What::Partition => Self::WrongPartition,
            What::Settings => Self::Settings,
            What::Source | What::Embedder { .. } => Self::NoSource,
            What::BadAnswer => Self::BadAnswer,
        };
        vec![one]
    }

    fn of_denied(denied: Denied) -> Self {
        match denied {
            Denied::Trust => Self::TrustPolicy,
            Denied::IdentityPolicy => Self::IdentityPolicy,
            Denied::SessionPolicy => Self::SessionPolicy,
            Denied::ServiceControlPolicy => Self::ServiceControlPolicy,
            Denied::ResourceControlPolicy => Self::ResourceControlPolicy,
            Denied::PermissionsBoundary => Self::PermissionsBoundary,
            Denied::VpcEndpointPolicy => Self::VpcEndpointPolicy,
            Denied::TagSession => Self::TagSession,
            Denied::SetSourceIdentity => Self::SourceIdentity,
            Denied::WebIdentityToken => Self::WebIdentity,
            Denied::Duration => Self::SessionTooLong,
        }
    }

    /// Of a call that gave nothing, or less than asked for; none where the class says that nothing is wrong.
    #[must_use]
    pub fn of_problem(problem: &Problem) -> Option<Self> {
        Some(match problem.class {
            ProblemClass::Denied => match portolan_errors::denial(&problem.code, &problem.message) {
                Some(Denial::SessionPolicy) => Self::SessionPolicy,
                Some(Denial::ServiceControlPolicy) => Self::ServiceControlPolicy,
                Some(Denial::ResourceControlPolicy) => Self::ResourceControlPolicy,
                Some(Denial::PermissionsBoundary) => Self::PermissionsBoundary,
                Some(Denial::VpcEndpointPolicy) => Self::VpcEndpointPolicy,
                Some(Denial::ResourcePolicy) => Self::ResourcePolicy,
                Some(Denial::Trust) => Self::TrustPolicy,
                // Where AWS does not say, it is the role's own policies far more often than not.
                Some(Denial::IdentityPolicy | Denial::Unknown) | None => Self::IdentityPolicy,
            },
            ProblemClass::Throttled => Self::Throttled,
            // Bad credentials answer alike, but these have listed the regions.
            _ if portolan_errors::is_region_perhaps_closed(&problem.code) => Self::RegionNotEnabled,
            ProblemClass::Unavailable if portolan_errors::is_region_closed(&problem.code) => Self::RegionNotEnabled,
            ProblemClass::Unavailable => Self::NoService,
            ProblemClass::Refused => Self::Guard,
            ProblemClass::NoCredentials => Self::NoSource,
            ProblemClass::Unreachable => Self::Network,
            ProblemClass::TimedOut => Self::Slow,
            ProblemClass::BadAnswer | ProblemClass::StaleCursor | ProblemClass::BadCall => Self::BadAnswer,
            ProblemClass::TooLarge | ProblemClass::Limit => Self::Limit,
            ProblemClass::Vanished | ProblemClass::Cancelled | ProblemClass::Mapping => return None,
        })
    }

    /// Of a request that nobody answered. `proxied`: whether it went through a proxy.
    #[must_use]
    pub fn of_http(error: &HttpError, proxied: bool) -> Vec<Self> {
        let one = match error {
            HttpError::Unresolved { .. } => Self::Name,
            HttpError::NotPublic { .. } => return vec![Self::NotPublic],
            HttpError::Connect { reason, .. } if reason.to_ascii_lowercase().contains("certificate") => {
                return vec![Self::Certificate];
            }
            HttpError::TooLarge { .. } | HttpError::Unusable { .. } => return vec![Self::BadAnswer],
            HttpError::Connect { .. } | HttpError::TimedOut { .. } | HttpError::Broken { .. } => Self::Network,
        };
        if proxied { vec![Self::Proxy, one] } else { vec![one] }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Cause;

    #[test]
    fn each_cause_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Cause::ALL.iter().map(|cause| cause.name()).collect();
        assert_eq!(names.len(), Cause::ALL.len());
    }
}
