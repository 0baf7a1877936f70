//! What mends it: a command to run, a statement to add, or a thing to do.

use portolan_names::Arn;
use serde::Serialize;
use serde_json::{Value, json};

use crate::credentials::Hop;

/// Written where the external id belongs: it is a secret, and is printed nowhere.
const EXTERNAL_ID: &str = "EXTERNAL-ID";

/// One way to mend something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mend {
    /// A command.
    Run(String),
    /// A statement of a policy.
    Statement {
        /// The policy that lacks it.
        to: String,
        /// The statement.
        statement: Value,
    },
    /// Something else.
    Do(String),
}

impl Mend {
    /// A command.
    pub fn run(command: impl Into<String>) -> Self {
        Self::Run(command.into())
    }

    /// A thing to do.
    pub fn act(text: impl Into<String>) -> Self {
        Self::Do(text.into())
    }

    /// Lets a role do these, in its own policies.
    pub fn allow<'a>(whose: &str, actions: impl IntoIterator<Item = &'a str>, resource: &str) -> Self {
        let actions: Vec<&str> = actions.into_iter().collect();
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": resource});
        Self::Statement { to: format!("a policy of {whose}"), statement }
    }

    /// The statement with which the role of a hop trusts a caller.
    #[must_use]
    pub fn trust(hop: &Hop, caller: &str, with_tags: bool) -> Self {
        let (principal, like) = principal(caller);
        let mut actions = vec!["sts:AssumeRole"];
        if with_tags {
            actions.push("sts:TagSession");
        }
        if hop.source_identity.is_some() {
            actions.push("sts:SetSourceIdentity");
        }
        let mut statement = json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions});
        let mut conditions = serde_json::Map::new();
        if hop.external_id.is_some() {
            conditions.insert("StringEquals".to_owned(), json!({"sts:ExternalId": EXTERNAL_ID}));
        }
        if let Some(like) = like {
            conditions.insert("ArnLike".to_owned(), json!({"aws:PrincipalArn": like}));
        }
        if let Some(object) = statement.as_object_mut().filter(|_| !conditions.is_empty()) {
            object.insert("Condition".to_owned(), Value::Object(conditions));
        }
        Self::Statement { to: format!("the trust policy of {}", hop.role), statement }
    }

    /// The statement with which a role trusts the subject of a token.
    #[must_use]
    pub fn trust_token(hop: &Hop, issuer: &str, audience: &str, subject: &str) -> Self {
        let issuer = issuer.trim_start_matches("https://").trim_end_matches('/');
        let provider =
            format!("arn:{}:iam::{}:oidc-provider/{issuer}", hop.role.partition(), hop.role.account().as_str());
        let equals = json!({format!("{issuer}:aud"): audience, format!("{issuer}:sub"): subject});
        let statement = json!({
            "Effect": "Allow", "Principal": {"Federated": provider}, "Action": ["sts:AssumeRoleWithWebIdentity"],
            "Condition": {"StringEquals": equals},
        });
        Self::Statement { to: format!("the trust policy of {}", hop.role), statement }
    }
}

/// The principal of a trust statement for a caller, and the ARNs that a condition narrows it down to.
///
/// A session's ARN has its role's name without the path, so the account is trusted with a condition on the role's ARN:
/// that also survives a role that is deleted and made again.
fn principal(caller: &str) -> (String, Option<[String; 2]>) {
    let Some((arn, name)) = session_of(caller) else { return (caller.to_owned(), None) };
    let of = |path: &str| format!("arn:{}:iam::{}:role/{path}{name}", arn.partition, arn.account);
    (format!("arn:{}:iam::{}:root", arn.partition, arn.account), Some([of(""), of("*/")]))
}

/// `arn:aws:sts::111111111111:assumed-role/Name/session`, and the name.
fn session_of(caller: &str) -> Option<(Arn<'_>, &str)> {
    let arn = Arn::parse(caller).ok()?;
    let rest = arn.resource.strip_prefix("assumed-role/").filter(|_| arn.service == "sts")?;
    let name = rest.split('/').next()?;
    Some((arn, name))
}

#[cfg(test)]
mod tests {
    use portolan_names::RoleArn;
    use serde_json::json;

    use super::Mend;
    use crate::credentials::Hop;
    use crate::secret::Secret;

    fn hop(external_id: Option<&str>) -> Hop {
        Hop {
            role: RoleArn::parse("arn:aws:iam::222222222222:role/x/Read").unwrap(),
            by_web_identity: false,
            external_id: external_id.map(Secret::new),
            session_name: "portolan".to_owned(),
            duration_s: None,
            source_identity: None,
            policy: None,
        }
    }

    #[test]
    fn a_session_is_trusted_by_its_roles_arn_with_any_path() {
        let mend = Mend::trust(&hop(Some("planted")), "arn:aws:sts::111111111111:assumed-role/Task/abc", true);
        let Mend::Statement { to, statement } = mend else { panic!() };
        assert_eq!(to, "the trust policy of arn:aws:iam::222222222222:role/x/Read");
        let expected = json!({
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringEquals": {"sts:ExternalId": "EXTERNAL-ID"},
                "ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::111111111111:role/Task", "arn:aws:iam::111111111111:role/*/Task"]},
            },
        });
        assert_eq!(statement, expected);
    }

    #[test]
    fn a_user_is_trusted_by_name() {
        let Mend::Statement { statement, .. } = Mend::trust(&hop(None), "arn:aws:iam::111111111111:user/p", false)
        else {
            panic!()
        };
        let expected = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:user/p"}, "Action": ["sts:AssumeRole"]});
        assert_eq!(statement, expected);
    }

    #[test]
    fn a_token_is_trusted_by_issuer_audience_and_subject() {
        let mend = Mend::trust_token(
            &hop(None),
            "https://oidc.example/id/A",
            "sts.amazonaws.com",
            "system:serviceaccount:a:b",
        );
        let Mend::Statement { statement, .. } = mend else { panic!() };
        assert_eq!(statement["Principal"]["Federated"], "arn:aws:iam::222222222222:oidc-provider/oidc.example/id/A");
        assert_eq!(statement["Condition"]["StringEquals"]["oidc.example/id/A:sub"], "system:serviceaccount:a:b");
    }
}
