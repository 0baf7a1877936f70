//! What was asked and answered, and what it cost.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use portolan_scripted_aws::Weather;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use crate::aws::operation::Operation;

/// Notes of what could not be understood: as many as help, and no more.
const NOTES_MAX: usize = 20;

/// Counters since the start, or since they were reset.
#[derive(Debug)]
pub(crate) struct Counts {
    /// By operation (its number) and status. 0: the call was never answered.
    answered: HashMap<(usize, u16), u64>,
    weather: HashMap<Weather, u64>,
    /// Throttled by a bucket, not by a rule.
    throttled_by_bucket: u64,
    throttled: u64,
    notes: Vec<String>,
    pub(crate) connections: u64,
    pub(crate) open_calls: u64,
    most_open_calls: u64,
    read_before: u64,
    written_before: u64,
    cpu_before: f64,
    since: Instant,
}

impl Counts {
    pub(crate) fn new(read: u64, written: u64) -> Self {
        Self {
            answered: HashMap::new(),
            weather: HashMap::new(),
            throttled_by_bucket: 0,
            throttled: 0,
            notes: Vec::new(),
            connections: 0,
            open_calls: 0,
            most_open_calls: 0,
            read_before: read,
            written_before: written,
            cpu_before: cpu_seconds(),
            since: Instant::now(),
        }
    }

    pub(crate) fn answered(&mut self, operation: usize, status: u16) {
        *self.answered.entry((operation, status)).or_default() += 1;
    }

    pub(crate) fn hit(&mut self, weather: Weather) {
        *self.weather.entry(weather).or_default() += 1;
        self.throttled += u64::from(matches!(weather, Weather::Throttled | Weather::RetryAfter));
    }

    pub(crate) fn throttled_by_bucket(&mut self) {
        self.throttled_by_bucket += 1;
        self.throttled += 1;
    }

    pub(crate) fn begin(&mut self) {
        self.open_calls += 1;
        self.most_open_calls = self.most_open_calls.max(self.open_calls);
    }

    /// Something that a client of AWS would not have sent.
    pub(crate) fn note(&mut self, text: String) {
        if self.notes.len() < NOTES_MAX && !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    /// All of it as JSON; the README explains the members.
    pub(crate) fn report(&self, operations: &[Operation], read: u64, written: u64, buckets: (usize, f64)) -> Value {
        let mut requests: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for ((place, status), count) in &self.answered {
            let name = operations
                .get(*place)
                .map_or_else(|| "unknown".to_owned(), |operation| format!("{}:{}", operation.service, operation.name));
            let status = if *status == 0 { "none".to_owned() } else { status.to_string() };
            *requests.entry(name).or_default().entry(status).or_default() += count;
        }
        let faults: BTreeMap<String, u64> = self
            .weather
            .iter()
            .map(|(weather, count)| (json!(weather).as_str().unwrap_or_default().to_owned(), *count))
            .collect();
        json!({
            "total": self.answered.values().sum::<u64>(),
            "requests": requests,
            "throttled": self.throttled,
            "throttled_by_bucket": self.throttled_by_bucket,
            "faults": faults,
            "notes": self.notes,
            "bytes_in": read - self.read_before,
            "bytes_out": written - self.written_before,
            "connections": self.connections,
            "most_open_calls": self.most_open_calls,
            "buckets": { "used": buckets.0, "least_seconds": buckets.1 },
            "seconds": self.since.elapsed().as_secs_f64(),
            "cpu_s": cpu_seconds() - self.cpu_before,
            "peak_bytes": peak_bytes(),
        })
    }
}

/// Seconds of processor time of this process, user and system, as `getrusage` gives them and finer.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let nanoseconds = i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec);
    #[expect(clippy::cast_precision_loss, reason = "a float holds nanoseconds of months")]
    let seconds = nanoseconds as f64 / 1e9;
    seconds
}

/// The most memory that this process ever had, where the system tells.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
