//! Kinds below parents: services of clusters.

use portolan_guest::host::Request;
use serde_json::{Value, json};

use crate::Answer;
use crate::script::{Script, config, fault, limits, member, ok, read_all, unit};

const SERVICE: &str = "AWS::ECS::Service";

fn cluster(name: &str) -> String {
    format!("arn:aws:ecs:eu-west-1:111122223333:cluster/{name}")
}

/// Clusters, the services of each in pages of two, and what fails for which cluster.
fn ecs(
    request: &Request,
    clusters: &[&str],
    services: usize,
    failing: &dyn Fn(&str) -> Option<&'static str>,
) -> Answer {
    if request.operation == "ListClusters" {
        let page = member(request, "nextToken").as_str().unwrap_or("0").parse::<usize>().unwrap();
        let arns: Vec<String> = clusters.iter().skip(page * 3).take(3).map(|name| cluster(name)).collect();
        let mut answer = json!({ "clusterArns": arns });
        if (page + 1) * 3 < clusters.len() {
            answer["nextToken"] = json!((page + 1).to_string());
        }
        return ok(answer);
    }
    let of = member(request, "cluster");
    let name = of.as_str().unwrap().rsplit('/').next().unwrap();
    match request.operation.as_str() {
        "ListServices" => {
            if let Some(code) = failing(name) {
                return fault(code);
            }
            let from = member(request, "nextToken").as_str().unwrap_or("0").parse::<usize>().unwrap();
            let arns: Vec<String> = (from..services.min(from + 2))
                .map(|n| format!("arn:aws:ecs:eu-west-1:111122223333:service/{name}/s{n}"))
                .collect();
            let mut answer = json!({ "serviceArns": arns });
            if from + 2 < services {
                answer["nextToken"] = json!((from + 2).to_string());
            }
            ok(answer)
        }
        _ => {
            let asked = member(request, "services");
            let asked = asked.as_array().unwrap();
            assert!(asked.len() <= 10 && asked.iter().all(|arn| arn.as_str().unwrap().contains(&format!("/{name}/"))));
            let described: Vec<Value> = asked
                .iter()
                .map(|arn| json!({"serviceArn": arn, "clusterArn": of, "status": "ACTIVE", "filler": "x".repeat(500)}))
                .collect();
            ok(json!({ "services": described }))
        }
    }
}

fn scopes(lines: &[Value]) -> Vec<(String, bool)> {
    lines
        .iter()
        .filter_map(|line| {
            let parent = line["parent"][0].as_str()?;
            Some((parent.rsplit('/').next()?.to_owned(), line["whole"].as_bool()?))
        })
        .collect()
}

#[test]
fn all_pages_of_all_parents() {
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    for page_bytes in [128 << 10, 3_000] {
        let host = Script::new(|request| ecs(request, &names, 5, &|_| None));
        let limits = portolan_guest::interface::Limits { page_bytes, ..limits() };
        let all = read_all(&host, &config(SERVICE, json!([])), limits, &unit(SERVICE)).unwrap();
        let mut ids: Vec<&str> = all.ids();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((all.ids().len(), ids.len()), (35, 35), "each once");
        assert!(all.whole);
        let mut ended = scopes(&all.lines);
        ended.sort();
        assert_eq!(ended, names.map(|name| (name.to_owned(), true)));
        assert_eq!(host.count("ListClusters"), 3);
        assert_eq!(host.count("ListServices"), 21, "no page twice, whatever the size of ours");
        for line in all.lines.iter().filter(|line| line["id"].is_string()) {
            assert!(line["id"].as_str().unwrap().ends_with(line["parents"][0].as_str().unwrap()));
        }
    }
}

#[test]
fn one_denied_parent_leaves_the_others_whole() {
    let host = Script::new(|request| {
        ecs(request, &["a", "b", "c"], 1, &|name| (name == "b").then_some("AccessDeniedException"))
    });
    let all = read_all(&host, &config(SERVICE, json!([])), limits(), &unit(SERVICE)).unwrap();
    assert_eq!(scopes(&all.lines), [("a".to_owned(), true), ("b".to_owned(), false), ("c".to_owned(), true)]);
    assert!(!all.whole);
    assert_eq!(all.ids().len(), 2);
    assert_eq!(all.problems(), [format!("denied ecs:ListServices x1 about {}", cluster("b"))]);
}

#[test]
fn a_parent_that_vanished_has_no_children_and_hides_nothing() {
    let host = Script::new(|request| {
        ecs(request, &["a", "b"], 1, &|name| (name == "b").then_some("ClusterNotFoundException"))
    });
    let all = read_all(&host, &config(SERVICE, json!([])), limits(), &unit(SERVICE)).unwrap();
    assert_eq!(scopes(&all.lines), [("a".to_owned(), true), ("b".to_owned(), true)]);
    assert!(all.whole);
    assert_eq!(all.problems(), [format!("vanished ecs:ListServices x1 about {}", cluster("b"))]);
}

#[test]
fn a_denied_list_of_parents_is_the_unit() {
    let host = Script::new(|_| fault("AccessDeniedException"));
    assert!(read_all(&host, &config(SERVICE, json!([])), limits(), &unit(SERVICE)).is_err());
}

#[test]
fn parents_without_children_are_whole() {
    let host = Script::new(|request| ecs(request, &["a", "b"], 0, &|_| None));
    let all = read_all(&host, &config(SERVICE, json!([])), limits(), &unit(SERVICE)).unwrap();
    assert_eq!(scopes(&all.lines), [("a".to_owned(), true), ("b".to_owned(), true)]);
    assert!(all.whole && all.ids().is_empty());
}

#[test]
fn children_are_listed_side_by_side() {
    let host = Script::new(|request| ecs(request, &["a", "b", "c"], 1, &|_| None));
    read_all(&host, &config(SERVICE, json!([])), limits(), &unit(SERVICE)).unwrap();
    assert_eq!(host.sends.borrow()[..2], [1, 3]);
}
