//! The kinds and actions that the loaded component knows: what names in a configuration are checked against.

use std::collections::BTreeMap;

use portolan_names::TypeName;
use portolan_tables::{Access, Operation, Service, Shape};

use super::mistake::nearest;

/// The kinds of the component's manifest, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownKinds(BTreeMap<String, KnownKind>);

/// What of a kind a configuration can refer to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownKind {
    /// `core`, `more` or `heavy`.
    pub tier: String,
    /// Action names; true where it is called without being asked for.
    pub actions: BTreeMap<String, bool>,
    /// Other names.
    pub aliases: Vec<String>,
    /// Whether it is a history that `since` limits.
    pub since: bool,
}

/// A manifest that does not have the form that this host reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the component's manifest has no {0}")]
pub struct BadManifest(String);

impl KnownKinds {
    /// Reads them from the manifest (`catalogue.describe`).
    ///
    /// # Errors
    /// It lists no kinds, or one without a name.
    pub fn from_manifest(manifest: &serde_json::Value) -> Result<Self, BadManifest> {
        let kinds = manifest.get("kinds").and_then(|kinds| kinds.as_array());
        let text = |value: &serde_json::Value, key: &str| value.get(key).and_then(|v| v.as_str()).map(str::to_owned);
        let mut known = BTreeMap::new();
        for (index, kind) in kinds.ok_or_else(|| BadManifest("list of kinds".to_owned()))?.iter().enumerate() {
            let name = text(kind, "kind").ok_or_else(|| BadManifest(format!("name for kind {index}")))?;
            let actions = kind.get("actions").and_then(|actions| actions.as_array()).into_iter().flatten();
            let actions = actions
                .filter_map(|action| {
                    let default = action.get("default").and_then(serde_json::Value::as_bool).unwrap_or(false);
                    Some((text(action, "name")?, default))
                })
                .collect();
            let aliases = kind.get("aliases").and_then(|aliases| aliases.as_array()).into_iter().flatten();
            let aliases = aliases.filter_map(|alias| alias.as_str().map(str::to_owned)).collect();
            let since = kind.get("since").and_then(serde_json::Value::as_bool).unwrap_or(false);
            let tier = text(kind, "tier").unwrap_or_default();
            known.insert(name, KnownKind { tier, actions, aliases, since });
        }
        Ok(Self(known))
    }

    /// These and the user's own.
    #[must_use]
    pub fn with(&self, own: impl IntoIterator<Item = (String, KnownKind)>) -> Self {
        let mut all = self.0.clone();
        for (name, kind) in own {
            // One that is in the catalogue already is refused by the component; until then it is what it was.
            all.entry(name).or_insert(kind);
        }
        Self(all)
    }

    /// The kind of that name, or of that other name.
    #[must_use]
    pub fn get(&self, kind: &str) -> Option<&KnownKind> {
        self.0.get(self.resolve(kind))
    }

