//! Each credential source, and the sessions made from it, against real exchanges on loopback.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what is not there fails the test"
)]

mod choosing;
mod clock;
mod http_client;
mod instance;
mod loopback;
mod profile;
mod secrecy;
mod sessions;
mod sts;
mod task;
mod web_identity;
