//! What a mapping makes of a resource: entities, in the form and with the meaning of the peer's `port-app-config.yml`.

mod entity;
mod expression;
mod items;
mod mapper;
mod names;
mod plain;
#[cfg(test)]
mod plain_test;
mod program;
mod quotes;
mod report;
mod syntax;
mod value;

use std::cell::OnceCell;

pub(crate) use entity::Node;
pub(crate) use expression::Expression;
pub(crate) use items::Items;
pub(crate) use mapper::{Made, Mapper, map_resources};
pub(crate) use report::Report;
pub(crate) use syntax::Wrong;

use crate::config::RegionPolicy;
use expression::Form;
use program::Program;

/// One of the mapping's resources: which entities to make of a kind's resources.
#[derive(Debug)]
pub(crate) struct Mapping {
    /// Its place in the configuration's `resources`.
    pub(crate) index: usize,
    /// The kind, by its right name.
    pub(crate) kind: String,
    /// Of which regions' resources entities are made, if not of all.
    pub(crate) regions: Option<RegionPolicy>,
    pub(crate) parts: Parts,
    /// What needs jaq, compiled when first used.
    program: OnceCell<Program>,
}

/// What is written of a mapping.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) selector: Expression,
    pub(crate) items: Option<Items>,
    pub(crate) identifier: Node,
    pub(crate) blueprint: Expression,
    /// Title, icon, team, properties, relations: those that are written.
    pub(crate) members: Vec<(String, Node)>,
}

impl Mapping {
    /// A mapping of what was read of it. Gives what needs jaq its place in the program.
    pub(crate) fn new(index: usize, kind: String, regions: Option<RegionPolicy>, parts: Parts) -> Self {
        let mut mapping = Self { index, kind, regions, parts, program: OnceCell::new() };
        // The selector's outcome comes first, and the others follow where it is true.
        let mut next = usize::from(matches!(mapping.parts.selector.form, Form::Program { .. }));
        mapping.each_mut(&mut |expression| {
            if let Form::Program { slot, .. } = &mut expression.form {
                *slot = next;
                next += 1;
            }
        });
        mapping
    }

    fn each_mut(&mut self, give: &mut dyn FnMut(&mut Expression)) {
        self.parts.identifier.each_mut(give);
        give(&mut self.parts.blueprint);
        for (_, node) in &mut self.parts.members {
            node.each_mut(give);
        }
    }

    /// Its expressions, without the selector and the items.
    fn each<'m>(&'m self, give: &mut dyn FnMut(&'m Expression)) {
        self.parts.identifier.each(give);
        give(&self.parts.blueprint);
        for (_, node) in &self.parts.members {
            node.each(give);
        }
    }

    /// All its expressions that read the resource itself: not those that read an item of it.
    pub(crate) fn expressions(&self) -> Vec<&Expression> {
        let mut all = vec![&self.parts.selector];
        all.extend(self.parts.items.iter().map(|items| &items.expression));
        self.each(&mut |expression| all.push(expression));
        all
    }

    fn program(&self) -> &Program {
        self.program.get_or_init(|| {
            let mut codes = Vec::new();
            self.each(&mut |expression| {
                if let Form::Program { code, .. } = &expression.form {
                    codes.push(code.as_str());
                }
            });
            let selector = match &self.parts.selector.form {
                Form::Program { code, .. } => Some(code.as_str()),
                Form::Plain(_) => None,
            };
            Program::new(selector, &codes)
        })
    }
}
