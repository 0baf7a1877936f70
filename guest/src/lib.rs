//! The component's core: what to ask AWS and what the answers mean. Pure: all I/O goes through a trait.

#![forbid(unsafe_code)]

pub mod wire;
