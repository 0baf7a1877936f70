//! The default mapping and blueprints, as they are installed: accepted, mapping every kind, and related to what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};

use portolan_tests::binary::Portolan;
use portolan_tests::folders;
use portolan_tests::front::Front;
use portolan_tests::python::interpreter;
use serde_json::{Value, json};

use crate::estate;
use crate::wire_cases::left_out;

/// Kind, blueprint, and the names of the properties of the peer's examples.
const PEER: &str = include_str!("../data/peer-properties.tsv");
/// Relations whose targets moto makes up, or that no kind lists, with the reason.
const DANGLING: &str = include_str!("../data/defaults-dangling.tsv");
const EXAMPLES: &str = "host/src/cli/examples.jsonl";
/// Kinds that the estate's are related to, and that it makes on the way.
const BESIDE: [&str; 12] = [
    "AWS::Account::Info",
    "AWS::EC2::Instance",
    "AWS::EC2::Volume",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::EKS::Cluster",
    "AWS::ElastiCache::Cluster",
    "AWS::Lambda::Function",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
];
/// How many relations of the estate must at least lead to an entity of the estate, the accounts' not counted.
const RELATED_MIN: usize = 150;
/// What the peer's examples take whole and what has secrets in it: there is a digest in its place, and a warning.
const WITH_DIGESTS: [&str; 8] = [
    "properties/environment",
    "properties/stages",
    "properties/actions",
    "properties/variables",
    "properties/output",
    "properties/containerDefinitions",
    "properties/Environment",
    "properties/pendingModifiedValues",
];

/// A folder with the whole default mapping in `app.yml`, and the blueprints by name.
fn installed(name: &str) -> (Portolan, BTreeMap<String, Value>) {
    let portolan = Portolan::new(name);
    portolan.write("app.yml", &portolan.run(&["defaults", "mapping", "--all"]).expect(0).stdout);
    let blueprints = blueprints(&portolan, &["--all"]);
    (portolan, blueprints)
}

fn blueprints(portolan: &Portolan, more: &[&str]) -> BTreeMap<String, Value> {
    let arguments: Vec<&str> = ["defaults", "blueprints"].iter().chain(more).copied().collect();
    let all: Vec<Value> = serde_json::from_str(&portolan.run(&arguments).expect(0).stdout).unwrap();
    all.into_iter().map(|blueprint| (blueprint["identifier"].as_str().unwrap().to_owned(), blueprint)).collect()
}

