//! The kinds and actions that the loaded component knows: what names in a configuration are checked against.

use std::collections::BTreeMap;

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
            known.insert(name, KnownKind { tier: text(kind, "tier").unwrap_or_default(), actions });
        }
        Ok(Self(known))
    }

    /// The kind of that exact name.
    #[must_use]
    pub fn get(&self, kind: &str) -> Option<&KnownKind> {
        self.0.get(kind)
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
        if self.0.contains_key(kind) {
            return None;
        }
        if let Some((service, operation)) = kind.split_once(':')
            && !service.is_empty()
            && operation.starts_with(|c: char| c.is_ascii_uppercase())
            && !operation.contains(':')
        {
            let message = format!("{kind:?}: kinds of the form service:Operation are not served by this version");
            return Some((message, Some("`portolan kinds` lists those that are".to_owned())));
        }
        let advice = nearest(kind, self.names())
            .map_or_else(|| "`portolan kinds` lists them".to_owned(), |near| format!("did you mean {near}?"));
        Some((format!("{kind:?} is not a known kind"), Some(advice)))
    }
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
            {"kind": "AWS::SQS::Queue", "tier": "core", "actions": [{"name": "ListQueueTagsAction"}]}]}))
        .unwrap()
    }

    #[test]
    fn unknown_kinds_get_advice() {
        let known = known();
        assert_eq!(known.refuse("AWS::S3::Bucket"), None);
        for (given, part) in [
            ("AWS::S3::Buckets", "did you mean AWS::S3::Bucket?"),
            ("ec2:DescribeHosts", "not served by this version"),
            ("Nonsense", "`portolan kinds` lists them"),
        ] {
            let (message, advice) = known.refuse(given).unwrap();
            assert!(format!("{message}; {}", advice.unwrap_or_default()).contains(part), "{given}: {message}");
        }
        assert!(KnownKinds::from_manifest(&json!({})).is_err());
    }
}
