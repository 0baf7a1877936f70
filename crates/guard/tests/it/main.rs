//! The guard from outside: every rule by table, the kinds' own operations, and attempts to get past it.

mod arbitrary;
mod grants;
mod lenient;
mod reads;
mod rules;
mod sent;
