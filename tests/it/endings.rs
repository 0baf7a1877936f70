//! How a run ends: its exit status, and what it leaves when it is stopped.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use portolan_tests::binary::Portolan;
use portolan_tests::catalogue::{number, rows};
use portolan_tests::organization::{Organization, Scale};
use serde_json::json;

/// Asks a process to stop, as Ctrl-C (`INT`) and a container's runtime (`TERM`) do.
pub fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
    assert!(status.success());
}

/// Waits until the front holds calls that match its first rule.
pub fn wait_until_asked(organization: &Organization) {
    let started = Instant::now();
    while organization.front().state()["rules"][0]["used"] == 0 {
        assert!(started.elapsed() < Duration::from_mins(2), "the run made no call that the rule delays");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_ends_soon_and_deletes_nothing() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    front.clear_rules();
    let portolan = Portolan::in_organization("stopped", &organization);
    let scope = ["--include-accounts", organization.account("prod-web"), "--regions", "eu-west-1"];
    portolan.sync(&organization, &scope).expect(0);
    let alive = "SELECT resource_key, properties FROM resources WHERE deleted_at IS NULL ORDER BY resource_key";
    let before = rows(&portolan.catalogue(), alive);
    // A queue is gone, and a stopped run must not act on it either.
    let account = organization.account("prod-web");
    let queue = front.queue_url(account, "eu-west-1", "work-1");
    front.boto(account, "eu-west-1", "sqs", "delete_queue", &json!({ "QueueUrl": queue }));
    for name in ["INT", "TERM"] {
        front.clear_rules();
        front.rule(&json!({ "do": "delay", "ms": 60_000, "service": "rds" }));
        let arguments = Portolan::sync_arguments(&organization, &scope);
        let child = portolan.start(&arguments);
        wait_until_asked(&organization);
        let asked = Instant::now();
        signal(&child, name);
        let run = portolan.finish(child, &arguments);
        assert_eq!(run.status, Some(130), "{name}\n{}", run.stderr);
        assert!(asked.elapsed() < Duration::from_secs(20), "{name}: {:?}", asked.elapsed());
        assert_eq!(rows(&portolan.catalogue(), alive), before, "{name}");
        assert_eq!(run.report()["interrupted"], true);
    }
    // The catalogue is in order, and the next run takes up where things stand.
    front.clear_rules();
    portolan.sync(&organization, &scope).expect(0);
    let now = rows(&portolan.catalogue(), alive);
    assert_eq!(before.len() - now.len(), 1, "the queue");
}

#[test]
fn one_run_at_a_time_holds_the_catalogue() {
    let organization = Organization::build(Scale::Tiny);
    organization.front().clear_rules();
    let portolan = Portolan::in_organization("held", &organization);
    let scope = ["--include-accounts", organization.account("prod-web"), "--kinds", "AWS::SQS::Queue"];
    let arguments = Portolan::sync_arguments(&organization, &scope);
    organization
        .front()
        .rule(&json!({ "do": "delay", "ms": 8_000, "service": "sqs", "operation": "ListQueues", "times": 1 }));
    let first = portolan.start(&arguments);
    wait_until_asked(&organization);
    let second = Portolan::in_organization("held-second", &organization);
    let same = format!("sqlite:{}", portolan.catalogue().display());
    let mut late = scope.to_vec();
    late.extend(["--to", &same]);
    second.sync(&organization, &late).expect(6);
    portolan.finish(first, &arguments).expect(0);
    assert!(number(&portolan.catalogue(), "SELECT count(*) FROM resources") > 0);
}

#[test]
fn scopes_that_stay_incomplete_fail_the_run_unless_they_are_accepted() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("accepted", organization);
    let kinds = ["--kinds", "AWS::SQS::Queue"];
    let with = |more: &[&'static str]| -> Vec<&'static str> { kinds.iter().chain(more).copied().collect() };
    portolan.sync(organization, &with(&[])).expect(2);
    portolan.sync(organization, &with(&["--fail-on", "any"])).expect(2);
    portolan.sync(organization, &with(&["--fail-on", "none"])).expect(0);
    let (account, region) = organization.denied_region();
    let accepted = format!(
        "version: 1\naccept:\n  - {{ account: \"{account}\", region: {region}, class: denied-by-scp, reason: region deny }}\n  \
         - {{ account: \"{}\", class: role-denied, reason: no role there }}\n",
        organization.account("sandbox")
    );
    portolan.write("accepting.yaml", &accepted);
    portolan.sync(organization, &with(&["--config", "accepting.yaml"])).expect(0);
    // Accepted until a day that has passed: not accepted.
    portolan.write("accepting.yaml", &accepted.replace("reason: no", "until: 2020-01-31, reason: no"));
    portolan.sync(organization, &with(&["--config", "accepting.yaml"])).expect(2);
}

#[test]
fn nobody_to_be_is_another_failure_than_something_denied() {
    // One of its own: the wrong signatures would be counted against the tests that share one.
    let organization = Organization::build(Scale::Tiny);
    let mut portolan = Portolan::in_organization("nobody", &organization);
    portolan.set("AWS_SECRET_ACCESS_KEY", "the-wrong-secret-of-the-source");
    let run = portolan.sync(&organization, &["--kinds", "AWS::SQS::Queue"]).expect(3);
    assert!(!run.stderr.contains("the-wrong-secret-of-the-source"));
}
