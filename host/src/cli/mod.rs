//! The command line: what it takes, and what each command does.

pub mod args;
mod chosen_component;
mod command;
mod component;
pub mod config;
pub mod defaults;
mod demo;
mod doctor;
mod estate;
pub mod flags;
pub mod iam;
mod judge;
mod kinds;
mod logging;
mod map;
mod restore;
pub mod validate;

pub use command::main;
