//! The front itself, checked with boto3: what it denies, throttles, pages, spoils and refuses is what AWS's own SDK
//! takes it for. Everything else here rests on that.

use std::collections::BTreeSet;
use std::process::Command;

use portolan_tests::folders;
use portolan_tests::front::Front;
use portolan_tests::organization::{Organization, Scale};
use portolan_tests::python::interpreter;

#[test]
fn boto3_takes_the_front_for_aws() {
    let organization = Organization::build(Scale::Tiny);
    organization.front().python("selftest.py", &[], &organization.described());
}

/// Trusts, identity policies and session policies: who gets a role, what its session may do, in which words it is denied.
#[test]
fn the_front_lends_roles_and_holds_calls_to_their_policies() {
    Front::start_with_managed_policies().python("selftest_access.py", &[], "");
}

/// moto's own authorization, on policies made at random; the operators, on what IAM's user guide says of them.
#[test]
fn the_fronts_evaluator_says_what_moto_says() {
    let script = folders::front_sources().join("selftest_policy.py");
    let ran = Command::new(interpreter()).arg(script).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn boto3_reads_every_kind_through_the_front_with_signatures_that_hold() {
    let organization = Organization::shared();
    let found = organization.oracle();
    let kinds: BTreeSet<&str> = found.iter().filter_map(|line| line["kind"].as_str()).collect();
    assert_eq!(kinds.len(), 13, "{kinds:?}");
    for kind in &kinds {
        let count = found.iter().filter(|line| line["kind"] == **kind).count();
        assert!(count >= 5, "{kind}: {count}");
    }
    organization.front().assert_signatures();
}
