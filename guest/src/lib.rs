//! The component: what to ask AWS, and what its answers mean.
//!
//! A pure core that does no I/O and reads no clock: it reaches AWS through [`host::Host`] alone, and so compiles, runs
//! and is tested natively. The folder `component` makes a WebAssembly component of it. What to call for each kind
//! and how to read the answers is data, in `catalog/`.

#![deny(unsafe_code)]
#![deny(missing_docs)]
#![allow(clippy::result_large_err, reason = "a problem is made once a page at most, and the host takes it as it is")]

mod accounts;
mod call;
mod catalog;
#[cfg(target_family = "wasm")]
mod component;
mod config;
mod guest;
pub mod host;
pub mod interface;
mod json;
mod limits;
mod mapping;
mod nearest;
mod path;
mod plan;
mod pointer;
pub mod problem;
mod redact;
mod regions;
mod sync;
mod template;
pub mod wire;

pub use guest::{Guest, describe};
