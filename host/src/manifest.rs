//! What a component says it can read: the JSON of `catalogue.describe` and of `configured.manifest`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The form of the manifest that this host reads.
const SCHEMA: &str = "manifest/1";

/// Kinds, the calls they make, and the calls of discovery and planning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The manifest's form.
    pub schema: String,
    /// The component's version.
    pub version: String,
    /// The source of the API tables.
    pub tables: String,
    /// By name.
    pub kinds: Vec<Kind>,
    /// Everything that may be called.
    pub calls: Vec<CallNeed>,
}

/// A kind of resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// `AWS::SQS::Queue`
    pub kind: String,
    /// The service's name in the tables.
    pub service: String,
    /// `region`, `account` or `organization`.
    pub scope: String,
    /// `core`, `more` or `heavy`.
    pub tier: String,
    /// `describe` or `second-run`.
    pub confirm: String,
    /// How many ids `read-resources` takes at once.
    #[serde(default = "one")]
    pub batch: usize,
    /// What reading it calls.
    pub calls: Vec<CallNeed>,
    /// Its actions, default and optional.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// Paths whose values are redacted.
    #[serde(default)]
    pub sensitive: Vec<String>,
    /// Whether the name is CloudFormation's.
    #[serde(default)]
    pub cloudformation: bool,
    /// Other names that a configuration may use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// CloudTrail's names of the events after which a resource is another or gone.
    #[serde(default)]
    pub events: Vec<String>,
    /// Whether it is a history that a configuration may limit.
    #[serde(default)]
    pub since: bool,
    /// Whether items that every account has are left out unless they are asked for.
    #[serde(default)]
    pub defaults: bool,
}

fn one() -> usize {
    1
}

/// A call, the IAM action that it needs, and whose role makes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallNeed {
    /// `sqs:ListQueues`
    pub operation: String,
    /// `sqs:ListQueues`; not always the operation's name.
    pub action: String,
    /// `account` or `management`.
    pub identity: String,
}

impl CallNeed {
    /// A call with an account's role.
    #[must_use]
    pub fn of_account(operation: &str, action: &str) -> Self {
        Self { operation: operation.to_owned(), action: action.to_owned(), identity: "account".to_owned() }
    }
}

/// Something that is read about each resource beyond the listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// The name in `includeActions`.
    pub name: String,
    /// Whether it runs without being asked for.
    pub default: bool,
    /// The operation it calls; none where the listing already has it.
    #[serde(default)]
    pub operation: Option<String>,
    /// The properties that it fills.
    #[serde(default)]
    pub fills: Vec<String>,
}

/// The manifest is not one that this host reads.
#[derive(Debug, thiserror::Error)]
#[error("the component's manifest is not in the form {SCHEMA} that this host reads: {0}")]
pub struct ManifestError(String);

impl Manifest {
    /// # Errors
    /// When it is not JSON of the form `manifest/1`.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_str(text).map_err(|error| ManifestError(error.to_string()))?;
        if manifest.schema != SCHEMA {
            return Err(ManifestError(format!("it is {:?}", manifest.schema)));
        }
        Ok(manifest)
    }

    /// A kind by its name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.kind == name)
    }

    /// For each kind, which properties each action fills: what is unknown where the action failed.
    #[must_use]
    pub fn fills(&self) -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
        let actions = |kind: &Kind| kind.actions.iter().map(|a| (a.name.clone(), a.fills.clone())).collect();
        self.kinds.iter().map(|kind| (kind.kind.clone(), actions(kind))).collect()
    }
}
