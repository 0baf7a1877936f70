//! Portolan's integration tests: one executable, one module for each concern.

mod protocol_cases;
mod python;
mod tables;
