//! Portolan's integration tests: one executable, one module for each concern.

mod credentials;
mod python;
