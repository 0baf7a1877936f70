//! The weather: what goes wrong, and how fast calls may come.

pub(crate) mod body;
pub(crate) mod buckets;
pub(crate) mod dice;
