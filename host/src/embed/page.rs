use std::sync::Arc;

use portolan_names::{AccountId, Region};
use serde_json::{Map, Value, json};

use super::Unit;
use crate::catalogue::PageRecord;
use crate::entity_lines::{EntityLine, Made};
use crate::outcome::Problem;
use crate::page_lines::{PageLine, ResourceLine};

/// A page of a unit: some hundred resources. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Page {
    record: Arc<PageRecord>,
    unit: Unit,
}

impl Page {
    pub(super) fn new(record: Arc<PageRecord>) -> Self {
        let unit = Unit::of_key(&record.unit);
        Self { record, unit }
    }

    /// Whose unit it is of.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.record.unit.account
    }

    /// Of which unit.
    #[must_use]
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// Its resources. The same resource may come again on a later page, and all of them where a unit begins again: the
    /// account, the unit and the [id](Resource::id) say which it is.
    pub fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        self.record.lines.iter().filter_map(|line| match line {
            PageLine::Resource(line) => Some(Resource { line }),
            PageLine::Scope(_) => None,
        })
    }

    /// What the configured mapping made of them.
    pub fn entities(&self) -> impl Iterator<Item = Entity<'_>> {
        self.record.mapped.iter().flat_map(|mapped| mapped.lines.iter().map(|line| Entity { line }))
    }

    /// What went wrong on the way.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.record.problems
    }

    /// Whether nothing that belongs into this page may be missing from it. What the unit proves is for its
    /// [end](crate::UnitEnd) to say.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.record.whole
    }
}

/// A resource of a page.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    line: &'a ResourceLine,
}

impl<'a> Resource<'a> {
    /// Its identity within its unit: merging, ownership and deletion go by it.
    #[must_use]
    pub fn id(&self) -> &'a str {
        &self.line.id
    }

    /// Its ARN, where it has one.
    #[must_use]
    pub fn arn(&self) -> Option<&'a str> {
        self.line.arn.as_deref()
    }

    /// Its name, where it has one.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.line.name.as_deref()
    }

    /// Where it is, if that is not its unit's region.
    #[must_use]
    pub fn region(&self) -> Option<&'a Region> {
        self.line.region.as_ref()
    }

    /// Ids of its parents, the outermost first.
    #[must_use]
    pub fn parents(&self) -> &'a [String] {
        &self.line.parents.0
    }

    /// Its generation (creation time or resource id): where it differs, another thing bears the name now.
    #[must_use]
    pub fn generation(&self) -> Option<&'a str> {
        self.line.created.as_deref()
    }

    /// Actions that failed for it: the properties that these fill are unknown, not absent. Keep what was last known.
    #[must_use]
    pub fn gaps(&self) -> &'a [String] {
        &self.line.gaps
    }

    /// `AWS::S3::Bucket`
    #[must_use]
    pub fn kind(&self) -> &'a str {
        &self.line.kind
    }

    /// What it is like, in the order in which AWS says it.
    #[must_use]
    pub fn properties(&self) -> &'a Map<String, Value> {
        &self.line.properties
    }

    /// Where it was found: `AccountId` and `Region` among it.
    #[must_use]
    pub fn context(&self) -> &'a Map<String, Value> {
        &self.line.context
    }

    /// `{"Type", "Properties", "__ExtraContext"}`, as sinks and mappings have it; the last is not there where it would be empty.
    #[must_use]
    pub fn envelope(&self) -> Value {
        json!(self.line.envelope())
    }

    /// All of it as one line of JSON, by `schemas/page.json`: for storing, and for
    /// [`Session::map_resources`](crate::Session::map_resources).
    #[must_use]
    pub fn to_line(&self) -> String {
        let mut line = Map::new();
        let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
        put("id", json!(self.line.id));
        for (name, text) in [("arn", self.arn()), ("name", self.name()), ("region", self.region().map(Region::as_str))]
        {
            if let Some(text) = text {
                put(name, json!(text));
            }
        }
        if !self.parents().is_empty() {
            put("parents", json!(self.parents()));
        }
        if let Some(generation) = self.generation() {
            put("created", json!(generation));
        }
        if !self.gaps().is_empty() {
            put("gaps", json!(self.gaps()));
        }
        put("resource", self.envelope());
        Value::from(line).to_string()
    }
}

/// What a mapping made of a resource.
#[derive(Debug, Clone, Copy)]
pub struct Entity<'a> {
    line: &'a EntityLine,
}

impl<'a> Entity<'a> {
    /// The id of its resource.
    #[must_use]
    pub fn of(&self) -> &'a str {
        &self.line.of
    }

    /// The index into the mapping's `resources`.
    #[must_use]
    pub fn mapping(&self) -> u32 {
        self.line.mapping
    }

    /// Its blueprint, its identifier and what else the mapping writes. None where it could not be told what there is: what
    /// was made before is not gone for that.
    #[must_use]
    pub fn made(&self) -> Option<(&'a str, &'a str, &'a Map<String, Value>)> {
        match &self.line.made {
            Made::Entity { blueprint, identifier, members } => Some((blueprint, identifier, members)),
            Made::Failed => None,
        }
    }
}

/// What a mapping made of resources that were held already.
#[derive(Debug, Clone)]
pub struct Mapped {
    pub(super) lines: Vec<EntityLine>,
    pub(super) problems: Vec<Problem>,
}

impl Mapped {
    /// The entities.
    pub fn entities(&self) -> impl Iterator<Item = Entity<'_>> {
        self.lines.iter().map(|line| Entity { line })
    }

    /// What went wrong.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}
