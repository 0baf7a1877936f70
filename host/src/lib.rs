//! Portolan: discovers what runs in an AWS estate and keeps a catalogue in step with it.

pub mod bindings;
pub mod engine;
pub mod imports;
pub mod instance;
