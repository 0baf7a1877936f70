use portolan_names::{AccountId, Arn};

/// Who the credentials are, by `sts:GetCallerIdentity`, which no policy can deny.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account of the credentials.
    pub account: AccountId,
    /// The user or the assumed role with its session's name.
    pub arn: String,
    /// The unique id behind the name.
    pub user_id: String,
}

impl CallerIdentity {
    /// `aws`, `aws-cn`, … as the ARN says.
    #[must_use]
    pub fn partition(&self) -> &str {
        Arn::parse(&self.arn).map_or("", |arn| arn.partition)
    }

    /// Whether it is a role's session, so that a role assumed from it is chained.
    #[must_use]
    pub fn is_role(&self) -> bool {
        Arn::parse(&self.arn).is_ok_and(|arn| arn.service == "sts" && arn.resource.starts_with("assumed-role/"))
    }
}

impl std::fmt::Display for CallerIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (account {})", self.arn, self.account)
    }
}
