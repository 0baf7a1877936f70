//! Tells whose policy denied a call, by the phrases that AWS documents for its messages.

/// Whose policy said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Denial {
    /// The role's own policies.
    IdentityPolicy,
    /// The policy given with AssumeRole.
    SessionPolicy,
    /// The organization's service control policies.
    ServiceControlPolicy,
    /// The organization's resource control policies.
    ResourceControlPolicy,
    /// The role's permissions boundary.
    PermissionsBoundary,
    /// The policy of the VPC endpoint the call went through.
    VpcEndpointPolicy,
    /// The policy on the resource.
    ResourcePolicy,
    /// The trust policy of the role to be assumed.
    Trust,
    /// AWS does not say.
    Unknown,
}

/// What AWS writes, before or after the action: "because no … allows", "with an explicit deny in a …".
///
/// `resource control policy` stands before `resource-based policy`, the trust before both: a message may name more
/// than one, and the more particular one is the cause.
const PHRASES: &[(&str, Denial)] = &[
    ("service control polic", Denial::ServiceControlPolicy),
    ("resource control polic", Denial::ResourceControlPolicy),
    ("permissions boundar", Denial::PermissionsBoundary),
    ("session polic", Denial::SessionPolicy),
    ("vpc endpoint polic", Denial::VpcEndpointPolicy),
    ("trust polic", Denial::Trust),
    ("resource-based polic", Denial::ResourcePolicy),
    ("identity-based polic", Denial::IdentityPolicy),
];

const CODES: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AccessDeniedForDependencyException",
    "AllAccessDisabled",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Client.UnauthorizedOperation",
    "Forbidden",
    "ForbiddenException",
    "NotAuthorized",
    "NotAuthorizedException",
    "OrganizationAccessDeniedException",
    "UnauthorizedException",
    "UnauthorizedOperation",
    // The status, where the answer states no code.
    "403",
];

/// Whose policy denied a call; `None` when the error is no denial.
#[must_use]
pub fn denial(code: &str, message: &str) -> Option<Denial> {
    if !CODES.contains(&code) {
        return None;
    }
    let message = message.to_ascii_lowercase();
    let found = PHRASES.iter().find(|(phrase, _)| message.contains(phrase));
    Some(found.map_or(Denial::Unknown, |(_, denial)| *denial))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: Denial) {
        assert_eq!(denial("AccessDeniedException", message), Some(expected), "{message}");
    }

    /// The endings of the messages that AWS's troubleshooting page lists.
    #[test]
    fn the_phrases_that_aws_documents() {
        check(
            "… because no service control policy allows the codecommit:ListRepositories action",
            Denial::ServiceControlPolicy,
        );
        check("… with an explicit deny in a service control policy", Denial::ServiceControlPolicy);
        check("… with an explicit deny in a resource control policy", Denial::ResourceControlPolicy);
        check(
            "… because no VPC endpoint policy allows the codecommit:ListRepositories action",
            Denial::VpcEndpointPolicy,
        );
        check("… with an explicit deny in a VPC endpoint policy", Denial::VpcEndpointPolicy);
        check(
            "… because no permissions boundary allows the codecommit:ListRepositories action",
            Denial::PermissionsBoundary,
        );
        check("… with an explicit deny in a permissions boundary", Denial::PermissionsBoundary);
        check("… because no session policy allows the codecommit:ListRepositories action", Denial::SessionPolicy);
        check("… with an explicit deny in a session policy: arn:aws:iam::777788889999:policy/x", Denial::SessionPolicy);
        check(
            "… because no resource-based policy allows the secretsmanager:GetSecretValue action",
            Denial::ResourcePolicy,
        );
        check("… with an explicit deny in a resource-based policy", Denial::ResourcePolicy);
        check("… because no role trust policy allows the sts:AssumeRole action", Denial::Trust);
        check("… with an explicit deny in the role trust policy", Denial::Trust);
        check(
            "… because no identity-based policy allows the codecommit:ListRepositories action",
            Denial::IdentityPolicy,
        );
        check("… with an explicit deny in an identity-based policy", Denial::IdentityPolicy);
        check("User: arn:… is not authorized to perform: sts:AssumeRole on resource: arn:…", Denial::Unknown);
    }

    #[test]
    fn what_is_no_denial() {
        assert_eq!(denial("ThrottlingException", "service control policy"), None);
        assert_eq!(denial("NoSuchBucket", ""), None);
        assert_eq!(denial("UnauthorizedOperation", "encoded message"), Some(Denial::Unknown));
    }
}
