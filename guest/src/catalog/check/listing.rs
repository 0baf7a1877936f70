//! The listing and its parents.

use portolan_tables::Shape;

use super::{Checker, Known};
use crate::catalog::{Outer, Parent, Reach, shapes};

impl Checker<'_> {
    pub(super) fn listing(&mut self) {
        let definition = &self.kind.definition;
        for (index, parent) in definition.parents.iter().enumerate() {
            let Parent::Call(parent) = parent else { continue };
            let at = format!("/parents/{index}");
            self.codes(&format!("{at}/gone"), &parent.gone);
            self.codes(&format!("{at}/none"), &parent.none);
            let Some(known) = self.known(&at, parent.service.as_deref(), &parent.operation) else { continue };
            self.call(&at, known, &parent.operation, &parent.input, false);
            for path in &parent.items.0 {
                self.items(&at, known, path, parent.wrap.is_some(), false);
            }
        }
        if definition.scope == Reach::Region && !definition.home.is_empty() {
            self.say("/home", "a regional kind is asked in every region");
        }
        self.codes("/gone", &definition.gone);
        let Some(list) = &definition.list else { return };
        self.codes("/list/gone", &list.gone);
        self.codes("/list/none", &list.none);
        let Some(known) = self.known("/list", None, &list.operation) else { return };
        self.call("/list", known, &list.operation, &list.input, false);
        for path in &list.items.0 {
            self.items("/list", known, path, list.wrap.is_some(), list.one);
        }
        if list.recurse && definition.parents.is_empty() {
            self.say("/list/recurse", "the first level needs a parent: the roots of the tree");
        }
        if list.outer != Outer::Ignore && list.items.0.iter().all(|path| path == ".") {
            self.say("/list/outer", "beside the whole answer there is nothing");
        }
        let Some(since) = &definition.since else { return };
        let mut input = list.input.clone();
        input.extend(since.input.clone());
        self.call("/since", known, &list.operation, &input, false);
        if !self.gives(&since.at, |action| !action.optional) {
            self.say("/since/at", format!("neither the listing nor an action that always runs gives {:?}", since.at));
        }
    }

    /// What the list's items are made of.
    pub(super) fn listed(&self, known: Known) -> Vec<&'static Shape> {
        let list = self.kind.definition.list.as_ref();
        let paths = list.map(|list| list.items.0.as_slice()).unwrap_or_default();
        let found = paths.iter().filter_map(|path| known.at(path));
        found.map(|shape| shapes::element(known.service, shape)).collect()
    }

    fn items(&mut self, at: &str, known: Known, path: &str, wrapped: bool, one: bool) {
        let at = format!("{at}/items");
        let Some(found) = self.shape(&at, known.service, known.output, path) else { return };
        if one {
            if matches!(found, Shape::List { .. }) {
                self.say(&at, format!("{path:?} is a list, and no single item"));
            }
        } else if !matches!(found, Shape::List { .. }) && !path.ends_with(']') {
            self.say(&at, format!("{path:?} is no list; a single item is said by `one`"));
        }
        let item = shapes::element(known.service, found);
        let plain = matches!(item, Shape::String);
        let structured = matches!(item, Shape::Structure(_) | Shape::Map { .. } | Shape::Document);
        if plain != wrapped || !plain && !structured {
            self.say(
                &at,
                format!("the items of {path:?} are {}", if plain { "plain names: `as`" } else { "no names" }),
            );
        }
    }

    /// Codes that prove absence are the service's own: a denial or a plea to slow down says nothing of the kind.
    fn codes(&mut self, at: &str, codes: &[String]) {
        for code in codes {
            if portolan_errors::denial(code, "").is_some() || portolan_errors::is_throttling(code) {
                self.say(at, format!("{code} does not say that something is not there"));
            }
        }
    }
}
