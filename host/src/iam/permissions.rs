//! What policies allow: statements as IAM has them, and what they come to in a word.

use std::collections::BTreeSet;

use portolan_trust::{matches, statements};
use serde::Serialize;
use serde_json::Value;

/// A statement of an identity policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Its name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Whether it denies.
    pub denies: bool,
    /// `Action`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// `NotAction`: all but these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_actions: Vec<String>,
    /// `Resource`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// `NotResource`: all but these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_resources: Vec<String>,
    /// Its conditions, as they stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
}

impl Statement {
    /// The statements of a document. Whatever has no form that IAM knows allows nothing and is kept as it is.
    #[must_use]
    pub fn of(document: &Value) -> Vec<Self> {
        statements(document).iter().map(Self::read).collect()
    }

    fn read(statement: &Value) -> Self {
        let texts = |name: &str| -> Vec<String> {
            match statement.get(name) {
                Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                Some(Value::String(text)) => vec![text.clone()],
                _ => Vec::new(),
            }
        };
        Self {
            sid: statement.get("Sid").and_then(Value::as_str).map(str::to_owned),
            denies: statement.get("Effect").and_then(Value::as_str) != Some("Allow"),
            actions: texts("Action"),
            not_actions: texts("NotAction"),
            resources: texts("Resource"),
            not_resources: texts("NotResource"),
            condition: statement.get("Condition").filter(|condition| !condition.is_null()).cloned(),
        }
    }

    /// Whether it is about an action.
    #[must_use]
    pub fn concerns(&self, action: &str) -> bool {
        if self.not_actions.is_empty() {
            self.actions.iter().any(|pattern| matches(pattern, action))
        } else {
            !self.not_actions.iter().any(|pattern| matches(pattern, action))
        }
    }

    /// Whether it is about every resource of whatever it is about.
    #[must_use]
    pub fn is_of_all_resources(&self) -> bool {
        self.not_resources.is_empty() && self.resources.iter().any(|resource| takes_all(resource))
    }

    /// Whether it holds always and everywhere.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        self.condition.is_none() && self.is_of_all_resources()
    }
}

/// `*`, or an ARN in which everything behind the service is a star or empty: `arn:aws:s3:::*`.
fn takes_all(resource: &str) -> bool {
    let open = |part: &str| part.chars().all(|letter| letter == '*');
    let mut parts = resource.splitn(6, ':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(all), None, None) => all == "*",
        (Some("arn"), Some(_), Some(_)) => {
            let rest: Vec<&str> = parts.collect();
            rest.len() == 3 && rest.iter().all(|part| open(part)) && rest.last().is_some_and(|last| !last.is_empty())
        }
        _ => false,
    }
}

/// What a role may do at most, in a word. Resources, conditions, `Deny` and boundaries can only make it less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Nothing.
    #[default]
    None,
    /// Actions whose names are those of reads.
    ReadOnly,
    /// Reads, and to assume other roles.
    Assume,
    /// Something that is no read by its name.
    Write,
    /// Everything, or everything of IAM, everywhere.
    Admin,
}

impl Level {
    /// As the table has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::ReadOnly => "read-only",
            Self::Assume => "assume roles",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// What the names of reads begin with. Whatever begins otherwise counts as a write, so that nothing is taken too lightly.
const READ_VERBS: &[&str] = &["List", "Describe", "Get", "BatchGet", "Head", "Lookup", "Search", "View"];
/// What it takes to become another role.
const ASSUMING: &[&str] =
    &["assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "tagsession", "setsourceidentity"];

/// What statements come to.
#[must_use]
pub fn level<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Level {
    statements.into_iter().filter(|statement| !statement.denies).map(level_of).max().unwrap_or_default()
}

fn level_of(statement: &Statement) -> Level {
    if !statement.not_actions.is_empty() {
        let spares_iam = statement.not_actions.iter().any(|pattern| matches(pattern, "iam:CreateRole"));
        return if spares_iam || !statement.is_unlimited() { Level::Write } else { Level::Admin };
    }
    let whole = statement.is_unlimited();
    statement.actions.iter().map(|pattern| level_of_action(pattern, whole)).max().unwrap_or_default()
}

fn level_of_action(pattern: &str, unlimited: bool) -> Level {
    let Some((service, name)) = pattern.split_once(':') else {
        return if unlimited { Level::Admin } else { Level::Write };
    };
    if unlimited && name == "*" && (service.eq_ignore_ascii_case("iam") || service == "*") {
        return Level::Admin;
    }
    let lower = name.to_ascii_lowercase();
    if service.eq_ignore_ascii_case("sts") && ASSUMING.contains(&lower.trim_end_matches('*')) {
        return Level::Assume;
    }
    if READ_VERBS.iter().any(|verb| lower.starts_with(&verb.to_ascii_lowercase())) {
        Level::ReadOnly
    } else {
        Level::Write
    }
}

/// The services of which something is allowed; `*` where it is all.
#[must_use]
pub fn services<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for statement in statements.into_iter().filter(|statement| !statement.denies) {
        if !statement.not_actions.is_empty() {
            found.insert("*".to_owned());
        }
        let prefixes = statement.actions.iter().map(|action| action.split(':').next().unwrap_or_default());
        found.extend(prefixes.map(str::to_ascii_lowercase));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Level, Statement, level, services, takes_all};
    use serde_json::{Value, json};

    fn of(statement: Value) -> Vec<Statement> {
        Statement::of(&json!({"Version": "2012-10-17", "Statement": statement}))
    }

    #[test]
    fn a_role_is_as_much_as_its_largest_statement() {
        let allow = |action: Value, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
        for (statement, expected) in [
            (allow(json!("*"), "*"), Level::Admin),
            (allow(json!("*:*"), "*"), Level::Admin),
            (allow(json!("iam:*"), "*"), Level::Admin),
            (allow(json!("*"), "arn:aws:s3:::mine/*"), Level::Write),
            (allow(json!("s3:*"), "*"), Level::Write),
            (allow(json!(["s3:Get*", "s3:List*", "ec2:Describe*"]), "*"), Level::ReadOnly),
            (allow(json!(["s3:Get*", "s3:PutObject"]), "*"), Level::Write),
            (allow(json!("s3:G*"), "*"), Level::Write),
            (allow(json!(["sts:AssumeRole", "organizations:ListAccounts"]), "*"), Level::Assume),
            (allow(json!("sts:*"), "*"), Level::Write),
            (json!({"Effect": "Deny", "Action": "*", "Resource": "*"}), Level::None),
            // AWS's own PowerUserAccess.
            (
                json!({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}),
                Level::Write,
            ),
            (json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}), Level::Admin),
            (json!([]), Level::None),
            (json!("nonsense"), Level::None),
        ] {
            assert_eq!(level(&of(statement.clone())), expected, "{statement}");
        }
        let two = of(json!([allow(json!("s3:Get*"), "*"), allow(json!("SQS:SendMessage"), "*")]));
        assert_eq!(services(&two).into_iter().collect::<Vec<_>>(), ["s3", "sqs"]);
    }

    #[test]
    fn all_resources_have_several_spellings() {
        for all in ["*", "arn:aws:s3:::*", "arn:*:ec2:*:*:*", "arn:aws:sqs:*:*:*"] {
            assert!(takes_all(all), "{all}");
        }
        for some in [
            "arn:aws:s3:::bucket",
            "arn:aws:s3:::*/x",
            "arn:aws:sqs:eu-west-1:*:*",
            "**a",
            "",
            "arn:aws:s3",
            "arn:aws:s3:::",
        ] {
            assert!(!takes_all(some), "{some}");
        }
    }
}
