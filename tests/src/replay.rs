//! The demo's organization, replayed: no network but the sinks', a second a run.

use std::io::Read;

use flate2::read::GzDecoder;

use crate::binary::{Portolan, Run};
use crate::folders;

/// The kind that is read: of the recorded organization, enough for several batches where a receiver wants small ones.
const KIND: &str = "AWS::SQS::Queue";

/// A folder in which it is replayed; the catalogue is `catalogue.db` there.
#[derive(Debug)]
pub struct Replay(pub Portolan);

impl Replay {
    /// Makes the folder.
    ///
    /// # Panics
    /// When the recording cannot be unpacked.
    pub fn new(name: &str) -> Self {
        let portolan = Portolan::new(name);
        let packed = folders::workspace().join("host/demo/organization.jsonl.gz");
        let packed = std::fs::read(packed).unwrap_or_else(|error| panic!("the demo's recording: {error}"));
        let mut recording = String::new();
        let unpacked = GzDecoder::new(packed.as_slice()).read_to_string(&mut recording);
        unpacked.unwrap_or_else(|error| panic!("the demo's recording: {error}"));
        portolan.write("a.recording", &recording);
        Self(portolan)
    }

    /// The arguments of a run with these sinks besides the catalogue, and with these flags.
    ///
    /// # Panics
    /// When the demo has no listing role.
    pub fn arguments(sinks: &[String], more: &[&str]) -> Vec<String> {
        let role = std::fs::read_to_string(folders::workspace().join("host/demo/listing-role.txt"));
        let role = role.unwrap_or_else(|error| panic!("the demo's listing role: {error}"));
        let fixed = ["sync", "--replay", "a.recording", "--include-actions", "all", "--fail-on", "none"];
        let also = ["--report", "report.json", "--account-role-arn", role.trim(), "--kinds", KIND];
        let sinks = sinks.iter().map(String::as_str).flat_map(|sink| ["--to", sink]);
        let all = fixed.into_iter().chain(also).chain(["--to", "sqlite:catalogue.db"]).chain(sinks);
        all.chain(more.iter().copied()).map(str::to_owned).collect()
    }

    /// Runs it.
    pub fn run(&self, sinks: &[String], more: &[&str]) -> Run {
        let arguments = Self::arguments(sinks, more);
        self.0.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Changes what is replayed from now on.
    ///
    /// # Panics
    /// When nothing of it is there.
    pub fn change(&self, from: &str, to: &str) {
        let recording = self.0.read("a.recording");
        assert!(recording.contains(from), "{from}");
        self.0.write("a.recording", &recording.replace(from, to));
    }
}
