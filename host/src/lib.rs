//! Portolan: discovers what runs in an AWS estate and keeps a catalogue in step with it.

pub mod aws;
mod backoff;
pub mod bindings;
pub mod catalogue;
pub mod cli;
pub mod config;
pub mod credentials;
pub mod defaults;
pub mod deletion;
pub mod doctor;
pub mod engine;
pub mod entity_lines;
pub mod http_client;
pub mod iam;
pub mod imports;
pub mod instance;
pub mod manifest;
pub mod outcome;
pub mod page_lines;
pub mod planned;
pub mod run;
pub mod secret;
pub mod sink;
pub mod unit;
