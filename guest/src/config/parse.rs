//! Reads the configuration and remarks on everything that is wrong with it at once.

use std::collections::{BTreeMap, BTreeSet};

use portolan_names::{AccountId, NameError, OuId, Region};
use portolan_tables::partition;
use serde_json::{Map, Value};

use super::mappings::Draft;
use super::{Actions, ChosenKind, Config, Redaction, RegionPolicy, Selection, Since};
use crate::catalog::{self, Kind};
use crate::interface::{Remark, Run};
use crate::mapping::Mapping;
use crate::nearest::nearest;
use crate::pointer::pointer;
use crate::wire::timestamp;

/// The version of the configuration's form.
const VERSION: u64 = 1;

/// Reads a configuration, and warns of what is odd in it.
///
/// # Errors
/// Every remark on it.
pub(crate) fn parse(text: &str, run: &Run) -> Result<(Config, Vec<Remark>), Vec<Remark>> {
    let mut reader = Reader { remarks: Vec::new(), warnings: Vec::new(), partition: run.partition.clone() };
    let root = match serde_json::from_str(text) {
        Ok(Value::Object(root)) => root,
        Ok(_) => return Err(vec![remark("", "the configuration is an object", None)]),
        Err(error) => return Err(vec![remark("", &format!("not JSON: {error}"), None)]),
    };
    if partition(&run.partition).is_none() {
        reader.remark("", &format!("{:?} is not a partition of AWS", run.partition), None);
    }
    let config = reader.config(&root);
    if reader.remarks.is_empty() { Ok((config, reader.warnings)) } else { Err(reader.remarks) }
}

fn remark(at: &str, message: &str, instead: Option<String>) -> Remark {
    Remark { at: at.to_owned(), offset: None, message: message.to_owned(), instead }
}

pub(super) struct Reader {
    remarks: Vec<Remark>,
    warnings: Vec<Remark>,
    pub(super) partition: String,
}

impl Reader {
    pub(super) fn remark(&mut self, at: &str, message: &str, instead: Option<String>) {
        self.remarks.push(remark(at, message, instead));
    }

    /// A remark on a place within an expression.
    pub(super) fn remark_within(&mut self, at: &str, offset: usize, message: &str, instead: Option<String>) {
        self.remarks.push(Remark { offset: u32::try_from(offset).ok(), ..remark(at, message, instead) });
    }

    pub(super) fn warn(&mut self, at: &str, message: &str, instead: Option<String>) {
        self.warnings.push(remark(at, message, instead));
    }

    fn config(&mut self, root: &Map<String, Value>) -> Config {
        const KEYS: &[&str] = &[
            "version",
            "accounts",
            "kinds",
            "mapping",
            "regions",
            "account_regions",
            "home_region",
            "sensitive",
            "redaction_key",
            "include_defaults",
            "definitions",
        ];
        self.known_keys(root, "", KEYS);
        if root.get("version").and_then(Value::as_u64) != Some(VERSION) {
            self.remark("/version", "the version of the configuration is 1", Some(VERSION.to_string()));
        }
        let empty = Map::new();
        let regions = self.object(root, "", "regions").unwrap_or(&empty);
        self.known_keys(regions, "/regions", &["allow", "deny", "buckets"]);
        let only_allowed_buckets = match regions.get("buckets") {
            None => false,
            Some(Value::String(word)) if word == "all" => false,
            Some(Value::String(word)) if word == "allowed" => true,
            Some(_) => {
                self.remark("/regions/buckets", "`all` or `allowed`", Some("all".to_owned()));
                false
            }
        };
        let regions = self.policy(regions, "/regions");
        let accounts = self.accounts(root);
        let mut own = self.definitions(root);
        let drafts = self.drafts(root, &mut own);
        let kinds = self.kinds(root, own, &drafts, &regions);
        let redaction = self.redaction(root);
        let mappings: Vec<Mapping> = drafts.into_iter().filter_map(Draft::finish).collect();
        self.redacted(&mappings, &kinds, &redaction);
        Config {
            accounts,
            kinds,
            mappings,
            regions,
            only_allowed_buckets,
            account_regions: self.account_regions(root),
            home_region: self.home_region(root),
            redaction,
            include_defaults: self.flag(root, "include_defaults"),
        }
    }

    fn known_keys(&mut self, object: &Map<String, Value>, at: &str, keys: &[&str]) {
        for key in object.keys().filter(|key| !keys.contains(&key.as_str())) {
            let instead = nearest(key, keys.iter().copied());
            self.remark(&pointer(at, key), &format!("unknown key {key:?}"), instead);
        }
    }

