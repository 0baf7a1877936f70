//! What the host learns of CloudFormation's resource types, for requests of Cloud Control.
//!
//! The guard lets such a request pass only if it knows which actions the handlers of its type need. They stand in the
//! answer to `cloudformation:DescribeType`, which the guest asks for itself; the host has the guard's crate read that
//! answer before it hands it on. It asks AWS for a type once in a run, and not at all where the catalogue has an answer of the last
//! [`CACHE_DAYS`]: a type of AWS's own is described alike to every account, and in every region but for days in which a
//! new version is on its way, while estates have thousands of units. What differs between regions is whether the type is
//! there; Cloud Control says that of each region itself.

mod memory;

use portolan_names::TypeName;

use super::exchange::Call;

pub use memory::{TypeLedger, TypeMemory};
pub use portolan_guard::{Described, Undescribed};

/// The type whose description a permitted call asks for; see [`portolan_guard::asked_type`].
pub(super) fn asked_type(call: &Call) -> Option<TypeName> {
    portolan_guard::asked_type(&call.service, &call.operation, &call.body)
}

/// Days for which an answer about a type is as good as a new one.
pub const CACHE_DAYS: u32 = 7;
