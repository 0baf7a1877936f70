//! What a service control policy closes costs one call, counted by the AWS that refuses it, and hides nothing for longer
//! than it is closed.

use std::path::Path;
use std::time::{Duration, Instant};

use portolan_scripted_aws::{Estate, Options, REGIONAL_KINDS, ScriptedAws, kinds};
use portolan_tests::binary::{Portolan, Run};
use portolan_tests::catalogue::{number, rows};
use serde_json::{Value, json};

const ALIVE: &str = "SELECT resource_key, properties, tags, missing_since IS NULL AS seen FROM resources
                     WHERE deleted_at IS NULL ORDER BY 1";
/// The last of its three regions is closed in one account.
const CLOSED_ACCOUNT: u32 = 2;
const REGIONS: u32 = 3;

/// A scripted AWS, and who reads it.
struct Case {
    aws: ScriptedAws,
    portolan: Portolan,
    kinds: String,
    account: String,
    region: String,
}

impl Case {
    fn new(name: &str) -> Self {
        let options =
            Options { accounts: 3, regions: REGIONS, resources: 4, replaced_share: 0.25, ..Options::default() };
        let aws = ScriptedAws::start(&options).unwrap();
        let regional: Vec<&str> = kinds().iter().filter(|kind| kind.regional).map(|kind| kind.name).collect();
        assert_eq!(regional.len(), REGIONAL_KINDS);
        let estate = aws.estate();
        let region = (*estate.regions().last().unwrap()).to_owned();
        let account = format!("{:012}", Estate::account_id(CLOSED_ACCOUNT));
        let mut portolan = Portolan::new(name);
        for (variable, value) in aws.environment() {
            portolan.set(&variable, &value);
        }
        Self { aws, portolan, kinds: regional.join(","), account, region }
    }

    fn arguments<'a>(&'a self, role: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = vec!["sync", "--account-role-arn", role, "--to", "sqlite:catalogue.db"];
        // Digests of what is redacted have a key of their catalogue's own.
        arguments.extend(["--report", "report.json", "--kinds", &self.kinds, "--sensitive", "keep"]);
        arguments.extend(more);
        arguments
    }

    /// A run; what was refused in it is counted anew.
    fn sync(&self, more: &[&str]) -> Run {
        self.aws.reset().unwrap();
        let role = self.aws.role();
        let run = self.portolan.run(&self.arguments(&role, more));
        assert_eq!(self.aws.usage().unwrap()["notes"], json!([]), "{}", run.stderr);
        run
    }

    fn close(&self) {
        let denied = json!([{ "account": self.account, "region": self.region }]);
        self.aws.set(&json!({ "denied": denied })).unwrap();
    }

    fn open(&self, generation: u64) {
        self.aws.set(&json!({ "denied": [], "generation": generation })).unwrap();
    }

    /// Calls that this AWS refused since the last reset.
    fn refused(&self) -> u64 {
        let usage = self.aws.usage().unwrap();
        let statuses = usage["requests"].as_object().unwrap().values().flat_map(|by| by.as_object().unwrap());
        statuses.filter(|(status, _)| status.starts_with('4')).map(|(_, count)| count.as_u64().unwrap()).sum()
    }

    fn catalogue(&self) -> std::path::PathBuf {
        self.portolan.catalogue()
    }

    /// What the last run says of the units in the closed region.
    fn units(&self) -> Vec<Value> {
        let (account, region) = (&self.account, &self.region);
        let query = format!(
            "SELECT kind, membership, class, code, message FROM units JOIN last_run USING (run_id)
             WHERE account_id = '{account}' AND region = '{region}' ORDER BY kind"
        );
        rows(&self.catalogue(), &query)
    }

    /// What of the closed region has gone, and what is missing.
    fn changed(&self) -> (i64, i64) {
        let place = format!("account_id = '{}' AND region = '{}'", self.account, self.region);
        let gone = format!("SELECT count(*) FROM deletions WHERE {place}");
        let missing = format!("SELECT count(*) FROM resources WHERE missing_since IS NOT NULL AND {place}");
        (number(&self.catalogue(), &gone), number(&self.catalogue(), &missing))
    }

    fn is_denied_and_kept(&self, run: &Run, before: &[Value]) {
        let units = self.units();
        assert_eq!(units.len(), REGIONAL_KINDS, "{}", run.stderr);
        for unit in &units {
            assert_eq!((&unit["membership"], &unit["class"]), (&json!("unknown"), &json!("denied")), "{unit}");
            assert!(unit["message"].as_str().unwrap().contains("service control policy"), "{unit}");
        }
        let incomplete = run.report()["incomplete"].as_array().unwrap();
        assert_eq!(incomplete.len(), REGIONAL_KINDS);
        assert!(incomplete.iter().all(|scope| scope["class"] == "denied-by-scp"), "{incomplete:?}");
        let denied = "SELECT count(DISTINCT kind) FROM denied WHERE message LIKE '%service control policy%'";
        assert_eq!(number(&self.catalogue(), denied), i64::try_from(REGIONAL_KINDS).unwrap());
        assert_eq!(rows(&self.catalogue(), ALIVE), before, "nothing of it goes");
        assert_eq!(number(&self.catalogue(), "SELECT count(*) FROM deletions"), 0);
    }
}

fn not_asked(run: &Run) -> u64 {
    run.report()["denied_scopes"]["units_not_asked"].as_u64().unwrap()
}

