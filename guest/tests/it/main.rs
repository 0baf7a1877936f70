//! The guest, run natively against a scripted host.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what is not there fails the test"
)]
#![allow(clippy::result_large_err, reason = "the guest's own errors")]

mod accounts;
mod chains;
mod cloud_control;
mod configuration;
mod definitions;
mod details;
mod generic;
mod golden;
mod history;
mod mapping;
mod mapping_remarks;
mod mapping_speed;
mod paging;
mod parents;
mod plan;
mod presence;
mod reading;
mod script;
mod stages;
mod tree;

use portolan_guest::host::{Response, SendError};

type Answer = Result<Response, SendError>;
