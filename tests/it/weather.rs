//! Whole runs through bad weather, from an AWS in a process of its own: what is read is the same, and what cannot be read is
//! kept and said.

use portolan_scripted_aws::{By, Fault, Options, ScriptedAws, Weather, kinds};
use portolan_tests::binary::{Portolan, Run};
use portolan_tests::catalogue::{number, rows};
use serde_json::{Value, json};

/// What a resource is, without when it was seen and by which run.
const CONTENTS: &str =
    "SELECT resource_key, kind, account_id, region, id, arn, name, properties, tags, parent_key, created_at,
                        missing_since, deleted_at, context FROM resources ORDER BY resource_key";
const STALE: &str = "SELECT count(*) FROM resources WHERE stale_since IS NOT NULL";

struct Case {
    aws: ScriptedAws,
    portolan: Portolan,
    kinds: String,
}

impl Case {
    fn new(name: &str, options: Options) -> Self {
        let aws = ScriptedAws::start(&Options { accounts: 4, regions: 3, resources: 2, ..options }).unwrap();
        let mut portolan = Portolan::new(name);
        for (variable, value) in aws.environment() {
            portolan.set(&variable, &value);
        }
        let kinds: Vec<&str> = kinds().iter().map(|kind| kind.name).collect();
        Self { aws, portolan, kinds: kinds.join(",") }
    }

    fn sync(&self) -> Run {
        let role = self.aws.role();
        let first = ["sync", "--account-role-arn", &role, "--to", "sqlite:catalogue.db"];
        // Digests of what is redacted have a key of their catalogue's own.
        let rest = ["--report", "report.json", "--kinds", &self.kinds, "--sensitive", "keep"];
        self.portolan.run(&[&first[..], &rest[..]].concat())
    }

    fn contents(&self) -> Vec<Value> {
        rows(&self.portolan.catalogue(), CONTENTS)
    }

    /// The same resources as the other has, down to their properties.
    fn is_like(&self, other: &Self) {
        let (own, others) = (self.contents(), other.contents());
        assert_eq!(own.len(), others.len());
        own.iter().zip(&others).for_each(|(own, other)| assert_eq!(own, other));
        assert_eq!(number(&self.portolan.catalogue(), STALE), 0);
    }

    fn calls(&self) -> f64 {
        self.aws.usage().unwrap()["total"].as_f64().unwrap()
    }
}

#[test]
fn throttles_errors_resets_and_cut_answers_leave_the_catalogue_as_it_is() {
    let fair = Case::new("weather-fair", Options::default());
    fair.sync().expect(0);
    let shares =
        [(Weather::Throttled, 0.05), (Weather::Internal, 0.02), (Weather::Reset, 0.01), (Weather::Truncated, 0.005)];
    let fault = |(seed, (weather, share))| Fault { seed, ..Fault::of(weather, share) };
    let foul =
        Case::new("weather-foul", Options { faults: (1_u64..).zip(shares).map(fault).collect(), ..Options::default() });
    foul.sync().expect(0);
    let hit = foul.aws.usage().unwrap()["faults"].clone();
    assert_eq!(hit.as_object().map(serde_json::Map::len), Some(4), "{hit}");
    assert!(fair.contents().len() > 500);
    foul.is_like(&fair);
    assert!(foul.calls() <= 1.3 * fair.calls(), "{} calls, {} without faults", foul.calls(), fair.calls());
}

#[test]
fn sessions_that_die_early_are_renewed_on_the_way() {
    let fair = Case::new("weather-on-time", Options::default());
    fair.sync().expect(0);
    // Each hits the first try of what it hits, whatever that is: whoever asks again with a new session is answered.
    let expired = Fault { by: By::Request, services: vec!["ec2".to_owned()], ..Fault::of(Weather::Expired, 0.1) };
    let foul = Case::new("weather-late", Options { faults: vec![expired], ..Options::default() });
    foul.sync().expect(0);
    assert!(foul.aws.usage().unwrap()["faults"]["expired"].as_u64() > Some(3));
    foul.is_like(&fair);
}

#[test]
fn a_region_that_vanishes_and_a_listing_without_end_lose_nothing() {
    let case = Case::new("weather-lost", Options::default());
    case.sync().expect(0);
    let before = case.contents();
    let region = case.aws.estate().regions()[1].to_owned();
    let endless = Fault { services: vec!["kms".to_owned()], ..Fault::of(Weather::Loop, 1.0) };
    case.aws.set(&json!({ "vanished": [region], "faults": [endless] })).unwrap();
    let run = case.sync().expect(2);
    assert_eq!(case.contents(), before, "{}", run.stderr);
    assert_eq!(number(&case.portolan.catalogue(), "SELECT count(*) FROM deletions"), 0);
    let lost = format!(
        "SELECT count(*) FROM units JOIN last_run USING (run_id) WHERE region = '{region}' AND membership = 'whole'"
    );
    assert_eq!(number(&case.portolan.catalogue(), &lost), 0);
    // When it is back, everything is as it was.
    case.aws.set(&json!({ "vanished": [], "faults": [] })).unwrap();
    case.sync().expect(0);
    assert_eq!(case.contents(), before);
}
