//! The library's public API: what is re-exported at the root of the crate, and nothing else.
//!
//! Thin over what the binary is made of. No type of wasmtime, of AWS's crates or of generated bindings stands in a signature
//! here, so that a new version of one of them is no breaking change.

mod account;
mod component;
mod credentials;
mod cursor;
mod end;
mod engine;
mod identity;
mod page;
mod policy;
mod reading;
mod report;
mod run;
mod session;
mod settings;
mod sink;
mod unit;

pub use account::{Account, AccountError, AccountPlan, Accounts, Attempt, LeftOut, RegionState, Why};
pub use component::{Component, ComponentError};
pub use credentials::Credentials;
pub use cursor::{BadCursor, Cursor};
pub use end::{Partial, UnitEnd, Unknown, Whole};
pub use engine::{Engine, EngineError, EngineOptions};
pub use identity::{Identity, IdentityError, Whose};
pub use page::{Entity, Mapped, Page, Resource};
pub use policy::{Policy, Request};
pub use reading::Reading;
pub use report::Report;
pub use run::{Run, RunError};
pub use session::Session;
pub use settings::{Environment, Settings, SettingsError};
pub use sink::{BoxError, Sink, SinkFailure};
pub use unit::{Unit, UnitError};
