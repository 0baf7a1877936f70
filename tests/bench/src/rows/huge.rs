//! One unit with a great many resources: pages flow through, nothing is collected.

use anyhow::Result;
use portolan_scripted_aws::{Huge, Options};

use super::scripted::read;
use crate::bench::Bench;
use crate::figure::{Figure, number};

const PEAK_MB: f64 = 150.0;
/// AWS publishes no rate of it: one that it does, EC2's, would be what decides how long it takes.
const KIND: &str = "AWS::RDS::DBInstance";
const RESOURCES: u32 = 200_000;

/// Measures it.
pub fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let huge = Huge { account: 0, region: "us-east-1".to_owned(), kind: KIND.to_owned(), resources: RESOURCES };
    let options = Options { accounts: 1, regions: 1, resources: 1, huge: Some(huge), ..Options::default() };
    let told = read(bench, &options, KIND, &[])?;
    told.ran.tell(KIND);
    Ok(vec![
        Figure::seen("resources", number(told.ran.found()), ""),
        Figure::seen("wall clock", told.ran.wall_s(), "s"),
        Figure::seen("processor time a resource", told.ran.cpu_s() * 1e6 / number(told.ran.found().max(1)), "µs"),
        Figure::at_most(PEAK_MB, "peak memory", told.ran.peak_mb(), "MB"),
    ])
}
