//! Which accounts are read: the organization, parts of it, lists of roles, oneself; and what the commands print of it.

use std::collections::BTreeSet;

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::organization::Organization;

const KIND: [&str; 2] = ["--kinds", "AWS::Account::Info"];

fn read(run: &Run) -> BTreeSet<String> {
    let accounts = run.report()["accounts"].as_array().unwrap();
    let read = accounts.iter().filter(|account| account["outcome"] == "read");
    read.filter_map(|account| account["id"].as_str().map(str::to_owned)).collect()
}

fn ids(organization: &Organization, names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| organization.account(name).to_owned()).collect()
}

#[test]
fn parts_of_the_organization_are_chosen_by_unit_and_account() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("parts", organization);
    let sync = |more: &[&str]| {
        let more: Vec<&str> = KIND.iter().chain(more).copied().collect();
        read(&portolan.sync(organization, &more))
    };
    let (workloads, prod, staging) =
        (organization.unit("workloads"), organization.unit("prod"), organization.unit("staging"));
    assert_eq!(sync(&["--ou-id", workloads]), ids(organization, &["prod-web", "prod-data", "staging"]));
    // Overlapping OUs give an account once; a root is accepted; the deepest match wins and exclusion beats inclusion.
    let both = format!("{workloads},{prod}");
    assert_eq!(sync(&["--ou-id", &both]), ids(organization, &["prod-web", "prod-data", "staging"]));
    assert_eq!(sync(&["--ou-id", workloads, "--exclude-ous", prod]), ids(organization, &["staging"]));
    let all: BTreeSet<String> = organization.readable().into_iter().map(str::to_owned).collect();
    assert_eq!(sync(&["--ou-id", organization.root()]), all);
    assert_eq!(sync(&[]), all);
    let (web, data) = (organization.account("prod-web"), organization.account("prod-data"));
    assert_eq!(sync(&["--include-accounts", web]), ids(organization, &["prod-web"]));
    assert_eq!(sync(&["--ou-id", prod, "--exclude-accounts", data]), ids(organization, &["prod-web"]));
    assert_eq!(sync(&["--ou-id", staging]), ids(organization, &["staging"]));
}

#[test]
fn roles_can_be_given_instead_of_an_organization() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("roles", organization);
    let roles = ["prod-web", "staging"].map(|name| organization.role_in(organization.account(name))).join(",");
    let arguments = [
        "sync",
        "--account-role-arns",
        &roles,
        "--external-id-file",
        "external-id",
        "--report",
        "report.json",
        "--to",
        "sqlite:catalogue.db",
        KIND[0],
        KIND[1],
    ];
    let run = portolan.run(&arguments).expect(0);
    assert_eq!(read(&run), ids(organization, &["prod-web", "staging"]));
    assert!(!run.report()["calls"].to_string().contains("organizations:"));
}

#[test]
fn oneself_is_read_only_when_asked_for() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("self", organization);
    let common = ["--report", "report.json", "--to", "sqlite:catalogue.db", KIND[0], KIND[1]];
    let ambient: Vec<&str> = ["sync"].iter().chain(&common).copied().collect();
    let refused = portolan.run(&ambient).expect(1);
    assert!(refused.stderr.contains("--account self"), "{}", refused.stderr);
    let own: Vec<&str> = ["sync", "--account", "self"].iter().chain(&common).copied().collect();
    let run = portolan.run(&own).expect(0);
    assert_eq!(read(&run), ids(organization, &["management"]));
}

#[test]
fn a_listing_that_fails_is_a_failure_and_falls_back_to_nothing() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("unlisted", organization);
    portolan.write("external-id", "not-the-external-id");
    let run = portolan.sync(organization, &KIND).expect(3);
    assert!(run.stdout.contains("AccessDenied"), "{}", run.stdout);
    let problems = run.report()["problems"].to_string();
    assert!(problems.contains("is not authorized to perform: sts:AssumeRole on resource"), "{problems}");
    assert!(
        !portolan.catalogue().exists()
            || portolan_tests::catalogue::number(&portolan.catalogue(), "SELECT count(*) FROM resources") == 0
    );
}

#[test]
fn the_tree_shows_units_accounts_and_whether_their_roles_can_be_assumed() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("tree", organization);
    let run =
        portolan.run(&["accounts", "--account-role-arn", organization.role(), "--external-id-file", "external-id"]);
    for name in ["workloads", "prod", "staging", "security", "sandbox"] {
        assert!(run.stdout.contains(organization.unit(name)), "{name}\n{}\n{}", run.stdout, run.stderr);
    }
    for name in ["management", "prod-web", "Sicherheit & Prüfung „Ü“", "sandbox", "legacy"] {
        assert!(run.stdout.contains(organization.account(name)), "{name}\n{}", run.stdout);
    }
    assert!(run.stdout.contains("suspended"), "{}", run.stdout);
}

/// Only `sync` refused another organization once; the commands that look at one read it all the same.
#[test]
fn another_organization_than_the_expected_is_refused_by_whatever_lists_one() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("expected", organization);
    portolan.write("portolan.yaml", "version: 1\ncredentials: { expect_organization: o-another000 }\n");
    for command in [&["accounts"][..], &["iam", "audit"]] {
        let role = ["--account-role-arn", organization.role(), "--external-id-file", "external-id"];
        let run = portolan.run(&[command, &role].concat()).expect(1);
        assert!(
            run.stderr.contains("credentials.expect_organization says o-another000"),
            "{command:?}: {}",
            run.stderr
        );
    }
}
