//! What the component's own writer makes of an operation passes, with every parameter that the operation has.

use std::collections::BTreeSet;

use portolan_guard::{Identity, Method, decide};
use portolan_guest::wire;
use portolan_tables::{Location, Member, Protocol, Service, Shape};
use serde_json::{Map, Value, json};

use super::reads::known_shut;
use super::sent::{Sent, is_open, strongest_of_the_host};
use super::types::{THING, learn_thing, runs_handlers};

/// How deep example inputs go; filters of filters need three.
const DEPTH: usize = 4;

/// A value of a member, with characters in it that each encoding treats in its own way.
fn example(service: &Service, member: &Member, depth: usize) -> Option<Value> {
    Some(match service.shape(member.shape) {
        Shape::String if member.location == Some(Location::Uri) && member.name == "Bucket" => json!("my-bucket.1"),
        Shape::String if member.location == Some(Location::Uri) && service.protocol == Protocol::RestXml => {
            json!("a-name.1")
        }
        Shape::String if member.location == Some(Location::Uri) => {
            json!("arn:aws:eks:eu-west-1:111122223333:cluster/a b")
        }
        Shape::String if member.location == Some(Location::Header) => json!("111122223333"),
        Shape::String => json!("a b+c/d=e&f:\u{e9}~*"),
        Shape::Integer => json!(7),
        Shape::Boolean => json!(true),
        Shape::Timestamp => json!("2024-01-02T03:04:05Z"),
        Shape::List { member } if depth > 0 => {
            json!([example(service, member, depth - 1)?, example(service, member, depth - 1)?])
        }
        // A map in a query string is one of the things that never pass.
        Shape::Map { .. } if member.location == Some(Location::Query) => return None,
        Shape::Map { value, .. } if depth > 0 => json!({"key": example(service, value, depth - 1)?}),
        Shape::Structure(structure) if depth > 0 => {
            let members = structure.members.iter();
            let pairs = members.filter_map(|member| Some((member.name.clone(), example(service, member, depth - 1)?)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        _ => return None,
    })
}

/// The full input of an operation, and the one with the required members only.
fn inputs(service: &Service, operation: &str) -> [Value; 2] {
    let Some(input) = service.operation(operation).unwrap().input else { return [json!({}), json!({})] };
    let Shape::Structure(structure) = service.shape(input) else { panic!("{operation}") };
    let pick = |required: bool| {
        let members = structure.members.iter().filter(|member| member.required || !required);
        // Names of other accounts, roles and versions, which never pass.
        let members = members.filter(|member| match service.name.as_str() {
            "account" => member.name != "AccountId",
            "cloudcontrol" => !matches!(member.name.as_str(), "RoleArn" | "TypeVersionId"),
            _ => true,
        });
        let mut input = members
            .filter_map(|member| Some((member.name.clone(), example(service, member, DEPTH)?)))
            .collect::<Map<_, _>>();
        if runs_handlers(&service.name, operation) {
            input.insert("TypeName".to_owned(), json!(THING));
        }
        input
    };
    [Value::Object(pick(false)), Value::Object(pick(true))]
}

#[test]
fn every_request_that_the_component_can_write_passes_as_the_operation_it_is() {
    let (mut count, mut unwritten) = (0, 0);
    let mut refused = BTreeSet::new();
    let shut: BTreeSet<String> = known_shut().into_keys().collect();
    let mut grant = strongest_of_the_host().clone();
    learn_thing(&mut grant);
    for service in portolan_tables::services().map(|name| portolan_tables::service(name).unwrap()) {
        for (name, _) in service.operations().filter(|(_, operation)| is_open(operation)) {
            let called = format!("{}:{name}", service.name);
            if shut.contains(&called) {
                continue;
            }
            for input in inputs(service, name) {
                // Inputs that go deeper than the examples, and requests in XML, which nobody writes.
                let Ok(written) = wire::request(service, name, &input) else {
                    unwritten += 1;
                    continue;
                };
                let sent = Sent {
                    service: service.name.clone(),
                    region: "eu-west-1".to_owned(),
                    method: match written.method {
                        wire::Method::Get => Method::Get,
                        wire::Method::Head => Method::Head,
                        wire::Method::Post => Method::Post,
                    },
                    target: written.target,
                    headers: written.headers,
                    body: written.body,
                    host_prefix: written.host_prefix,
                    identity: Identity::Account,
                };
                match decide(&sent.wire(), &grant) {
                    Ok(permitted) => {
                        assert_eq!((permitted.service, permitted.operation), (service.name.as_str(), name));
                        count += 1;
                    }
                    // A GET with a body, which the service takes and the guard does not.
                    Err(_) if called == "efs:DescribeAccountPreferences" => {}
                    Err(refusal) => {
                        refused.insert(format!("{called}\t{:?}\t{}", refusal.rule, refusal.message));
                    }
                }
            }
        }
    }
    println!("{count} requests pass, {unwritten} were not written");
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(count >= 10_000 && unwritten < 50, "{count}, {unwritten}");
}
