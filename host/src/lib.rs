//! host
pub mod cli;
pub mod config;
pub mod credentials;
pub mod secret;
