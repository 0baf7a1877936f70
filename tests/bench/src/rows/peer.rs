//! The peer's case: moto as AWS, with the peer's kinds and as many resources, through the front that checks every signature.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::bench::Bench;
use crate::binary;
use crate::figure::{Figure, number};
use crate::sync::{Ran, Sync};

const CPU_S: f64 = 1.5;
const PEAK_MB: f64 = 80.0;
/// What the peer takes for its 1,734 resources.
const CALLS: f64 = 1_407.0;
const RESOURCES: u64 = 1_734;
/// The best of so many runs, each into a catalogue of its own: others on the machine make a run costlier, never cheaper.
const RUNS: usize = 3;

/// Measures it.
pub fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let moto = Moto::start()?;
    let mut least: Option<Ran> = None;
    for _ in 0..RUNS {
        let ran = moto.read(bench)?;
        ran.tell("moto");
        ensure!(ran.found() == RESOURCES, "{} resources were found, {RESOURCES} are there", ran.found());
        if least.as_ref().is_none_or(|least| ran.cpu_s() < least.cpu_s()) {
            least = Some(ran);
        }
    }
    let ran = least.context("no run")?;
    Ok(vec![
        Figure::seen("resources", number(ran.found()), ""),
        Figure::at_most(CPU_S, format!("processor time, best of {RUNS}"), ran.cpu_s(), "s"),
        Figure::at_most(PEAK_MB, "peak memory", ran.peak_mb(), "MB"),
        Figure::at_most(CALLS - 1.0, "calls", ran.calls(), ""),
        Figure::seen("calls that the peer's rules make of this state", moto.peer_calls(), ""),
        Figure::seen("wall clock, for which moto is to be thanked", ran.wall_s(), "s"),
    ])
}

/// moto behind its front, filled. They end when this is dropped, and when the process that has this ends.
struct Moto {
    process: Child,
    said: Value,
}

impl Moto {
    fn start() -> Result<Self> {
        let root = binary::workspace();
        // Made by with_moto.py, if it is not there, before this is run.
        let python = binary::target()?.join("python/moto/bin/python");
        let mut command = Command::new("python3");
        command.arg(root.join("embed/with_moto.py")).args(["--estate", "bare", "--"]).arg(python);
        command.arg(root.join("tests/bench/peer/fill.py")).env("CARGO_TARGET_DIR", binary::target()?);
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("python3 cannot be started")?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let said = serde_json::from_str(&line).with_context(|| {
            let _ = process.kill();
            "moto did not start; what it said stands above"
        })?;
        Ok(Self { process, said })
    }

    fn text(&self, name: &str) -> &str {
        self.said[name].as_str().unwrap_or_default()
    }

    fn peer_calls(&self) -> f64 {
        self.said["peer_calls"].as_f64().unwrap_or_default()
    }

    fn read(&self, bench: &Bench) -> Result<Ran> {
        let mut sync = Sync::new(bench)?;
        let variables = self.said["environment"].as_object().into_iter().flatten();
        let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        sync.environment = variables.filter_map(text).collect();
        sync.write("external-id", self.text("external_id"))?;
        sync.run(self.text("role"), self.text("kinds"), &["--external-id-file", "external-id"])
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // The end of its standard input is what it waits for; it ends its servers then.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
