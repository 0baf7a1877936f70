//! Every kind that moto knows, made by `tests/estate`, synced by the real binary, and compared with what boto3 gives for
//! the same calls (`front/estate_oracle.py`): the same resources, and every value of every property.

use std::collections::{BTreeMap, BTreeSet};

use portolan_tests::binary::Portolan;
use portolan_tests::catalogue::rows;
use portolan_tests::front::Front;
use serde_json::{Value, json};

use crate::session_policies::assert_exact_was_enough;
use crate::wire_cases::{left_out, same};

const LEFT_OUT: &str = include_str!("../data/estate-left-out.tsv");
/// How many kinds must at least be compared: those that moto cannot make or list are no reason to compare none.
const KINDS_MIN: usize = 150;
/// How many resources they must at least have.
const RESOURCES_MIN: usize = 350;

/// A resource: kind, region of its unit, id.
type Place = (String, Option<String>, String);

#[test]
fn every_kind_of_the_estate_is_stored_as_boto3_gives_it() {
    let front = Front::start();
    let made: Value = serde_json::from_str(&front.python("estate.py", &[], "")).unwrap();
    assert_eq!(made["unmade"], json!({}), "what tests/estate makes cannot be made");
    let portolan = sync("estate", &front, &made, &[]);
    front.assert_signatures();
    assert_exact_was_enough(&front, &serde_json::from_str(&portolan.read("report.json")).unwrap());

    let mut seen = Seen::default();
    let exceptions = left_out(LEFT_OUT);
    let mut ours = stored(&portolan);
    for line in front.python("estate_oracle.py", &[], &made.to_string()).lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let kind = text(&line, "kind");
        if line["error"].is_string() {
            if !exceptions.contains_key(kind.as_str()) {
                seen.failed.push(format!("{kind} {}: {}", line["scope_region"], line["error"]));
            }
            seen.used.insert(kind);
            continue;
        }
        let expected = &line["line"];
        let place = (kind.clone(), line["scope_region"].as_str().map(str::to_owned), text(expected, "id"));
        seen.kinds.insert(kind.clone());
        seen.resources += 1;
        match ours.remove(&place) {
            Some(row) => seen.compare(&place, &row, expected, text(&made, "account"), &exceptions),
            None if exceptions.contains_key(kind.as_str()) => {
                seen.kinds.remove(&kind);
                seen.used.insert(kind);
            }
            None => seen.failed.push(format!("{place:?}: boto3 has it, we do not")),
        }
    }
    seen.failed.extend(ours.keys().map(|place| format!("{place:?}: we have it, boto3 does not")));
    for (listed, reason) in &exceptions {
        // What moto makes up anew may happen to be the same.
        if !seen.used.contains(*listed) && !reason.starts_with("random: ") {
            seen.failed.push(format!("{listed}: on the list of exceptions, and none: take it off"));
        }
    }
    let counts = format!("{} kinds, {} resources compared", seen.kinds.len(), seen.resources);
    println!("{counts}, {} differences", seen.failed.len());
    assert!(seen.failed.is_empty(), "{counts}; {} differences:\n{}", seen.failed.len(), seen.failed.join("\n"));
    assert!(seen.kinds.len() >= KINDS_MIN && seen.resources >= RESOURCES_MIN, "only {counts}");
}

/// Reads the whole estate into a catalogue, and whatever `more` names.
pub fn sync(name: &str, front: &Front, made: &Value, more: &[&str]) -> Portolan {
    let mut portolan = Portolan::new(name);
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", made["source"]["key_id"].as_str().unwrap()),
        ("AWS_SECRET_ACCESS_KEY", made["source"]["secret"].as_str().unwrap()),
        ("AWS_REGION", made["home"].as_str().unwrap()),
        ("AWS_ENDPOINT_URL", front.url()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ] {
        portolan.set(name, value);
    }
    portolan.write("external-id", made["external_id"].as_str().unwrap());
    let kinds: Vec<&str> = made["kinds"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let kinds = kinds.join(",");
    let mut arguments = vec![
        "sync",
        "--account-role-arn",
        made["role"].as_str().unwrap(),
        "--external-id-file",
        "external-id",
        "--include-accounts",
        made["account"].as_str().unwrap(),
        "--kinds",
        &kinds,
        "--include-actions",
        "all",
        "--sensitive",
        "keep",
        "--to",
        "sqlite:catalogue.db",
        "--report",
        "report.json",
    ];
    arguments.extend(more);
    portolan.run(&arguments).expect(0);
    portolan
}

fn stored(portolan: &Portolan) -> BTreeMap<Place, Value> {
    let query = "SELECT kind, account_id, region, scope_region, id, arn, name, properties, context, owner_account_id
                 FROM resources WHERE deleted_at IS NULL";
    let placed = rows(&portolan.catalogue(), query).into_iter().map(|row| {
        let region = row["scope_region"].as_str().map(str::to_owned);
        ((text(&row, "kind"), region, text(&row, "id")), row)
    });
    placed.collect()
}

#[derive(Default)]
struct Seen {
    kinds: BTreeSet<String>,
    resources: usize,
    failed: Vec<String>,
    /// The exceptions that were of use.
    used: BTreeSet<String>,
}

impl Seen {
    fn compare(
        &mut self,
        place: &Place,
        row: &Value,
        line: &Value,
        account: String,
        exceptions: &BTreeMap<&str, &str>,
    ) {
        let mut wrong = Vec::new();
        for name in ["arn", "name"] {
            if text(row, name) != text(line, name) {
                wrong.push(format!("{name} is {}, boto3 gives {}", row[name], line[name]));
            }
        }
        let owner = line["owner"].as_str().map_or(account, str::to_owned);
        if text(row, "owner_account_id") != owner {
            wrong.push(format!("its owner is {}, boto3 gives {owner}", row["owner_account_id"]));
        }
        if let Some(region) = line["region"].as_str().or(place.1.as_deref())
            && row["region"] != region
        {
            wrong.push(format!("its region is {}, boto3 gives {region}", row["region"]));
        }
        let resource = &line["resource"];
        let context = resource.get("__ExtraContext").cloned().unwrap_or_else(|| json!({}));
        wrong.extend(same(&json_of(row, "context"), &context, "context").err());
        let (ours, theirs) = (json_of(row, "properties"), &resource["Properties"]);
        let names: BTreeSet<&String> = members(&ours).chain(members(theirs)).collect();
        for name in names {
            let difference = match (ours.get(name), theirs.get(name)) {
                (Some(found), Some(expected)) => same(found, expected, name).err(),
                (Some(_), None) => Some(format!("{name} is made up")),
                _ => Some(format!("{name} is missing")),
            };
            let exception = format!("{} {name}", place.0);
            match difference {
                Some(_) if exceptions.contains_key(exception.as_str()) => {
                    self.used.insert(exception);
                }
                Some(difference) => wrong.push(difference),
                None => {}
            }
        }
        self.failed.extend(wrong.into_iter().map(|what| format!("{place:?}: {what}")));
    }
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

fn json_of(row: &Value, name: &str) -> Value {
    serde_json::from_str(row[name].as_str().unwrap_or("null")).unwrap()
}

fn members(value: &Value) -> impl Iterator<Item = &String> {
    value.as_object().into_iter().flat_map(serde_json::Map::keys)
}
