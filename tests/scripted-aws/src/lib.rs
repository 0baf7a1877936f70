//! A scripted AWS: an estate that is computed and not stored, answered over HTTP by a process of its own, through
//! whatever weather a test or the benchmark asks for.
//!
//! The process is the binary of this package. This library is what starts it and talks to it ([`ScriptedAws`]), how it is
//! set up ([`Options`]), and the estate itself ([`Estate`]), so that whoever reads it knows what there is to be found.

mod catalogue;
mod estate;
mod fault;
mod handle;
mod locate;
mod options;

pub use catalogue::{KindName, REGIONAL_KINDS, kinds};
pub use estate::{Estate, Item, NO_REGION, Unit, mix, share};
pub use fault::{By, Fault, Weather};
pub use handle::{ControlError, ScriptedAws};
pub use locate::{binary, nested_cargo};
pub use options::{Denied, Huge, Options, REGIONS};
