//! The guard from outside: every rule by table, the kinds' own operations, and attempts to get past it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::format_push_string,
    reason = "tests, the helpers among them, which clippy does not take for such"
)]

mod arbitrary;
mod component;
mod grants;
mod lenient;
mod reads;
mod rules;
mod sent;
mod types;

/// Sees every request that these tests decide about. Nothing to say here; `tests/it/guard_component` includes these files and
/// has the guard's component decide as well.
fn second_opinion(_: &portolan_guard::WireRequest<'_>) {}
