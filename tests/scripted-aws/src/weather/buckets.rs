//! AWS's token buckets: `data/buckets.tsv` has their sizes.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::aws::operation::Operation;

/// A line of `data/buckets.tsv`.
#[derive(Debug, Clone, Copy)]
struct Size {
    capacity: f64,
    refill: f64,
}

/// Whose a bucket is: account, region, line of the file, operation where each has its own.
type Owner = (u32, u16, u16, u16);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
    used: u32,
}

/// All buckets that were used.
#[derive(Debug)]
pub(crate) struct Buckets {
    sizes: Vec<Size>,
    /// For each operation: the line, and its own number where it has a bucket of its own.
    of: Vec<(u16, u16)>,
    full: HashMap<Owner, Bucket>,
}

impl Buckets {
    pub(crate) fn load(operations: &[Operation]) -> Result<Self> {
        let mut lines = Vec::new();
        let mut sizes = Vec::new();
        for line in include_str!("../../data/buckets.tsv").lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [service, names, capacity, refill, each, _] = fields[..] else { anyhow::bail!("buckets.tsv: {line}") };
            sizes.push(Size { capacity: capacity.parse()?, refill: refill.parse()? });
            lines.push((service, names, each == "each"));
        }
        let of = |(place, operation): (usize, &Operation)| {
            let fits = |(service, names, _): &(&str, &str, bool)| {
                (*service == "*" || *service == operation.service)
                    && (*names == "*" || names.split(',').any(|name| name == operation.name))
            };
            let line = lines.iter().position(fits).context("buckets.tsv has no line for all")?;
            let each = lines.get(line).is_some_and(|(_, _, each)| *each);
            Ok((u16::try_from(line)?, if each { u16::try_from(place)? } else { u16::MAX }))
        };
        let of = operations.iter().enumerate().map(of).collect::<Result<_>>()?;
        Ok(Self { sizes, of, full: HashMap::new() })
    }

    /// Takes a token; false: there is none.
    pub(crate) fn take(&mut self, account: u32, region: u16, operation: usize) -> bool {
        let Some((line, own)) = self.of.get(operation).copied() else { return true };
        let Some(size) = self.sizes.get(usize::from(line)).copied() else { return true };
        let now = Instant::now();
        let fresh = || Bucket { tokens: size.capacity, at: now, used: 0 };
        let bucket = self.full.entry((account, region, line, own)).or_insert_with(fresh);
        bucket.tokens = (bucket.tokens + now.duration_since(bucket.at).as_secs_f64() * size.refill).min(size.capacity);
        bucket.at = now;
        let granted = bucket.tokens >= 1.0;
        if granted {
            bucket.tokens -= 1.0;
            bucket.used += 1;
        }
        granted
    }

    /// How many buckets there are, and the seconds that the busiest needs for what it granted, from full.
    pub(crate) fn least_seconds(&self) -> (usize, f64) {
        let seconds = |((_, _, line, _), bucket): (&Owner, &Bucket)| {
            let size = self.sizes.get(usize::from(*line))?;
            Some((f64::from(bucket.used) - size.capacity).max(0.0) / size.refill)
        };
        (self.full.len(), self.full.iter().filter_map(seconds).fold(0.0, f64::max))
    }

    /// All full again.
    pub(crate) fn refill(&mut self) {
        self.full.clear();
    }
}
