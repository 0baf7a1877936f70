//! The guard as a component: it imports nothing, and decides as the crate does.
//!
//! The guard's own tests are included, all of them, and every request that they decide about is decided by the component as
//! well: tables of cases, the operations of the hostile tables, what the guest's writer makes of ten thousand inputs, and
//! the tens of thousands that the property tests make up.

mod component_under_test;
mod one_instance;

#[path = "../../../crates/guard/tests/it/arbitrary.rs"]
mod arbitrary;
#[path = "../../../crates/guard/tests/it/component.rs"]
mod component;
#[path = "../../../crates/guard/tests/it/grants.rs"]
mod grants;
#[path = "../../../crates/guard/tests/it/lenient.rs"]
mod lenient;
#[path = "../../../crates/guard/tests/it/reads.rs"]
mod reads;
#[path = "../../../crates/guard/tests/it/rules.rs"]
mod rules;
#[path = "../../../crates/guard/tests/it/sent.rs"]
mod sent;
#[path = "../../../crates/guard/tests/it/types.rs"]
mod types;

use std::sync::{Mutex, OnceLock, PoisonError};

use portolan_guard::{Grant, WireRequest, decide};

use component_under_test::{Decided, Guard};
use sent::everything_written;
use types::learn_thing;

/// What both sides are told may pass: all that can be.
struct Told {
    native: Grant,
    component: Mutex<Guard>,
}

fn told() -> &'static Told {
    static TOLD: OnceLock<Told> = OnceLock::new();
    TOLD.get_or_init(|| {
        let tables = portolan_tables::services().filter_map(portolan_tables::service);
        let (manifest, operator) = everything_written(tables);
        let mut native = Grant::from_manifest(&manifest).unwrap().with_operator(operator.clone()).unwrap();
        learn_thing(&mut native);
        let mut component = Guard::new();
        component.grant(&manifest, &operator).unwrap();
        component.learn(types::THING, &component_under_test::description_of_thing()).unwrap();
        Told { native, component: Mutex::new(component) }
    })
}

/// Has the component decide about a request that the included tests make, and holds it against the crate.
fn second_opinion(wire: &WireRequest<'_>) {
    let told = told();
    let native = Decided::of_crate(wire, decide(wire, &told.native));
    // A failed comparison elsewhere leaves the instance as good as it was.
    let component = told.component.lock().unwrap_or_else(PoisonError::into_inner).decide(wire);
    assert_eq!(component, native, "the component decides otherwise about {wire:?}");
}
