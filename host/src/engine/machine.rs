//! What this machine has for instances.

use std::fs;

/// Live instances a core, which is also how many calls are in flight by default: a unit that waits has one under way, and costs no
/// processor time meanwhile.
const INSTANCES_A_CORE: usize = 32;
/// What an instance keeps resident on average, page in hand included.
const INSTANCE_BYTES: usize = 4 << 20;
/// What all instances together may keep resident …
const MEMORY_BUDGET_BYTES: usize = 256 << 20;
/// … and which part of the memory that is there: the pages that wait for the catalogue, and whoever else runs, need the rest.
const MEMORY_SHARE: usize = 4;
/// Mappings of a live instance: two of its slot in the pool, and its memory, table and stack (six, as measured, and some to spare).
const MAPS_AN_INSTANCE: usize = 8;
/// The part of the process's mappings that is for instances.
const MAPS_SHARE: usize = 2;

/// Where the kernel tells, in the order of their weight; a container's own limit comes before the machine's.
const CGROUP_MEMORY: &[&str] = &["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
const MEMORY: &str = "/proc/meminfo";
const MAPS: &str = "/proc/sys/vm/max_map_count";

/// Cores, memory, and mappings that a process may have. What is not known limits nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Machine {
    cores: usize,
    memory_bytes: Option<usize>,
    maps: Option<usize>,
}

impl Machine {
    pub(super) fn here() -> Self {
        let number = |file: &str| fs::read_to_string(file).ok()?.trim().parse::<usize>().ok();
        let of_container = CGROUP_MEMORY.iter().find_map(|file| number(file));
        let available = fs::read_to_string(MEMORY).ok().and_then(|text| available_bytes(&text));
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: [of_container, available].into_iter().flatten().min(),
            maps: number(MAPS),
        }
    }

    /// One at least, whatever the machine: it may be enough.
    pub(super) fn live_instances(self) -> u32 {
        let by_memory = self.memory_bytes.map_or(usize::MAX, |bytes| bytes / MEMORY_SHARE).min(MEMORY_BUDGET_BYTES);
        let by_maps = self.maps.map_or(usize::MAX, |maps| maps / MAPS_SHARE / MAPS_AN_INSTANCE);
        let instances = (self.cores * INSTANCES_A_CORE).min(by_memory / INSTANCE_BYTES).min(by_maps).max(1);
        u32::try_from(instances).unwrap_or(u32::MAX)
    }
}

/// `MemAvailable:   23456789 kB`
fn available_bytes(meminfo: &str) -> Option<usize> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scarcest_of_cores_memory_and_mappings_decides() {
        let machine =
            |cores, memory_mib: usize, maps| Machine { cores, memory_bytes: Some(memory_mib << 20), maps: Some(maps) };
        assert_eq!(machine(1, 8_192, 65_530).live_instances(), 32);
        assert_eq!(machine(64, 8_192, 65_530).live_instances(), 64, "256 MiB");
        assert_eq!(machine(2, 256, 65_530).live_instances(), 16, "a quarter of it");
        assert_eq!(machine(2, 8_192, 400).live_instances(), 25);
        assert_eq!(machine(2, 4, 8).live_instances(), 1);
        assert_eq!(Machine { cores: 2, memory_bytes: None, maps: None }.live_instances(), 64);
    }

    #[test]
    fn available_memory_stands_in_kilobytes() {
        let text = "MemTotal:       24642496 kB\nMemFree:          501232 kB\nMemAvailable:   20123456 kB\n";
        assert_eq!(available_bytes(text), Some(20_123_456 << 10));
        assert_eq!(available_bytes("MemTotal: 1 kB"), None);
        assert!(cfg!(not(target_os = "linux")) || Machine::here().memory_bytes.is_some());
    }
}
