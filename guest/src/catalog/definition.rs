//! A kind's definition, as the catalogue's files write it. `catalog/schema.json` says the same for editors and users.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
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
    /// Templates know them.
    Keep,
    /// That, and the context has them.
    Context,
}

/// One or several templates: the first that can be filled counts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "OneOrMore")]
pub(crate) struct Templates(pub(crate) Vec<String>);

/// One or several paths into an answer. What several find follows each other.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "OneOrMore")]
pub(crate) struct Paths(pub(crate) Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl From<OneOrMore> for Vec<String> {
    fn from(given: OneOrMore) -> Self {
        match given {
            OneOrMore::One(one) => vec![one],
            OneOrMore::More(more) => more,
        }
    }
}

impl From<OneOrMore> for Templates {
    fn from(given: OneOrMore) -> Self {
        Self(given.into())
    }
}

impl From<OneOrMore> for Paths {
    fn from(given: OneOrMore) -> Self {
        Self(given.into())
    }
}

/// A kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
    pub(crate) tier: Tier,
    pub(crate) scope: Reach,
    /// Other names that a configuration may use.
    #[serde(default)]
    pub(crate) aliases: Vec<String>,
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
    /// Properties whose own members are named by `case` as well.
    #[serde(default)]
    pub(crate) case_below: Vec<String>,
    /// Member name to property name.
    #[serde(default)]
    pub(crate) rename: BTreeMap<String, String>,
    /// Properties made from templates where the answers have none.
    #[serde(default)]
    pub(crate) set: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) types: BTreeMap<String, Type>,
    /// The property with a trust policy: what it says becomes the property `Trust`.
    pub(crate) trust: Option<String>,
    #[serde(default)]
    pub(crate) context: Context,
    /// Paths of properties whose scalar values are secrets of the user.
    #[serde(default)]
    pub(crate) sensitive: Vec<String>,
    /// Whatever sounds secret is, at any depth: for kinds whose members nobody has looked at. No file says so.
    #[serde(skip)]
    pub(crate) sensitive_names: bool,
    /// Paths that sound secret and are not, with the reason.
    #[serde(default)]
    pub(crate) not_sensitive: BTreeMap<String, String>,
    /// Items that are not there any more, or not the account's, whatever the listing says: any of these holds.
    #[serde(default)]
    pub(crate) drop: Vec<Condition>,
    /// What of a listing is the kind's: all of these hold.
    #[serde(default)]
    pub(crate) keep: Vec<Condition>,
    /// What every account has without anybody's doing.
    pub(crate) default: Option<Defaults>,
    pub(crate) since: Option<Since>,
    /// Where a kind that is not regional is asked, if not where the partition's global services are.
    #[serde(default)]
    pub(crate) home: Vec<String>,
    /// CloudTrail's names of the events after which a resource is another or gone.
    #[serde(default)]
    pub(crate) events: Vec<String>,
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

/// Where the next level's listings get their place from.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Parent {
    Call(ParentCall),
    Values(ParentValues),
}

/// A list call whose items the next level is listed below.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParentCall {
    /// Another service than the kind's.
    pub(crate) service: Option<String>,
    pub(crate) operation: String,
    #[serde(default)]
    pub(crate) input: Map<String, Value>,
    pub(crate) items: Paths,
    /// The member that an item becomes which is not an object.
    #[serde(rename = "as")]
    pub(crate) wrap: Option<String>,
    pub(crate) id: String,
    /// Codes that say that the parent above is gone.
    #[serde(default)]
    pub(crate) gone: Vec<String>,
    /// Codes that say that the service is not set up: there is nothing.
    #[serde(default)]
    pub(crate) none: Vec<String>,
}

/// The parents themselves, without a call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParentValues {
    #[serde(default)]
    pub(crate) values: Vec<String>,
    /// Only where the partition's global services are asked.
    #[serde(default)]
    pub(crate) home_values: Vec<String>,
}