fn remembered(catalogue: &Path) -> i64 {
    number(catalogue, "SELECT count(*) FROM _denials WHERE said = 'closed'")
}

#[test]
fn a_closed_region_costs_one_call_and_opens_again_as_if_it_had_never_been_closed() {
    let never_closed = Case::new("never-closed");
    never_closed.sync(&[]).expect(0);
    never_closed.open(1);
    never_closed.sync(&[]).expect(0);

    let case = Case::new("closed-region");
    let all = REGIONAL_KINDS as u64;
    let run = case.sync(&[]).expect(0);
    assert_eq!(case.refused(), 0);
    assert_eq!(
        run.report()["denied_scopes"],
        json!({ "closed_regions": 0, "closed_services": 0, "probes": 0, "units_not_asked": 0 })
    );
    assert_eq!(remembered(&case.catalogue()), 0);
    let before = rows(&case.catalogue(), ALIVE);

    case.close();
    let learning = case.sync(&[]).expect(2);
    case.is_denied_and_kept(&learning, &before);
    assert_eq!(case.refused() + not_asked(&learning), all, "{}", learning.report()["denied_scopes"]);
    assert_eq!(learning.report()["denied_scopes"]["closed_regions"], 1);
    assert!(remembered(&case.catalogue()) >= 3);

    for _ in 0..2 {
        let knowing = case.sync(&["--fail-on", "any"]).expect(2);
        assert_eq!(case.refused(), 1, "one call for a closed region");
        case.is_denied_and_kept(&knowing, &before);
        let spared = json!({ "closed_regions": 1, "closed_services": 0, "probes": 1, "units_not_asked": all - 1 });
        assert_eq!(knowing.report()["denied_scopes"], spared);
        assert!(knowing.stdout.contains("29 units were not asked for"), "{}", knowing.stdout);
    }

    // What was found closed can be accepted as before, kind by kind or as a region.
    let accept = format!(
        "version: 1\naccept:\n  - account: \"{}\"\n    region: {}\n    class: denied-by-scp\n    reason: not used\n    until: 2099-01-01\n",
        case.account, case.region
    );
    case.portolan.write("accept.yaml", &accept);
    case.sync(&["--fail-on", "any", "--config", "accept.yaml"]).expect(0);

    case.open(1);
    let opened = case.sync(&[]).expect(0);
    assert_eq!(not_asked(&opened), 0);
    assert_eq!(remembered(&case.catalogue()), 0);
    let expected = rows(&never_closed.catalogue(), ALIVE);
    let found = rows(&case.catalogue(), ALIVE);
    let differing: Vec<_> = found.iter().zip(&expected).filter(|(found, expected)| found != expected).take(3).collect();
    assert_eq!(differing, [], "{} and {} resources", found.len(), expected.len());
    assert_eq!(found.len(), expected.len());
    let (gone, missing) = case.changed();
    assert!(gone + missing > 0, "something was replaced while the region was closed");
    assert_eq!((gone, missing), never_closed.changed());
    assert!(case.units().iter().all(|unit| unit["membership"] == "whole"));
}

#[test]
fn what_is_remembered_can_be_forgotten() {
    let case = Case::new("retry-denied");
    case.close();
    case.sync(&[]).expect(2);
    case.sync(&[]).expect(2);
    assert_eq!(case.refused(), 1);
    let retried = case.sync(&["--retry-denied"]).expect(2);
    assert_eq!((case.refused(), not_asked(&retried)), (REGIONAL_KINDS as u64, 0));
    case.sync(&[]).expect(2);
    assert_eq!(case.refused(), 1, "what was found out again is remembered again");
}

#[test]
fn only_service_control_policies_are_remembered() {
    let case = Case::new("not-by-scp");
    let fault = json!([{ "fault": "denied", "accounts": [case.account], "regions": [case.region] }]);
    case.aws.set(&json!({ "faults": fault })).unwrap();
    for _ in 0..2 {
        let run = case.sync(&[]).expect(2);
        assert_eq!((case.refused(), not_asked(&run)), (REGIONAL_KINDS as u64, 0), "{}", run.stderr);
        assert_eq!(remembered(&case.catalogue()), 0);
    }
}

#[test]
fn a_run_that_is_killed_does_not_take_what_was_not_asked_for_as_read() {
    let case = Case::new("closed-and-killed");
    case.sync(&[]).expect(0);
    let before = rows(&case.catalogue(), ALIVE);
    case.close();
    case.sync(&[]).expect(2);

    case.aws.set(&json!({ "latency_ms": 50.0 })).unwrap();
    let role = case.aws.role();
    let mut child = case.portolan.start(&case.arguments(&role, &[]));
    let left_out = "SELECT count(*) FROM units WHERE code = 'NotAsked'
                    AND run_id = (SELECT run_id FROM runs WHERE ended_at IS NULL)";
    let begun = Instant::now();
    while number(&case.catalogue(), left_out) < 5 {
        assert!(
            begun.elapsed() < Duration::from_mins(1) && child.try_wait().unwrap().is_none(),
            "never left anything out"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(number(&case.catalogue(), "SELECT count(*) FROM runs WHERE ended_at IS NULL") == 1);

    let resumed = case.sync(&["--resume", "--fail-on", "any"]).expect(2);
    case.is_denied_and_kept(&resumed, &before);
    assert_eq!(not_asked(&resumed), REGIONAL_KINDS as u64 - 1);
    case.sync(&[]).expect(0);
    assert_eq!(case.refused(), 1);
}
