//! All weather, as botocore meets it.

use portolan_scripted_aws::Options;

use crate::{python, start};

#[test]
fn botocore_meets_what_was_ordered() {
    println!(
        "{}",
        python::run("weather.py", &start(&Options { accounts: 3, regions: 2, resources: 120, ..Options::default() }))
    );
}
