//! The scripted AWS against clients that nobody here wrote: botocore, and hyper's HTTP/2.
#![expect(clippy::panic, clippy::unwrap_used, reason = "what is not there fails the test")]

mod answers;
mod control;
mod http2;
mod python;
mod weather;

use std::path::Path;

use portolan_scripted_aws::{Options, ScriptedAws};

fn start(options: &Options) -> ScriptedAws {
    ScriptedAws::start_binary(Path::new(env!("CARGO_BIN_EXE_portolan-scripted-aws")), options).unwrap()
}
