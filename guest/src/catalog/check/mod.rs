//! A definition against the API tables: an operation, a member or a token that AWS does not have is found here, before
//! anything is asked. What is wrong in one place does not hide what is wrong in another.

mod actions;
mod calls;
mod listing;
mod secrets;
mod templates;

pub(crate) use calls::lost_pages;
use portolan_tables::{Operation, Service, Shape};
pub(crate) use secrets::tells;

use super::{Confirm, Kind, shapes};
use crate::nearest::nearest;

/// Something that is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// JSON pointer, from the definition.
    pub(crate) at: String,
    pub(crate) message: String,
    pub(crate) instead: Option<String>,
}

/// Everything that is wrong with a definition of the schema's form.
pub(crate) fn check(kind: &Kind) -> Vec<Finding> {
    let mut checker = Checker { kind, findings: Vec::new() };
    if checker.table("", &kind.service).is_some() {
        checker.listing();
        checker.actions();
        checker.read();
        checker.templates();
        checker.secrets();
    }
    checker.findings
}

/// An operation of a service, with what comes back.
#[derive(Clone, Copy)]
struct Known {
    service: &'static Service,
    operation: &'static Operation,
    output: &'static Shape,
}

impl Known {
    /// The shape at a path of the answer.
    fn at(self, path: &str) -> Option<&'static Shape> {
        shapes::at(self.service, self.output, path)
    }
}

fn lookup(service: &'static Service, name: &str) -> Option<Known> {
    let operation = service.operation(name)?;
    Some(Known { service, operation, output: service.shape(operation.output?) })
}

struct Checker<'k> {
    kind: &'k Kind,
    findings: Vec<Finding>,
}

impl Checker<'_> {
    fn say(&mut self, at: &str, message: impl Into<String>) {
        self.findings.push(Finding { at: at.to_owned(), message: message.into(), instead: None });
    }

    fn say_instead(&mut self, at: &str, message: impl Into<String>, instead: Option<String>) {
        self.findings.push(Finding { at: at.to_owned(), message: message.into(), instead });
    }

    fn table(&mut self, at: &str, name: &str) -> Option<&'static Service> {
        let service = portolan_tables::service(name);
        if service.is_none() {
            let instead = nearest(name, portolan_tables::services());
            self.say_instead(at, format!("the API tables have no service {name:?}"), instead);
        }
        service
    }

    /// The operation that a key names, in the kind's service or in another. Says what is wrong with it.
    fn known(&mut self, at: &str, service: Option<&str>, name: &str) -> Option<Known> {
        let service = self.table(&format!("{at}/service"), service.unwrap_or(&self.kind.service))?;
        let known = lookup(service, name);
        if known.is_none() {
            let instead = nearest(name, service.operation_names());
            self.say_instead(
                &format!("{at}/operation"),
                format!("{} has no operation {name:?}", service.name),
                instead,
            );
        }
        known
    }

    /// The shape at a path of an answer; says where there is none, and which member was perhaps meant.
    fn shape(
        &mut self,
        at: &str,
        service: &'static Service,
        from: &'static Shape,
        path: &str,
    ) -> Option<&'static Shape> {
        let shape = shapes::at(service, from, path);
        if shape.is_none() {
            self.say_instead(at, format!("the answer has no {path:?}"), shapes::nearest_path(service, from, path));
        }
        shape
    }

    fn read(&mut self) {
        let definition = &self.kind.definition;
        let described = definition.confirm == Confirm::Describe;
        if definition.list.is_some() && described != definition.read.is_some() {
            self.say("/confirm", "`describe` needs `read`, and `read` is for `describe`");
        }
        let Some(read) = &definition.read else { return };
        if let Some(known) = self.known("/read", None, &read.operation) {
            self.call("/read", known, &read.operation, &read.input, read.batch.is_some());
            for path in &read.items.0 {
                self.shape("/read/items", known.service, known.output, path);
            }
        }
        for name in read.covers.iter().filter(|name| definition.actions.iter().all(|action| action.name != **name)) {
            let known = definition.actions.iter().map(|action| action.name.as_str());
            self.say_instead("/read/covers", format!("there is no action {name:?}"), nearest(name, known));
        }
        if read.parents.len() != definition.parents.len() {
            self.say("/read/parents", "there is one for each of the kind's parents");
        }
    }
}
