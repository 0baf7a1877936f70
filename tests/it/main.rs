//! Portolan's integration tests: one executable, one module for each concern.
#![expect(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "what is not there fails the test")]

mod accounts;
mod broken_answers;
mod cloud_control;
mod component;
mod credentials;
mod defaults;
mod deletion;
mod demo;
mod differential;
mod endings;
mod entities;
mod estate;
mod front;
mod iam;
mod kinds;
mod mapping;
mod misbehaving;
mod oracle;
mod organization;
mod peers_failures;
mod plan;
mod port;
mod protocol_cases;
mod python;
mod recording;
mod refusals;
mod regions;
mod restore;
mod resume;
mod roles;
mod secrets;
mod simulation;
mod tables;
mod webhook;
mod wire_cases;
