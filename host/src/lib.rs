//! Portolan discovers what runs in an AWS estate. This library is for those who embed it: it runs Portolan's component in a
//! sandbox, signs and sends what the component asks for, and hands out resources.
//!
//! ```no_run
//! use portolan::{BoxError, Component, Engine, EngineOptions, Environment, Page, Run, Settings, Sink};
//!
//! struct Print;
//!
//! impl Sink for Print {
//!     fn name(&self) -> String {
//!         "print".to_owned()
//!     }
//!     async fn page(&self, page: &Page) -> Result<(), BoxError> {
//!         page.resources().for_each(|resource| println!("{} {}", page.account(), resource.id()));
//!         Ok(())
//!     }
//! }
//!
//! # async fn example() -> Result<(), BoxError> {
//! let engine = Engine::new(&Component::built_in(), &EngineOptions::default())?;
//! let settings = Settings::from_yaml(&engine, "accounts: { from: self }", &Environment::of_process()).await?;
//! let report = Run::new(&engine, &settings).sink(Print).sync().await?;
//! println!("{}", report.summary());
//! # Ok(())
//! # }
//! ```
//!
//! # The parts, and which to replace
//!
//! | part | what is there | of your own |
//! | --- | --- | --- |
//! | [`Engine`] | the built-in [`Component`] in the sandbox, with its limits | another build of it: [`Component::from_file`], by its digest |
//! | [`Settings`] | the words of `portolan.yaml`, from text and an [`Environment`] | |
//! | [`Identity`] | the environment's credentials, roles assumed from them under session policies | implement it |
//! | [`Policy`] | the guard: reads that the configured kinds declare, decided from each request's bytes | narrow it; it cannot be switched off |
//! | [`Sink`] | those under `to` in the settings: a catalogue, NDJSON, webhooks | implement it |
//! | [`Run::sync`] | accounts, units, retries, deletions, all at once | [`Run::session`]: a [`Session`] reads one unit at a time, by your scheduler |
//!
//! The examples in the package's `examples` folder are a sink, credentials, a scheduler and a component of your own, and the
//! whole estate as lines of JSON. A Tokio runtime with I/O and time is needed around every `async` function. What is to be said
//! goes to `tracing`.
//!
//! # What the library guarantees
//!
//! - The component reaches AWS through the guard and nothing else: no clock, no file, no environment, no network of its own.
//!   No credential, token or external id enters its memory, a log, an error or a report; no `Debug` shows one.
//! - Requests for an account are signed by that account's credentials; whose call is running decides, never the component.
//! - An instance of the component serves one unit at a time, within limits of memory, processor time and size. After a trap, an
//!   error or a dropped future it is thrown away.
//! - What goes wrong in a unit or an account is an error of that unit or account, and the others go on.
//! - A unit that was not read to its end never looks complete: only a [`Whole`] says that something may be gone, and nothing
//!   outside of the library can make one.
//! - A sink that fails is an error of the run.
//! - What is dropped asks for nothing more.
//!
//! No type of the WebAssembly runtime or of AWS's crates stands in a signature. `public-api.txt` lists all that is covered by
//! versioning; before 1.0, a change or a removal in it comes with a new minor version.
#![deny(missing_docs)]

mod cancellation;
mod embed;
mod problem;

pub use cancellation::Cancellation;
pub use embed::{
    Account, AccountError, AccountPlan, Accounts, Attempt, BadCursor, BoxError, Component, ComponentError, Credentials,
    Cursor, Engine, EngineError, EngineOptions, Entity, Environment, Identity, IdentityError, LeftOut, Mapped, Page,
    Partial, Policy, Reading, RegionState, Report, Request, Resource, Run, RunError, Session, Settings, SettingsError,
    Sink, SinkFailure, Unit, UnitEnd, UnitError, Unknown, Whole, Whose, Why,
};
pub use portolan_names::{AccountId, NameError, Region};
pub use problem::{Problem, ProblemClass};

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
pub mod denials;
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
