//! `portolan doctor`: each symptom and each likely cause that the front can make, by stage, cause and mend. What it says to add
//! is added, and then it works.

mod identity;
mod reading;
mod roles;
mod sinks;

use std::collections::BTreeSet;

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::organization::{KINDS, Organization, Scale};
use serde_json::{Value, json};

/// An organization in which everything works: every role is there, and no policy closes a region.
fn healthy() -> Organization {
    let organization = Organization::build(Scale::Tiny);
    organization.front().clear_rules();
    organization.allow(organization.account("sandbox"));
    organization
}

/// The arguments of an examination with the organization's listing role.
fn arguments<'a>(organization: &'a Organization, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["doctor", "--json", "--account-role-arn", organization.role()];
    for (flag, value) in [("--external-id-file", "external-id"), ("--to", "sqlite:catalogue.db"), ("--kinds", KINDS)] {
        if !more.contains(&flag) {
            arguments.extend([flag, value]);
        }
    }
    arguments.extend(more);
    arguments
}

/// What an examination found, and how it ended.
struct Found {
    run: Run,
    json: Value,
}

impl Found {
    fn of(run: Run) -> Self {
        let json =
            serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", run.stdout, run.stderr));
        Self { run, json }
    }

    fn all(&self) -> Vec<&Value> {
        fn walk<'a>(findings: &'a Value, all: &mut Vec<&'a Value>) {
            for finding in findings.as_array().into_iter().flatten() {
                all.push(finding);
                walk(&finding["below"], all);
            }
        }
        let mut all = Vec::new();
        walk(&self.json["findings"], &mut all);
        all
    }

    fn stages(&self) -> BTreeSet<&str> {
        self.json["findings"].as_array().unwrap().iter().filter_map(|finding| finding["stage"].as_str()).collect()
    }

    /// The finding that is diagnosed so: of this stage and state, with this as its likeliest cause.
    #[track_caller]
    fn of_state(&self, state: &str, stage: &str, cause: &str) -> &Value {
        let fits = |finding: &&&Value| {
            finding["stage"] == stage && finding["state"] == state && finding["causes"][0]["name"] == cause
        };
        let all = self.all();
        let found = all.iter().find(fits);
        found.unwrap_or_else(|| {
            panic!("no {state} {stage} {cause} in\n{}", serde_json::to_string_pretty(&self.json).unwrap())
        })
    }

    /// What does not work for this cause, with a mend that says this.
    #[track_caller]
    fn fails(&self, stage: &str, cause: &str, mend: &str) -> &Value {
        let finding = self.of_state("fails", stage, cause);
        let mends = finding["mends"].to_string();
        assert!(mends.contains(mend), "{mend:?} is not in {mends}");
        finding
    }

    /// The statement that is to be added, without white space for what is secret.
    #[track_caller]
    fn statement(finding: &Value, external_id: &str) -> Value {
        let mends = finding["mends"].as_array().unwrap();
        let statement = mends.iter().find_map(|mend| mend["statement"]["statement"].as_object()).unwrap();
        let text = json!(statement).to_string().replace("EXTERNAL-ID", external_id);
        serde_json::from_str(&text).unwrap()
    }

    #[track_caller]
    fn status(self, status: i32) -> Self {
        assert_eq!(self.run.status, Some(status), "{}\n{}", self.run.stdout, self.run.stderr);
        assert_eq!(self.json["exit_status"], status);
        self
    }
}

fn examine(portolan: &Portolan, organization: &Organization, more: &[&str]) -> Found {
    Found::of(portolan.run(&arguments(organization, more)))
}