fn entities(printed: &str) -> Vec<Value> {
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_whole_is_accepted_and_warns_of_digests_alone() {
    let (portolan, blueprints) = installed("defaults");
    let said = portolan.run(&["validate", "--mapping", "app.yml"]).expect(0).stdout;
    let warnings: Vec<&str> = said.lines().filter(|line| line.starts_with("warning: ")).collect();
    for warning in &warnings {
        let known = WITH_DIGESTS.iter().any(|end| warning.contains(&format!("{end}: reads ")));
        assert!(known && warning.contains("of which there is a digest only"), "{warning}");
    }
    assert_eq!(warnings.len(), WITH_DIGESTS.len(), "{said}");
    assert!(said.ends_with("no mistakes\n"), "{said}");
    let kinds: Value = serde_json::from_str(&portolan.run(&["kinds", "--json"]).expect(0).stdout).unwrap();
    assert_eq!(blueprints.len(), kinds.as_array().unwrap().len());
    for (name, blueprint) in &blueprints {
        for (relation, target) in blueprint["relations"].as_object().unwrap() {
            assert!(blueprints.contains_key(target["target"].as_str().unwrap()), "{name} {relation}");
        }
        assert!(name == "awsAccount" || blueprint["relations"]["account"]["target"] == "awsAccount", "{name}");
    }
}

#[test]
fn every_kinds_example_becomes_an_entity_of_its_blueprint() {
    let (portolan, blueprints) = installed("defaults-examples");
    let examples = folders::workspace().join(EXAMPLES);
    let run = portolan.run(&["map", "--mapping", "app.yml", "--input", examples.to_str().unwrap()]).expect(0);
    let found = entities(&run.stdout);
    let seen: BTreeSet<&str> = found.iter().filter_map(|entity| entity["blueprint"].as_str()).collect();
    assert_eq!(seen.len(), blueprints.len(), "{}", run.stderr);
    let wrong: Vec<String> = found.iter().flat_map(|entity| unfit(entity, &blueprints)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        by_jq(&portolan, &std::fs::read_to_string(examples).unwrap()),
        found.iter().map(plain).collect::<Vec<_>>()
    );
}

/// What does not fit of an entity: nameless, or a value that its blueprint does not declare so.
fn unfit(entity: &Value, blueprints: &BTreeMap<String, Value>) -> Vec<String> {
    let name = entity["blueprint"].as_str().unwrap();
    let (blueprint, written) = (&blueprints[name], &entity["entity"]);
    let mut wrong = Vec::new();
    for (what, value) in [("identifier", &entity["identifier"]), ("title", &written["title"])] {
        if value.as_str().is_none_or(|text| text.is_empty() || text.contains("null")) {
            wrong.push(format!("{name}: {what} {value}"));
        }
    }
    let members = |part: &str| written[part].as_object().cloned().unwrap_or_default();
    for (property, value) in members("properties") {
        let declared = &blueprint["schema"]["properties"][&property];
        let fits = |value: &Value, declared: &Value| match declared["type"].as_str() {
            Some("string") => value.as_str().is_some_and(|text| {
                declared["format"] != "date-time" || (text.len() >= 20 && text.contains('T') && text.ends_with('Z'))
            }),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            _ => false,
        };
        let items = value.as_array().into_iter().flatten();
        let each =
            declared.get("items").is_none_or(|items_declared| items.clone().all(|item| fits(item, items_declared)));
        if !(value.is_null() && declared.is_object() || fits(&value, declared) && each) {
            wrong.push(format!("{name} {property}: {value} is not {declared}"));
        }
    }
    for (relation, value) in members("relations") {
        let many = &blueprint["relations"][&relation]["many"];
        let targets = if *many == true { value.as_array().cloned() } else { Some(vec![value.clone()]) };
        let fits = many.is_boolean()
            && targets.is_some_and(|all| {
                all.iter()
                    .all(|one| one.as_str().is_some_and(|text| !text.is_empty()) || (one.is_null() && *many == false))
            });
        if !fits {
            wrong.push(format!("{name} {relation}: {value}"));
        }
    }
    wrong
}

/// An entity as real jq's is written.
fn plain(entity: &Value) -> Value {
    json!({"identifier": entity["identifier"], "blueprint": entity["blueprint"], "entity": entity["entity"], "failed": null})
}

/// What libjq makes of these resources by the mapping of the folder.
fn by_jq(portolan: &Portolan, resources: &str) -> Vec<Value> {
    let script = folders::workspace().join("guest/generator/mapped.py");
    let mut command = Command::new(interpreter());
    command.arg(script).arg(portolan.file("app.yml")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut input, text) = (child.stdin.take().unwrap(), resources.to_owned());
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let answer = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(answer.status.success(), "{}", answer.status);
    entities(&String::from_utf8(answer.stdout).unwrap())
}

#[test]
fn the_names_of_the_peers_examples_are_kept() {
    let (_, blueprints) = installed("defaults-peer");
    let rows: Vec<&str> = PEER.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(rows.len(), 33);
    for row in rows {
        let [_, blueprint, names] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
        for name in names.split_whitespace() {
            assert!(blueprints[blueprint]["schema"]["properties"][name].is_object(), "{blueprint} has no {name}");
        }
    }
}

#[test]
fn some_kinds_stand_by_themselves_with_the_account() {
    let portolan = Portolan::new("defaults-some");
    let chosen = ["--kind", "AWS::EC2::Subnet", "--kind", "AWS::EC2::VPC", "--kind", "AWS::ElastiCache::CacheCluster"];
    let arguments: Vec<&str> = ["defaults", "mapping"].iter().chain(&chosen).copied().collect();
    let mapping = portolan.run(&arguments).expect(0).stdout;
    let kinds: Vec<&str> = mapping.lines().filter_map(|line| line.strip_prefix("  - kind: ")).collect();
    let expected = ["AWS::Account::Info", "AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::ElastiCache::Cluster"];
    assert_eq!(kinds, expected);
    assert!(mapping.contains("            vpc: ") && !mapping.contains("            subnetGroup: "), "{mapping}");
    portolan.write("app.yml", &mapping);
    let said = portolan.run(&["validate", "--mapping", "app.yml"]).expect(0).stdout;
    assert_eq!(said, "no mistakes\n");
    let blueprints = blueprints(&portolan, &chosen);
    assert_eq!(blueprints.len(), 4);
    let run = portolan.run(&["map", "--mapping", "app.yml", "--kind", "AWS::ElastiCache::Cluster"]).expect(0);
    let found = entities(&run.stdout);
    let wrong: Vec<String> = found.iter().flat_map(|entity| unfit(entity, &blueprints)).collect();
    assert!(found.len() == 1 && wrong.is_empty(), "{wrong:?}");
    let targets = blueprints.values().flat_map(|blueprint| blueprint["relations"].as_object().unwrap().values());
    assert!(targets.into_iter().all(|relation| blueprints.contains_key(relation["target"].as_str().unwrap())));
    let refused = portolan.run(&["defaults", "mapping", "--kind", "AWS::EC2::Subnett"]).expect(1).stderr;
    assert!(refused.contains("AWS::EC2::Subnett has no default mapping; did you mean AWS::EC2::Subnet?"), "{refused}");
}

#[test]
fn heavy_kinds_are_mapped_only_when_asked_for() {
    let portolan = Portolan::new("defaults-heavy");
    let kinds: Vec<Value> = serde_json::from_str(&portolan.run(&["kinds", "--json"]).expect(0).stdout).unwrap();
    let of = |more: &[&str]| -> BTreeSet<String> {
        let mapping = portolan.run(&[&["defaults", "mapping"], more].concat()).expect(0).stdout;
        mapping.lines().filter_map(|line| line.strip_prefix("  - kind: ")).map(str::to_owned).collect()
    };
    let named = |heavy: bool| -> BTreeSet<String> {
        let some = kinds.iter().filter(|kind| heavy || kind["tier"] != "heavy");
        some.map(|kind| kind["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of(&[]), named(false));
    assert_eq!(of(&["--all"]), named(true));
    assert!(named(false).len() < named(true).len());
}

/// Everything that moto can be made to hold: identifiers are of one resource each, and relations lead to entities.
#[test]
fn the_relations_of_an_estate_lead_to_its_entities() {
    let front = Front::start();
    let mut made: Value = serde_json::from_str(&front.python("estate.py", &[], "")).unwrap();
    let kinds = made["kinds"].as_array_mut().unwrap();
    let more = BESIDE.iter().map(|kind| Value::from(*kind)).filter(|kind| !kinds.contains(kind)).collect::<Vec<_>>();
    kinds.extend(more);
    let portolan = estate::sync("defaults-estate", &front, &made, &["--to", "ndjson:found.jsonl"]);
    portolan.write("app.yml", &portolan.run(&["defaults", "mapping", "--all"]).expect(0).stdout);
    let blueprints = blueprints(&portolan, &["--all"]);
    let run = portolan.run(&["map", "--mapping", "app.yml", "--input", "found.jsonl"]).expect(0);
    let found = entities(&run.stdout);
    assert_eq!(by_jq(&portolan, &portolan.read("found.jsonl")), found.iter().map(plain).collect::<Vec<_>>());
    let mut wrong: Vec<String> = found.iter().flat_map(|entity| unfit(entity, &blueprints)).collect();

    let mut known = BTreeSet::new();
    for entity in &found {
        let key = (entity["blueprint"].as_str().unwrap(), entity["identifier"].as_str().unwrap());
        if !known.insert(key) {
            wrong.push(format!("{key:?} is of two resources"));
        }
    }
    let dangling = left_out(DANGLING);
    let (mut used, mut related) = (BTreeSet::new(), BTreeSet::new());
    for entity in &found {
        let name = entity["blueprint"].as_str().unwrap();
        for (relation, value) in entity["entity"]["relations"].as_object().into_iter().flatten() {
            let target = blueprints[name]["relations"][relation]["target"].as_str().unwrap();
            let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            for to in values.iter().filter_map(Value::as_str) {
                let place = format!("{name} {relation}");
                if known.contains(&(target, to)) {
                    related.insert((entity["identifier"].clone().to_string(), place));
                } else if let Some((listed, _)) = dangling.get_key_value(place.as_str()) {
                    used.insert(*listed);
                } else {
                    wrong.push(format!("{place}: no {target} is {to}"));
                }
            }
        }
    }
    wrong.extend(
        dangling
            .keys()
            .filter(|place| !used.contains(*place))
            .map(|place| format!("{place} does not dangle: take it off")),
    );
    let others = related.iter().filter(|(_, place)| !place.ends_with(" account")).count();
    println!("{} entities, {} relations, {others} of them not to the account", found.len(), related.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(others >= RELATED_MIN, "only {others} relations");
}
