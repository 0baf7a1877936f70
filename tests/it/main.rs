//! Portolan's integration tests: one executable, one module for each concern.

mod component;
mod misbehaving;
mod python;
