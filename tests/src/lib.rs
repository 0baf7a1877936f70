//! The harness of Portolan's integration tests: Python, moto, the front for moto, an organization to read, the real binary.
//!
//! Nothing here skips: where a test cannot run, it fails and says why and what to do about it. So these functions panic
//! instead of returning errors, [`python`] apart, whose errors are tested themselves.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![expect(clippy::panic, clippy::indexing_slicing, reason = "a harness fails its test where it stands")]
#![expect(
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "a result that a test does not need is no mistake"
)]

pub mod binary;
pub mod catalogue;
pub mod component;
pub mod folders;
pub mod front;
pub mod network;
pub mod organization;
pub mod port_server;
mod prepared;
pub mod programs;
pub mod python;
pub mod replay;
pub mod server;
pub mod webhook;
