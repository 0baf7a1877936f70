//! The partitions: which there are, and which one a region belongs to by its name.

use std::sync::OnceLock;

use serde::Deserialize;

/// A partition: a set of regions with accounts, credentials and host names of its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// As in ARNs: `aws`, `aws-cn`, `aws-us-gov`.
    pub id: String,
    /// What host names end in: `amazonaws.com`.
    pub dns_suffix: String,
    /// What dual-stack host names end in: `api.aws`.
    pub dual_stack_suffix: String,
    /// Where its global services are asked.
    pub implicit_global_region: String,
    /// Whether FIPS hosts exist at all.
    pub supports_fips: bool,
    /// Whether dual-stack hosts exist at all.
    pub supports_dual_stack: bool,
    /// What its regions' names begin with, before `-<word>-<number>`.
    pub region_prefixes: Vec<String>,
    /// The regions known when the tables were made. A hint: a new region needs no new table.
    pub regions: Vec<String>,
}

impl Partition {
    /// Whether a region belongs here: it is listed, or its name has the partition's form.
    #[must_use]
    pub fn has_region(&self, region: &str) -> bool {
        self.regions.iter().any(|known| known == region)
            || self.region_prefixes.iter().any(|prefix| {
                let rest = region.strip_prefix(prefix.as_str()).and_then(|rest| rest.strip_prefix('-'));
                rest.and_then(|rest| rest.split_once('-'))
                    .is_some_and(|(word, number)| is_word(word) && is_number(number))
            })
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// All partitions.
#[must_use]
pub fn partitions() -> &'static [Partition] {
    static PARSED: OnceLock<Vec<Partition>> = OnceLock::new();
    // A test reads the file, so that a malformed one never leaves the repository.
    PARSED.get_or_init(|| serde_json::from_str(include_str!("../data/partitions.json")).unwrap_or_default())
}

/// The partition that a region belongs to, by its name; regions that do not exist yet included.
#[must_use]
pub fn partition_of(region: &str) -> Option<&'static Partition> {
    partitions().iter().find(|partition| partition.has_region(region))
}

/// A partition by its id.
#[must_use]
pub fn partition(id: &str) -> Option<&'static Partition> {
    partitions().iter().find(|partition| partition.id == id)
}
