//! host
pub mod catalogue;
pub mod deletion;
pub mod outcome;
pub mod page_lines;
pub mod sink;
pub mod unit;
