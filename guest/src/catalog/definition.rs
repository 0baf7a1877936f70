//! A kind's definition, as the catalogue's files write it. `catalog/schema.json` says the same for editors and users.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// How much a kind costs, and with that whether it is read unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tier {
    Core,
    More,
    Heavy,
}

/// How often a kind is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reach {
    Region,
    Account,
    Organization,
}

/// How a deletion is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Confirm {
    Describe,
    SecondRun,
}

/// What AWS writes as text and is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Type {
    Integer,
    Boolean,
}

/// How member names become property names where `rename` says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Case {
    #[default]
    AsIs,
    UpperFirst,
}

/// What becomes of the members of the object that holds the items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outer {
    #[default]
    Ignore,
    Context,
}

/// One or several templates: the first that can be filled counts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "OneOrMore")]
pub(crate) struct Templates(pub(crate) Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl From<OneOrMore> for Templates {
    fn from(given: OneOrMore) -> Self {
        match given {
            OneOrMore::One(one) => Self(vec![one]),
            OneOrMore::More(more) => Self(more),
        }
    }
}

/// A kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
    pub(crate) tier: Tier,
    pub(crate) scope: Reach,
    /// Read by the build script: other names that a configuration may use.
    #[serde(default, rename = "aliases")]
    _aliases: Vec<String>,
    #[serde(default = "yes")]
    pub(crate) cloudformation: bool,
    /// Calls whose items are the parents, outermost first.
    #[serde(default)]
    pub(crate) parents: Vec<Parent>,
    /// The listing. Missing for a kind that is `made` from its account.
    pub(crate) list: Option<List>,
    pub(crate) made: Option<BTreeMap<String, String>>,
    /// Identity within the unit, from what the listing gives alone.
    pub(crate) id: String,
    pub(crate) arn: Templates,
    #[serde(default)]
    pub(crate) name: Templates,
    /// What differs when a name is used again: a resource id, a creation time that never moves.
    pub(crate) generation: Option<String>,
    /// The account it belongs to, where that may be another.
    pub(crate) owner: Option<String>,
    /// Where it is, for a kind that is not regional; its detail calls go there.
    #[serde(default)]
    pub(crate) region: Templates,
    #[serde(default)]
    pub(crate) case: Case,
    /// Member name to property name.
    #[serde(default)]
    pub(crate) rename: BTreeMap<String, String>,
    /// Properties made from templates where the answers have none.
    #[serde(default)]
    pub(crate) set: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) types: BTreeMap<String, Type>,
    #[serde(default)]
    pub(crate) context: Context,
    /// Paths of properties whose scalar values are secrets of the user.
    #[serde(default)]
    pub(crate) sensitive: Vec<String>,
    /// Paths that sound secret and are not, with the reason.
    #[serde(default, rename = "not_sensitive")]
    pub(crate) _not_sensitive: BTreeMap<String, String>,
    /// Items that are not there any more, or not the account's, whatever the listing says.
    #[serde(default)]
    pub(crate) drop: Vec<Condition>,
    /// Error codes that say this resource is gone.
    #[serde(default)]
    pub(crate) gone: Vec<String>,
    #[serde(default)]
    pub(crate) actions: Vec<Action>,
    pub(crate) confirm: Confirm,
    pub(crate) read: Option<Read>,
}

fn yes() -> bool {
    true
}

/// A call that lists, without what it is for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parent {
    pub(crate) operation: String,
    #[serde(default)]
    pub(crate) input: Map<String, Value>,
    pub(crate) items: String,
    /// The member that an item becomes which is not an object.
    #[serde(rename = "as")]
    pub(crate) wrap: Option<String>,
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) gone: Vec<String>,
}

/// The call that lists a kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    pub(crate) operation: String,
    /// The peer's name of it, which a configuration may mention.
    pub(crate) action: Option<String>,
    #[serde(default)]
    pub(crate) input: Map<String, Value>,
    pub(crate) items: String,
    #[serde(rename = "as")]
    pub(crate) wrap: Option<String>,
    #[serde(default)]
    pub(crate) outer: Outer,
    /// Codes that say the parent is gone, and its children with it.
    #[serde(default)]
    pub(crate) gone: Vec<String>,
}

/// A detail call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Action {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) optional: bool,
    pub(crate) operation: String,
    #[serde(default)]
    pub(crate) input: Map<String, Value>,
    /// How many are asked for at once, in `{$batch}`.
    pub(crate) batch: Option<usize>,
    /// How an answer is matched to its item. Needed for batches.
    pub(crate) identity: Option<Match>,
    /// Where the answer's value is; for a batch, the list of answers.
    pub(crate) take: String,
    /// The member that the value becomes. Missing: its members are merged into the item.
    pub(crate) into: Option<String>,
    /// The value where the answer has none.
    pub(crate) otherwise: Option<Value>,
    /// The member from which the value is known without a call.
    pub(crate) known: Option<String>,
    /// Values that AWS writes in two ways.
    #[serde(default)]
    pub(crate) translate: BTreeMap<String, String>,
    /// Error codes that mean a value: `null` is the absence of one.
    #[serde(default)]
    pub(crate) absent: BTreeMap<String, Value>,
    /// How a batch's answer says that an item is gone.
    pub(crate) missing: Option<Missing>,
    /// Property names it fills, where the API's model does not say.
    #[serde(default)]
    pub(crate) fills: Vec<String>,
}

/// An item's identity, in the item and in an answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Match {
    /// Template over the item.
    pub(crate) of: String,
    /// Path in the answer (of a batch: in each element).
    pub(crate) at: String,
}

/// The part of a batch's answer that lists what could not be read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Missing {
    pub(crate) items: String,
    pub(crate) id: String,
    pub(crate) at: String,
    #[serde(rename = "in")]
    pub(crate) values: Vec<String>,
}

/// A member and the values that make the condition true.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    pub(crate) at: String,
    #[serde(rename = "in")]
    pub(crate) values: Vec<String>,
}

/// What goes into `__ExtraContext`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Context {
    /// Account and region.
    #[serde(default = "yes")]
    pub(crate) base: bool,
    #[serde(default)]
    pub(crate) add: BTreeMap<String, String>,
}

impl Default for Context {
    fn default() -> Self {
        Self { base: true, add: BTreeMap::new() }
    }
}

/// The cheapest call that reads given ids.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Read {
    pub(crate) operation: String,
    #[serde(default)]
    pub(crate) input: Map<String, Value>,
    pub(crate) batch: Option<usize>,
    /// What of an id goes into the batch; the whole id where missing.
    pub(crate) batch_of: Option<String>,
    /// The parents, from the id.
    #[serde(default)]
    pub(crate) parents: Vec<String>,
    pub(crate) items: String,
    #[serde(default)]
    pub(crate) outer: Outer,
    pub(crate) missing: Option<Missing>,
    /// An answer read to its end that leaves the id out proves that it is gone (a filter, not a list of ids).
    #[serde(default)]
    pub(crate) absence_is_gone: bool,
    /// Actions whose values this call gives already.
    #[serde(default)]
    pub(crate) covers: Vec<String>,
}
