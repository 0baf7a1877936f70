//! The harness of Portolan's integration tests: Python, moto, the front for moto, an organization to read, the real binary.
//!
//! Nothing here skips: where a test cannot run, it fails and says why and what to do about it.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod component;
pub mod folders;
pub mod programs;
pub mod python;
