//! A kind that is its own parent: organizational units.

use std::collections::BTreeMap;

use portolan_guest::host::Request;
use portolan_guest::interface::{Limits, Unit};
use serde_json::{Value, json};

use crate::Answer;
use crate::script::{OWN, Script, Whole, fault, limits, member, ok, own, read_all, scopes};

fn units() -> Value {
    own(
        "organizations",
        json!({
            "scope": "organization",
            "parents": [{"operation": "ListRoots", "items": "Roots", "id": "{Id}"}],
            "list": {
                "operation": "ListOrganizationalUnitsForParent",
                "input": {"ParentId": "{$parent.0}", "MaxResults": 20},
                "items": "OrganizationalUnits",
                "recurse": true,
                "gone": ["ParentNotFoundException"],
            },
            "id": "{Id}", "name": "{Name}",
        }),
    )
}

/// `r` holds `a`, `b`, `c`; `a` holds `a1` to `a5`; `a1` holds `deep`. Two a page.
fn tree() -> BTreeMap<&'static str, Vec<&'static str>> {
    BTreeMap::from([("r", vec!["a", "b", "c"]), ("a", vec!["a1", "a2", "a3", "a4", "a5"]), ("a1", vec!["deep"])])
}

fn answer(
    request: &Request,
    tree: &BTreeMap<&str, Vec<&str>>,
    failing: &dyn Fn(&str) -> Option<&'static str>,
) -> Answer {
    if request.operation == "ListRoots" {
        return ok(json!({"Roots": [{"Id": "r"}]}));
    }
    let parent = member(request, "ParentId");
    let parent = parent.as_str().unwrap();
    if let Some(code) = failing(parent) {
        return fault(code);
    }
    let from: usize = member(request, "NextToken").as_str().unwrap_or("0").parse().unwrap();
    let below = tree.get(parent).map(Vec::as_slice).unwrap_or_default();
    let page: Vec<Value> =
        below.iter().skip(from).take(2).map(|id| json!({"Id": id, "Name": "n".repeat(500)})).collect();
    let mut answer = json!({ "OrganizationalUnits": page });
    if from + 2 < below.len() {
        answer["NextToken"] = json!((from + 2).to_string());
    }
    ok(answer)
}

fn read(host: &Script<'_>, limits: Limits) -> Whole {
    read_all(host, &units(), limits, &Unit { kind: OWN.to_owned(), region: None }).unwrap()
}

const ALL: [&str; 9] = ["a", "a1", "a2", "a3", "a4", "a5", "b", "c", "deep"];

#[test]
fn every_branch_is_listed_whatever_the_size_of_a_page() {
    for page_bytes in [128 << 10, 1_500, 600] {
        let tree = tree();
        let host = Script::new(|request| answer(request, &tree, &|_| None));
        let all = read(&host, Limits { page_bytes, ..limits() });
        let mut ids = all.ids();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids, ALL, "{page_bytes}");
        assert!(all.whole);
        for line in all.lines.iter().filter(|line| line["id"].is_string()) {
            let (id, parents) = (line["id"].as_str().unwrap(), line["parents"].as_array().unwrap());
            let above = tree.iter().find(|(_, below)| below.contains(&id)).unwrap().0;
            assert_eq!(*parents, [json!(above)], "{id}");
        }
        let mut read: Vec<&str> =
            scopes(&all).into_iter().map(|(chain, whole)| if whole { chain[0] } else { "" }).collect();
        read.sort_unstable();
        read.dedup();
        assert_eq!(read.len(), 10, "the root and each unit: {read:?}");
    }
}

#[test]
fn a_denied_branch_proves_nothing_of_what_is_below_it_and_all_of_the_others() {
    let tree = tree();
    let host = Script::new(|request| answer(request, &tree, &|id| (id == "a").then_some("AccessDeniedException")));
    let all = read(&host, limits());
    assert_eq!(all.ids(), ["a", "b", "c"]);
    assert!(!all.whole);
    assert_eq!(all.problems(), ["denied organizations:ListOrganizationalUnitsForParent x1 about a"]);
    let found = scopes(&all);
    assert!(
        found.contains(&(vec!["a"], false)) && found.contains(&(vec!["r"], true)) && found.contains(&(vec!["b"], true))
    );
    // What an earlier run found below `a1` has no scope here: nothing is concluded of it.
    assert!(found.iter().all(|(chain, _)| chain[0] != "a1"));
}

#[test]
fn a_branch_that_vanished_hides_nothing() {
    let tree = tree();
    let host = Script::new(|request| answer(request, &tree, &|id| (id == "a1").then_some("ParentNotFoundException")));
    let all = read(&host, limits());
    assert!(all.whole);
    assert_eq!(all.ids().len(), 8, "all but what is below it");
    assert!(scopes(&all).contains(&(vec!["a1"], true)));
    assert_eq!(all.problems(), ["vanished organizations:ListOrganizationalUnitsForParent x1 about a1"]);
}

#[test]
fn a_tree_in_a_circle_ends_and_is_not_whole() {
    let circle = BTreeMap::from([("r", vec!["a"]), ("a", vec!["b"]), ("b", vec!["a"])]);
    let host = Script::new(|request| answer(request, &circle, &|_| None));
    let all = read(&host, limits());
    assert!(!all.whole && host.count("ListOrganizationalUnitsForParent") < 40);
    assert_eq!(all.problems.last().unwrap().class, portolan_guest::problem::ProblemClass::Limit);
}