    /// The right name where another is given; what is no name of a known kind stays as it is.
    #[must_use]
    pub fn resolve<'n>(&'n self, name: &'n str) -> &'n str {
        let by_alias = |kind: &&String| self.0.get(*kind).is_some_and(|known| known.aliases.iter().any(|a| a == name));
        if self.0.contains_key(name) { name } else { self.0.keys().find(by_alias).map_or(name, String::as_str) }
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The actions of all kinds, each once.
    #[must_use]
    pub fn actions(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.0.values().flat_map(|kind| kind.actions.keys()).map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What is wrong with a kind's name and what to write instead; nothing where it is known.
    #[must_use]
    pub fn refuse(&self, kind: &str) -> Option<(String, Option<String>)> {
        if self.get(kind).is_some() {
            return None;
        }
        if let Some((service, operation)) = kind.split_once(':')
            && !service.is_empty()
            && operation.starts_with(|c: char| c.is_ascii_uppercase())
            && !operation.contains(':')
        {
            return unlistable(service, operation);
        }
        let slip = |known: &&str| strsim::damerau_levenshtein(&known.to_lowercase(), &kind.to_lowercase()) <= SLIP_MAX;
        if kind.starts_with("AWS::") && TypeName::parse(kind).is_ok() && self.names().find(slip).is_none() {
            // Any other type of CloudFormation's: whether there is one, AWS says when it is asked.
            return None;
        }
        let advice = nearest(kind, self.names())
            .map_or_else(|| "`portolan kinds` lists them".to_owned(), |near| format!("did you mean {near}?"));
        Some((format!("{kind:?} is not a known kind"), Some(advice)))
    }
}

/// A name that is no further than this from a known kind's is that kind's, misspelt.
const SLIP_MAX: usize = 2;

/// Why an operation is no kind; nothing where it is one.
fn unlistable(service: &str, operation: &str) -> Option<(String, Option<String>)> {
    let Some(table) = portolan_tables::service(service) else {
        let instead = nearest(service, portolan_tables::services()).map(|near| format!("did you mean {near}?"));
        return Some((format!("AWS has no service {service:?}"), instead));
    };
    let listings = || table.operations().filter(|(_, known)| is_kind(table, known)).map(|(name, _)| name);
    let instead = || nearest(operation, listings()).map(|near| format!("did you mean {service}:{near}?"));
    let Some(known) = table.operation(operation) else {
        return Some((format!("{service} has no list or describe operation {operation:?}"), instead()));
    };
    if is_kind(table, known) {
        return None;
    }
    if let Some(denied) = &known.denied {
        return Some((format!("{service}:{operation} reads {}, which is no inventory", denied.class), None));
    }
    let needed = required(table, known);
    if needed.is_empty() {
        return Some((format!("{service}:{operation} is not known to list anything"), instead()));
    }
    Some((format!("{service}:{operation} cannot be asked without {}", needed.join(", ")), instead()))
}

/// Whether an operation is a kind by its own name.
#[must_use]
pub fn is_kind(table: &Service, operation: &Operation) -> bool {
    operation.denied.is_none()
        && matches!(operation.access, Some(Access::List | Access::Read))
        && table.lists_without_input(operation)
}

fn required<'t>(table: &'t Service, operation: &Operation) -> Vec<&'t str> {
    let Some(Shape::Structure(input)) = operation.input.map(|input| table.shape(input)) else { return Vec::new() };
    input.members.iter().filter(|member| member.required).map(|member| member.name.as_str()).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::KnownKinds;
    use serde_json::json;

    /// A small catalogue for tests of what reads names.
    pub(crate) fn known() -> KnownKinds {
        KnownKinds::from_manifest(&json!({"schema": "manifest/1", "kinds": [
            {"kind": "AWS::S3::Bucket", "tier": "core", "actions": [
                {"name": "GetBucketTaggingAction", "default": true}, {"name": "GetBucketEncryptionAction"}]},
            {"kind": "AWS::EC2::Volume", "tier": "core", "actions": []},
            {"kind": "AWS::EKS::Cluster", "tier": "core"},
            {"kind": "AWS::CodeBuild::BuildRun", "tier": "heavy", "since": true},
            {"kind": "AWS::SQS::Queue", "tier": "core", "actions": [{"name": "ListQueueTagsAction"}]}]}))
        .unwrap()
    }

    #[test]
    fn unknown_kinds_get_advice() {
        let known = known();
        assert_eq!(known.refuse("AWS::S3::Bucket"), None);
        for (given, part) in [
            ("AWS::S3::Buckets", "did you mean AWS::S3::Bucket?"),
            ("ec2:DescribeHost", "did you mean ec2:DescribeHosts?"),
            ("ec3:DescribeHosts", "no service \"ec3\""),
            ("eks:ListNodegroups", "cannot be asked without clusterName"),
            ("iam:GetAccountAuthorizationDetails", "which is no inventory"),
            ("AWS::SQS::Queues", "did you mean AWS::SQS::Queue?"),
            ("Nonsense", "`portolan kinds` lists them"),
        ] {
            let (message, advice) = known.refuse(given).unwrap();
            assert!(format!("{message}; {}", advice.unwrap_or_default()).contains(part), "{given}: {message}");
        }
        for known_to_aws in ["ec2:DescribeHosts", "AWS::Athena::DataCatalog"] {
            assert_eq!(known.refuse(known_to_aws), None);
        }
        assert!(KnownKinds::from_manifest(&json!({})).is_err());
    }
}
