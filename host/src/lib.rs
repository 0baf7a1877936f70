//! Portolan: discovers what runs in an AWS estate and keeps a catalogue in step with it.
#![deny(missing_docs)]

mod embed;

pub use embed::{
    Account, AccountError, AccountPlan, Accounts, Attempt, BadCursor, BoxError, Component, ComponentError, Credentials,
    Cursor, Engine, EngineError, EngineOptions, Entity, Environment, Identity, IdentityError, LeftOut, Mapped, Page,
    Partial, Policy, Reading, RegionState, Report, Request, Resource, Run, RunError, Session, Settings, SettingsError,
    Sink, SinkFailure, Unit, UnitEnd, UnitError, Unknown, Whole, Whose, Why,
};
pub use outcome::{Problem, ProblemClass};
pub use portolan_names::{AccountId, NameError, Region};
pub use run::Cancellation;

// What follows is for the binary, the workspace's tests and its benches. It is no part of the library's interface: it changes
// with any version, without a word.

#[doc(hidden)]
pub mod aws;
mod backoff;
#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod catalogue;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod config;
#[doc(hidden)]
pub mod credentials;
#[doc(hidden)]
pub mod defaults;
#[doc(hidden)]
pub mod deletion;
#[doc(hidden)]
pub mod doctor;
#[doc(hidden)]
pub mod engine;
#[doc(hidden)]
pub mod entity_lines;
#[doc(hidden)]
pub mod http_client;
#[doc(hidden)]
pub mod iam;
#[doc(hidden)]
pub mod imports;
#[doc(hidden)]
pub mod instance;
#[doc(hidden)]
pub mod manifest;
#[doc(hidden)]
pub mod outcome;
#[doc(hidden)]
pub mod page_lines;
#[doc(hidden)]
pub mod planned;
#[doc(hidden)]
pub mod run;
#[doc(hidden)]
pub mod secret;
#[doc(hidden)]
pub mod sink;
#[doc(hidden)]
pub mod unit;
