//! What the process itself has used, as the system tells it. Where it does not (other systems than
//! Linux), nothing is claimed.

use serde::Serialize;

/// Processor time and memory of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// User and system time, in milliseconds.
    pub cpu_ms: Option<u64>,
    /// The most memory that was resident, in bytes.
    pub peak_memory_bytes: Option<u64>,
}

/// Clock ticks a second in `/proc`; fixed at 100 for user space on every Linux.
const TICKS_A_SECOND: u64 = 100;

impl Usage {
    /// Reads it from `/proc/self`.
    #[must_use]
    pub fn now() -> Self {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
        Self { cpu_ms: cpu_ms(&read("stat")), peak_memory_bytes: peak_memory_bytes(&read("status")) }
    }
}

fn cpu_ms(stat: &str) -> Option<u64> {
    // The program's name, in parentheses, may hold spaces; the fields are counted after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
    Some((ticks(11)? + ticks(12)?) * 1_000 / TICKS_A_SECOND)
}

fn peak_memory_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_writes_is_read() {
        let stat = "12 (a b) c) S 1 1 1 0 -1 0 0 0 0 0 150 50 0 0 20 0 4 0 1 2 3";
        assert_eq!(cpu_ms(stat), Some(2_000));
        assert_eq!(peak_memory_bytes("Name:\tx\nVmHWM:\t    2048 kB\n"), Some(2_097_152));
        assert_eq!((cpu_ms(""), peak_memory_bytes("")), (None, None));
    }
}
