//! What guest/generator wrote. Do not edit.

/// What the tables are derived from.
pub const SOURCE: &str = "botocore 1.44.5";