/// A policy of one statement.
fn document(statement: &Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

fn files(portolan: &Portolan) -> BTreeSet<String> {
    let names = std::fs::read_dir(portolan.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.to_string_lossy().into_owned()).collect()
}

#[test]
fn where_all_works_it_says_so_and_leaves_nothing_behind() {
    let organization = healthy();
    let portolan = Portolan::in_organization("healthy", &organization);
    let found = examine(&portolan, &organization, &[]).status(0);
    for finding in found.all() {
        assert!(["works", "not-examined"].contains(&finding["state"].as_str().unwrap()), "{finding:#}");
    }
    let all = [
        "proxy",
        "endpoint",
        "clock",
        "identity",
        "hub",
        "listing",
        "organization",
        "accounts",
        "regions",
        "kinds",
        "sinks",
    ];
    assert_eq!(found.stages(), BTreeSet::from(all));
    // Three accounts, and a page of each of the chosen services in each of two regions.
    let of = |stage: &str| {
        found.all().into_iter().filter(|finding| finding["stage"] == stage && finding["subject"] != "").count()
    };
    assert_eq!(of("accounts"), 3);
    assert_eq!(of("regions"), 5, "three accounts and two regions");
    let text = portolan
        .run(&arguments(&organization, &[]).into_iter().filter(|a| *a != "--json").collect::<Vec<_>>())
        .expect(0);
    assert!(text.stdout.contains("✓ identity") && text.stdout.contains("All of it works."), "{}", text.stdout);
    assert_eq!(files(&portolan), ["external-id", "stderr.txt", "stdout.txt"].map(str::to_owned).into());
    organization.front().assert_signatures();
    let state = organization.front().state();
    let issued = state["issued_secrets"].as_array().unwrap().iter().filter_map(Value::as_str);
    for planted in organization.planted().into_iter().chain(issued) {
        let said = [&found.run.stdout, &found.run.stderr, &text.stdout, &text.stderr];
        assert!(said.iter().all(|said| !said.contains(planted)), "{planted}");
    }
}

#[test]
fn a_symptom_is_followed_alone() {
    let organization = healthy();
    let front = organization.front();
    let portolan = Portolan::in_organization("symptoms", &organization);
    for (symptom, stages) in [
        ("cannot-assume-role", &["accounts", "clock", "hub", "identity", "listing"][..]),
        ("no-resources", &["accounts", "endpoint", "kinds", "proxy", "regions"]),
        ("organization-denied", &["hub", "identity", "listing", "organization"]),
        ("missing-accounts", &["accounts", "organization"]),
        ("missing-region", &["regions"]),
        ("denied", &["kinds"]),
        ("no-credentials", &["clock", "endpoint", "identity"]),
        ("expired", &["clock", "identity"]),
        ("slow", &["accounts", "endpoint", "kinds", "regions"]),
        ("no-connection", &["clock", "endpoint", "proxy", "regions"]),
        ("sink-empty", &["sinks"]),
    ] {
        front.forget();
        let found = examine(&portolan, &organization, &["--symptom", symptom]).status(0);
        assert_eq!(found.stages(), stages.iter().copied().collect(), "{symptom}");
        assert_eq!(found.json["symptom"], symptom);
        assert_eq!(front.calls().is_empty(), symptom == "sink-empty", "{symptom}");
    }
    // What it needs is shown where it does not work.
    front.rule(&json!({ "do": "deny", "by": "identity", "service": "sts", "operation": "AssumeRole" }));
    let found = examine(&portolan, &organization, &["--symptom", "denied"]).status(2);
    found.fails("listing", "identity-policy", "sts:AssumeRole");
    assert_eq!(found.stages(), ["kinds", "listing"].into());
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_is() {
    let portolan = Portolan::new("doctor-usage");
    for (arguments, says) in [
        (&["doctor", "--symptom", "headache"][..], "cannot-assume-role"),
        (&["doctor", "--interactive"], "needs a terminal"),
        (&["doctor", "-i", "--symptom", "slow"], "cannot be used with"),
        (&["doctor", "--accounts", "12"], "--accounts"),
        (&["doctor", "--record", "a.recording"], "writes nothing"),
    ] {
        let run = portolan.run(arguments).expect(1);
        assert!(run.stderr.contains(says), "{arguments:?}: {}", run.stderr);
    }
}
