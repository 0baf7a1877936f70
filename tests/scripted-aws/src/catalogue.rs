//! The kinds that are answered for, from the list in `data/kinds.txt`.

use std::sync::OnceLock;

/// A kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindName {
    /// As Portolan's catalogue names it.
    pub name: &'static str,
    /// Whether it is read in every region, and not once for the account.
    pub regional: bool,
}

/// How many of the kinds are read in every region: those of the benchmark.
pub const REGIONAL_KINDS: usize = 30;

/// The kinds, those of regions first.
pub fn kinds() -> &'static [KindName] {
    static KINDS: OnceLock<Vec<KindName>> = OnceLock::new();
    KINDS.get_or_init(|| {
        let lines = include_str!("../data/kinds.txt").lines().filter(|line| !line.starts_with('#'));
        let kind = |line: &'static str| {
            let (scope, name) = line.split_once(' ')?;
            Some(KindName { name, regional: scope == "region" })
        };
        lines.filter_map(kind).collect()
    })
}
