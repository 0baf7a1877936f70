//! `portolan config`.

use super::args::ConfigWhat;
use super::validate::Printed;
use crate::config::{EXAMPLE, Sources, load, report, schema};

/// Prints the settings in force, the example or the schema.
#[must_use]
pub fn config(what: &ConfigWhat, sources: Sources<'_>) -> Printed {
    if what.example {
        return Printed::done(EXAMPLE.to_owned());
    }
    if what.schema {
        return Printed::done(schema::TEXT.to_owned());
    }
    match load(sources) {
        Ok(loaded) => Printed::done(report::show(&loaded)),
        Err(refused) => Printed::refused(&refused),
    }
}
