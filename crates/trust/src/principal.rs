//! Who a statement names, as a type.

use portolan_names::{AccountId, Arn};
use serde::Serialize;

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// `*`: whoever has credentials of any account; without conditions, everybody.
    Anyone,
    /// A whole account, as its id or its root's ARN: whoever that account's administrators allow.
    Account,
    /// One role.
    Role,
    /// One user.
    User,
    /// One session of a role, or a federated user's.
    Session,
    /// A service of AWS.
    Service,
    /// An OpenID Connect provider: of the account, or one of the four that AWS knows itself.
    Oidc,
    /// A SAML provider of the account.
    Saml,
    /// Amazon Cognito's identity pools.
    Cognito,
    /// An id (`AROA…`, `AIDA…`) that stands where the ARN of a role or user was: what had it does not exist any more.
    Gone,
    /// Something else; whoever it is, it is listed.
    Unknown,
}

/// One principal of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Principal {
    /// As the document has it.
    pub name: String,
    /// What it is.
    pub kind: PrincipalKind,
    /// Its account, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
}

/// Providers that need no provider of the account's own.
const WEB_PROVIDERS: &[&str] = &["accounts.google.com", "www.amazon.com", "graph.facebook.com"];
const COGNITO: &str = "cognito-identity.amazonaws.com";
/// What the unique ids of IAM begin with, that of a role or a user above all.
const ID_PREFIXES: &[&str] =
    &["AROA", "AIDA", "AGPA", "AIPA", "ANPA", "ANVA", "APKA", "ASCA", "ABIA", "ACCA", "ASIA", "AKIA"];
/// Characters of a unique id, at least.
const ID_CHARACTERS_MIN: usize = 16;

impl Principal {
    /// `family` is the key under which it stands: `AWS`, `Service`, `Federated`, `CanonicalUser`; empty for a bare `*`.
    pub(crate) fn read(family: &str, name: &str) -> Self {
        let found = |kind, account: Option<AccountId>| Self { name: name.to_owned(), kind, account };
        match family {
            _ if name == "*" => found(PrincipalKind::Anyone, None),
            "AWS" => Self::aws(name),
            "Service" => found(PrincipalKind::Service, None),
            "Federated" if name == COGNITO => found(PrincipalKind::Cognito, None),
            "Federated" if WEB_PROVIDERS.contains(&name) => found(PrincipalKind::Oidc, None),
            "Federated" => match Arn::parse(name) {
                Ok(arn) if arn.service == "iam" && arn.resource.starts_with("oidc-provider/") => {
                    found(PrincipalKind::Oidc, AccountId::parse(arn.account).ok())
                }
                Ok(arn) if arn.service == "iam" && arn.resource.starts_with("saml-provider/") => {
                    found(PrincipalKind::Saml, AccountId::parse(arn.account).ok())
                }
                _ => found(PrincipalKind::Unknown, None),
            },
            _ => found(PrincipalKind::Unknown, None),
        }
    }

    fn aws(name: &str) -> Self {
        let found = |kind, account: Option<AccountId>| Self { name: name.to_owned(), kind, account };
        if let Ok(account) = AccountId::parse(name) {
            return found(PrincipalKind::Account, Some(account));
        }
        if is_unique_id(name) {
            return found(PrincipalKind::Gone, None);
        }
        let Ok(arn) = Arn::parse(name) else { return found(PrincipalKind::Unknown, None) };
        let account = AccountId::parse(arn.account).ok();
        let kind = match (arn.service, arn.resource.split('/').next().unwrap_or_default()) {
            // IAM takes no pattern for an account; should one stand there, it is taken at its word.
            _ if arn.account.contains(['*', '?']) => PrincipalKind::Anyone,
            _ if account.is_none() => PrincipalKind::Unknown,
            ("iam", "root") => PrincipalKind::Account,
            ("iam", "role") => PrincipalKind::Role,
            ("iam", "user") => PrincipalKind::User,
            ("sts", "assumed-role" | "federated-user") => PrincipalKind::Session,
            _ => PrincipalKind::Unknown,
        };
        found(kind, account)
    }

    /// What the condition keys of its provider begin with: `token.actions.githubusercontent.com`.
    pub(crate) fn provider(&self) -> &str {
        match self.kind {
            PrincipalKind::Oidc => self.name.split_once(":oidc-provider/").map_or(self.name.as_str(), |(_, host)| host),
            _ => &self.name,
        }
    }
}

fn is_unique_id(name: &str) -> bool {
    name.len() >= ID_CHARACTERS_MIN
        && ID_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