    pub(super) fn object<'a>(
        &mut self,
        parent: &'a Map<String, Value>,
        at: &str,
        key: &str,
    ) -> Option<&'a Map<String, Value>> {
        match parent.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::Object(object)) => Some(object),
            Some(_) => {
                self.remark(&pointer(at, key), "an object is expected", None);
                None
            }
        }
    }

    /// The texts of a list, each with its place.
    pub(super) fn texts(&mut self, parent: &Map<String, Value>, at: &str, key: &str) -> Vec<(String, String)> {
        let at = pointer(at, key);
        let items = match parent.get(key) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.remark(&at, "a list of texts is expected", None);
                return Vec::new();
            }
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let at = format!("{at}/{index}");
            match item {
                Value::String(text) => texts.push((at, text.clone())),
                Value::Number(number) => {
                    self.remark(
                        &at,
                        "a quoted text is expected, not a number",
                        Some(format!("{:?}", number.to_string())),
                    );
                }
                _ => self.remark(&at, "a text is expected", None),
            }
        }
        texts
    }

    fn names<T>(
        &mut self,
        parent: &Map<String, Value>,
        at: &str,
        key: &str,
        check: fn(&str) -> Result<T, NameError>,
    ) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (at, text) in self.texts(parent, at, key) {
            match check(&text) {
                Ok(_) => drop(names.insert(text)),
                Err(error) => self.remark(&at, &error.to_string(), None),
            }
        }
        names
    }

    fn accounts(&mut self, root: &Map<String, Value>) -> Selection {
        let Some(accounts) = self.object(root, "", "accounts") else { return Selection::default() };
        self.known_keys(accounts, "/accounts", &["ous", "include", "exclude"]);
        let empty = Map::new();
        let ous = self.object(accounts, "/accounts", "ous").unwrap_or(&empty);
        self.known_keys(ous, "/accounts/ous", &["include", "exclude"]);
        Selection {
            include_ous: self.names(ous, "/accounts/ous", "include", OuId::parse),
            exclude_ous: self.names(ous, "/accounts/ous", "exclude", OuId::parse),
            include: self.names(accounts, "/accounts", "include", AccountId::parse),
            exclude: self.names(accounts, "/accounts", "exclude", AccountId::parse),
        }
    }

    fn region(&mut self, at: &str, name: &str) -> bool {
        let Some(partition) = partition(&self.partition) else { return false };
        let nearest = || nearest(name, partition.regions.iter().map(String::as_str));
        if let Err(error) = Region::parse(name) {
            self.remark(at, &error.to_string(), nearest());
            return false;
        }
        let known = partition.regions.iter().any(|region| region == name);
        // A region newer than the tables is let through if its name has the partition's form and resembles no known one.
        let misspelt = !known && partition.regions.iter().any(|region| strsim::damerau_levenshtein(region, name) == 1);
        if !partition.has_region(name) || misspelt && !differs_in_number(name, &partition.regions) {
            self.remark(at, &format!("{name:?} is not a region of the partition {}", partition.id), nearest());
            return false;
        }
        true
    }

    pub(super) fn policy(&mut self, object: &Map<String, Value>, at: &str) -> RegionPolicy {
        let mut list = |key: &str| {
            let mut names = Vec::new();
            for (at, name) in self.texts(object, at, key) {
                if self.region(&at, &name) && !names.contains(&name) {
                    names.push(name);
                }
            }
            names
        };
        RegionPolicy { allow: list("allow"), deny: list("deny") }
    }

    fn account_regions(&mut self, root: &Map<String, Value>) -> BTreeMap<String, RegionPolicy> {
        const AT: &str = "/account_regions";
        let mut policies = BTreeMap::new();
        let Some(object) = self.object(root, "", "account_regions") else { return policies };
        for account in object.keys() {
            let at = pointer(AT, account);
            if let Err(error) = AccountId::parse(account) {
                self.remark(&at, &error.to_string(), None);
            }
            if let Some(policy) = self.object(object, AT, account) {
                self.known_keys(policy, &at, &["allow", "deny"]);
                policies.insert(account.clone(), self.policy(policy, &at));
            }
        }
        policies
    }

    fn home_region(&mut self, root: &Map<String, Value>) -> Option<String> {
        match root.get("home_region") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => self.region("/home_region", name).then(|| name.clone()),
            Some(_) => {
                self.remark("/home_region", "a region's name is expected", None);
                None
            }
        }
    }

    fn flag(&mut self, root: &Map<String, Value>, key: &str) -> bool {
        match root.get(key) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(value)) => *value,
            Some(_) => {
                self.remark(&pointer("", key), "`true` or `false`", Some("false".to_owned()));
                false
            }
        }
    }

    /// The time from which on a kind's items are wanted.
    fn since(&mut self, entry: &Map<String, Value>, at: &str, kind: &Kind) -> Option<Since> {
        let at = pointer(at, "since");
        let text = match entry.get("since") {
            None | Some(Value::Null) => return None,
            Some(Value::String(text)) => text,
            Some(_) => {
                self.remark(&at, "a text is expected", None);
                return None;
            }
        };
        if kind.definition.since.is_none() {
            self.remark(&at, &format!("{} has no history: all of it is listed", kind.name), None);
        }
        let moment = timestamp::moment(text);
        if moment.is_none() {
            self.remark(&at, "a time in ISO-8601 is expected", Some("2026-01-31T00:00:00Z".to_owned()));
        }
        moment.map(|at| Since { at, text: timestamp::iso8601(at) })
    }

    fn redaction(&mut self, root: &Map<String, Value>) -> Redaction {
        match root.get("sensitive").map(Value::as_str) {
            None | Some(Some("redact")) => {}
            Some(Some("keep")) => return Redaction::Keep,
            Some(_) => self.remark("/sensitive", "`redact` or `keep`", Some("redact".to_owned())),
        }
        let key = root.get("redaction_key").and_then(Value::as_str).and_then(unhex);
        match key {
            Some(key) if !key.is_empty() => Redaction::Digest(key),
            _ => {
                self.remark(
                    "/redaction_key",
                    "hexadecimal digits are expected: without a key, digests could be guessed",
                    None,
                );
                Redaction::Digest(Vec::new())
            }
        }
    }

    /// The right name of a kind. One that neither the catalogue nor the user defines is added.
    pub(super) fn kind_named(&mut self, at: &str, name: &str, own: &mut Vec<Kind>) -> Option<String> {
        let defined = own.iter().find(|kind| kind.names().any(|known| known == name));
        let known = catalog::resolve(name).map(str::to_owned).or_else(|| defined.map(|kind| kind.name.to_string()));
        known.or_else(|| {
            let kind = self.unlisted(at, name, own)?;
            let name = kind.name.to_string();
            own.push(kind);
            Some(name)
        })
    }

    /// The kinds that are read: those that `kinds` names; where it names none, those of the mapping.
    fn kinds(
        &mut self,
        root: &Map<String, Value>,
        mut own: Vec<Kind>,
        drafts: &[Draft],
        general: &RegionPolicy,
    ) -> Vec<ChosenKind> {
        let entries = match root.get("kinds") {
            Some(Value::Array(entries)) => entries.as_slice(),
            None | Some(Value::Null) => &[],
            Some(_) => {
                self.remark("/kinds", "a list is expected", None);
                &[]
            }
        };
        let mut wanted: Vec<Wanted<'_>> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let at = format!("/kinds/{index}");
            let Value::Object(entry) = entry else {
                self.remark(&at, "an object is expected", None);
                continue;
            };
            self.known_keys(entry, &at, &["kind", "actions", "regions", "since"]);
            let Some(name) = entry.get("kind").and_then(Value::as_str) else {
                self.remark(&at, "`kind` is missing", None);
                continue;
            };
            let at_kind = format!("{at}/kind");
            let Some(name) = self.kind_named(&at_kind, name, &mut own) else { continue };
            if wanted.iter().any(|known| known.name == name) {
                self.remark(&at_kind, &format!("{name} is named twice"), None);
            } else {
                wanted.push(Wanted { at, name, entry: Some(entry) });
            }
        }
        let named = !entries.is_empty();
        for draft in drafts.iter().filter(|_| !named) {
            if !wanted.iter().any(|known| known.name == draft.kind) {
                wanted.push(Wanted { at: draft.at.clone(), name: draft.kind.clone(), entry: None });
            }
        }
        let names: Vec<&str> = wanted.iter().map(|wanted| wanted.name.as_str()).collect();
        let loaded = match catalog::load(&names) {
            Ok(loaded) => loaded,
            Err(error) => {
                self.remark("/kinds", &format!("the catalogue is broken: {error}"), None);
                return Vec::new();
            }
        };
        let mut chosen = Vec::with_capacity(loaded.len());
        let own = own.into_iter().filter(|kind| names.contains(&&*kind.name));
        for kind in loaded.into_iter().chain(own) {
            let Some(Wanted { at, entry, .. }) = wanted.iter().find(|wanted| *wanted.name == *kind.name) else {
                continue;
            };
            chosen.push(match entry {
                Some(entry) => self.named(entry, at, kind),
                None => self.mapped(kind, drafts, general),
            });
        }
        for draft in drafts.iter().filter(|_| named) {
            match chosen.iter().find(|chosen| *chosen.kind.name == *draft.kind) {
                Some(chosen) => self.unread(chosen, draft),
                None => self.warn(
                    &draft.at,
                    &format!("{} is mapped, but is none of the kinds that are read", draft.kind),
                    None,
                ),
            }
        }
        chosen
    }

    /// A kind that `kinds` names.
    fn named(&mut self, entry: &Map<String, Value>, at: &str, kind: Kind) -> ChosenKind {
        let actions = self.actions(entry, at, &kind);
        let regions = self.object(entry, at, "regions").map(|policy| {
            let at = format!("{at}/regions");
            self.known_keys(policy, &at, &["allow", "deny"]);
            self.policy(policy, &at)
        });
        // An empty policy says nothing, as at the peer, and does not lift the general one.
        let regions = regions.into_iter().filter(|policy| *policy != RegionPolicy::default()).collect();
        let since = self.since(entry, at, &kind);
        ChosenKind { kind, actions, regions, since }
    }

    /// A kind of the mapping, read once: with what any of its resources asks for, wherever one of them allows it.
    fn mapped(&mut self, kind: Kind, drafts: &[Draft], general: &RegionPolicy) -> ChosenKind {
        let of_kind = || drafts.iter().filter(|draft| *draft.kind == *kind.name);
        let mut names = BTreeSet::new();
        for (at, name) in of_kind().flat_map(|draft| &draft.actions) {
            names.extend(self.known_action(at, name, &kind));
        }
        let mut regions: Vec<RegionPolicy> = Vec::new();
        if of_kind().any(|draft| draft.regions.is_some()) {
            for policy in of_kind().map(|draft| draft.regions.as_ref().unwrap_or(general)) {
                if !regions.contains(policy) {
                    regions.push(policy.clone());
                }
            }
        }
        ChosenKind { actions: Actions::Named(names), kind, regions, since: None }
    }

    /// Warns of actions that a mapping includes and that do not run.
    fn unread(&mut self, chosen: &ChosenKind, draft: &Draft) {
        for (at, name) in &draft.actions {
            let Some(name) = self.known_action(at, name, &chosen.kind) else { continue };
            let is_optional =
                chosen.kind.definition.actions.iter().any(|action| action.optional && action.name == name);
            if is_optional && !chosen.actions().any(|action| action.name == name) {
                self.warn(at, &format!("{name} does not run: `kinds` names the kind without it"), None);
            }
        }
    }

    /// An action by its name. One that there is not is ignored, as the peer does, but not silently.
    fn known_action(&mut self, at: &str, name: &str, kind: &Kind) -> Option<String> {
        let known = action_names(kind);
        if known.contains(&name) {
            return Some(name.to_owned());
        }
        let instead = nearest(name, known.into_iter());
        self.warn(at, &format!("{} has no action {name:?}", kind.name), instead);
        None
    }

    fn actions(&mut self, entry: &Map<String, Value>, at: &str, kind: &Kind) -> Actions {
        if entry.get("actions").and_then(Value::as_str) == Some("all") {
            return Actions::All;
        }
        let known = action_names(kind);
        let mut names = BTreeSet::new();
        for (at, name) in self.texts(entry, at, "actions") {
            if known.contains(&name.as_str()) {
                names.insert(name);
            } else {
                let instead = nearest(&name, known.iter().copied());
                self.remark(&at, &format!("{} has no action {name:?}", kind.name), instead);
            }
        }
        Actions::Named(names)
    }
}

/// A kind that is to be read.
struct Wanted<'a> {
    at: String,
    name: String,
    /// What `kinds` says of it.
    entry: Option<&'a Map<String, Value>>,
}

/// The actions of a kind, by name: the listing's own, and the detail calls.
fn action_names(kind: &Kind) -> Vec<&str> {
    let definition = &kind.definition;
    let listing = definition.list.iter().filter_map(|list| list.action.as_deref());
    listing.chain(definition.actions.iter().map(|action| action.name.as_str())).collect()
}

/// `eu-west-4` beside `eu-west-3` is a new region, not a misspelling.
fn differs_in_number(name: &str, regions: &[String]) -> bool {
    let stem = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    regions.iter().any(|region| stem(region) == stem(name))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
