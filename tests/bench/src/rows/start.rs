//! How long it takes to the first call, with the component compiled before and not.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::bench::Bench;
use crate::figure::Figure;
use crate::listener::Listener;
use crate::scratch::Scratch;
use crate::sync::Sync;

const WARM_MS: f64 = 50.0;
const COLD_S: f64 = 2.5;
/// The best of so many starts: what others do on the machine makes a start slower, never faster.
const WARM_STARTS: usize = 11;
const COLD_STARTS: usize = 3;
const LONGEST: Duration = Duration::from_mins(2);

/// Measures it.
pub fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let mut warm = Vec::new();
    for _ in 0..WARM_STARTS {
        warm.push(start(bench, &Sync::new(bench)?)?.as_secs_f64() * 1e3);
    }
    let mut cold = Vec::new();
    for _ in 0..COLD_STARTS {
        let empty = Scratch::new("cold")?;
        let mut sync = Sync::new(bench)?;
        sync.cache = empty.path().join("cache");
        cold.push(start(bench, &sync)?.as_secs_f64());
    }
    let least = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
    Ok(vec![
        Figure::at_most(WARM_MS, format!("compiled before, best of {WARM_STARTS}"), least(&warm), "ms"),
        Figure::seen("compiled before, slowest of them", most(&warm), "ms"),
        Figure::at_most(COLD_S, format!("compiling, best of {COLD_STARTS}"), least(&cold), "s"),
        Figure::seen("compiling, slowest of them", most(&cold), "s"),
    ])
}

/// From the start of a process to the first byte of its first request.
fn start(bench: &Bench, sync: &Sync) -> Result<Duration> {
    let listener = Listener::start()?;
    let role = "arn:aws:iam::210987000013:role/PortOceanReadRole";
    let words = ["sync", "--account-role-arn", role, "--to", "sqlite:catalogue.db"];
    let mut command = sync.command(&words.map(str::to_owned))?;
    command.envs([
        ("AWS_ACCESS_KEY_ID", "AKIASCRIPTEDAWSSOURC"),
        ("AWS_SECRET_ACCESS_KEY", "scripted-and-no-secret"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", listener.url()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    let began = Instant::now();
    let mut child = command.spawn()?;
    let first = listener.first(LONGEST);
    let _ = child.kill();
    child.wait()?;
    eprintln!("  {} cores, first call after {:?}", bench.cores(), began.elapsed());
    Ok(first?.duration_since(began))
}
