//! The guard as a WebAssembly component without imports, for hosts that cannot link the crate: `wit/guard/guard.wit`.
//!
//! Conversions and nothing else; natively there is nothing here. docs/guard.md says how it is built and used.

#![deny(unsafe_code)]

#[cfg(target_family = "wasm")]
#[allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic, reason = "generated from the WIT")]
mod bindings;
#[cfg(target_family = "wasm")]
mod component;
