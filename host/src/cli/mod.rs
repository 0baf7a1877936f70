//! The command line: what it takes, and the commands that only look at the configuration.

pub mod args;
pub mod config;
pub mod flags;
pub mod validate;