impl Parent {
    pub(crate) fn call(&self) -> Option<&ParentCall> {
        match self {
            Self::Call(call) => Some(call),
            Self::Values(_) => None,
        }
    }
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
    pub(crate) items: Paths,
    /// What stands there is one item and no list.
    #[serde(default)]
    pub(crate) one: bool,
    #[serde(rename = "as")]
    pub(crate) wrap: Option<String>,
    #[serde(default)]
    pub(crate) outer: Outer,
    /// Codes that say the parent is gone, and its children with it.
    #[serde(default)]
    pub(crate) gone: Vec<String>,
    /// Codes that say that the service is not set up: there is nothing.
    #[serde(default)]
    pub(crate) none: Vec<String>,
    /// Every item is listed below as well, by the same call: its id is the last parent of what is below it.
    #[serde(default)]
    pub(crate) recurse: bool,
    /// The member whose JSON text is the item; those beside it are `{$outer.…}`. Of Cloud Control alone: no file says so.
    #[serde(skip)]
    pub(crate) text: Option<String>,
}

/// A detail call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Action {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) optional: bool,
    /// Another service than the kind's.
    pub(crate) service: Option<String>,
    pub(crate) operation: String,
    #[serde(default)]
    pub(crate) input: Map<String, Value>,
    /// How many are asked for at once, in `{$batch}`.
    pub(crate) batch: Option<usize>,
    /// How an answer is matched to its item. Needed for batches.
    pub(crate) identity: Option<Match>,
    /// Where the answer's value is; for a batch, the list of answers. Several are structures, merged in this order.
    pub(crate) take: Paths,
    /// Of a batch's element, where the value is.
    pub(crate) pick: Option<String>,
    /// A batch has any number of elements for an item: the value is their list.
    #[serde(default)]
    pub(crate) gather: bool,
    /// What it means where a batch leaves an item out; missing: nobody knows. `null` is the absence of a value.
    #[serde(default, deserialize_with = "given")]
    pub(crate) left_out: Option<Value>,
    /// Asked only of items for which all of this holds.
    #[serde(default)]
    pub(crate) when: Vec<Condition>,
    /// Asked after the others have answered, of the items that are kept.
    #[serde(default)]
    pub(crate) then: bool,
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
    /// The members that it merges, where the build knows the answer's structure. No file says so.
    pub(crate) members: Option<Vec<String>>,
    /// What it takes is JSON text. Of Cloud Control alone, as is the next: no file says so.
    #[serde(skip)]
    pub(crate) text: bool,
    /// Asked only of items that are not whole.
    #[serde(skip)]
    pub(crate) partial: Option<Partial>,
}

/// How to tell an item of which the listing did not give all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Partial {
    /// Paths that a whole item has.
    pub(crate) expected: Vec<String>,
    /// The members that are but its identity, where a whole item has others.
    pub(crate) identifiers: Vec<String>,
}

/// A value that was written, were it `null`.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// An item's identity, in the item and in an answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Match {
    /// Template over the item.
    pub(crate) of: String,
    /// Path in the answer (of a batch: in each element); of several the first that finds something.
    pub(crate) at: Paths,
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

/// A member of the item, and what it must be. Of several tests all must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    pub(crate) at: String,
    #[serde(rename = "in")]
    pub(crate) among: Option<Vec<String>>,
    pub(crate) not_in: Option<Vec<String>>,
    pub(crate) starts_with: Option<Vec<String>>,
    /// true: missing, null or empty; false: it has a value.
    pub(crate) absent: Option<bool>,
}

/// Which items every account has. They are left out unless they are asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Defaults {
    pub(crate) when: Vec<Condition>,
    /// A call that finds what uses such an item; one in use is the user's.
    pub(crate) unless: Option<Unless>,
}

/// A call that finds what uses an item.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unless {
    pub(crate) operation: String,
    pub(crate) input: Map<String, Value>,
    pub(crate) items: String,
}

/// A kind with a history: items before the configured time are left out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Since {
    /// The member that says when.
    pub(crate) at: String,
    /// Added to the listing's input.
    #[serde(default)]
    pub(crate) input: Map<String, Value>,
    /// The listing ends at the first page that holds nothing recent enough.
    #[serde(default)]
    pub(crate) newest_first: bool,
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
    pub(crate) items: Paths,
    /// What stands there is one item and no list.
    #[serde(default)]
    pub(crate) one: bool,
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
