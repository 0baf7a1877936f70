//! How long mappings take. Run by hand:
//! `cargo test -p portolan-guest --release --test it speed -- --ignored --nocapture`

use std::time::Instant;

use portolan_guest::Guest;
use serde_json::{Value, json};

use crate::script::{KEY, limits, run, unit};

const RESOURCES: u32 = 2_000;

fn default_mapping() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mapping/default.json");
    serde_json::from_str::<Value>(&std::fs::read_to_string(file).unwrap()).unwrap()["mapping"].clone()
}

/// The same expressions, written so that they need jaq.
fn by_jaq(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(format!("({text}) | .")),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), by_jaq(value))).collect(),
        other => other.clone(),
    }
}

fn instance(index: u32) -> Value {
    let tags: Vec<Value> =
        (0..4).map(|tag| json!({"Key": format!("key-{tag}"), "Value": format!("value {tag}")})).collect();
    json!({
        "id": format!("i-{index}"), "arn": format!("arn:aws:ec2:eu-west-1:111122223333:instance/i-{index}"), "gaps": [],
        "resource": {
            "Type": "AWS::EC2::Instance",
            "Properties": {
                "InstanceId": format!("i-{index}"), "InstanceType": "m5.large", "ImageId": "ami-1", "State": {"Code": 16, "Name": "running"},
                "PrivateIpAddress": "10.0.0.1", "LaunchTime": "2024-01-02T03:04:05Z", "Tags": tags, "SubnetId": "subnet-1", "VpcId": "vpc-1",
                "SecurityGroups": [{"GroupId": "sg-1", "GroupName": "web"}], "Architecture": "x86_64", "EbsOptimized": false,
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-1", "Status": "attached", "DeleteOnTermination": true}}],
            },
            "__ExtraContext": {"AccountId": "111122223333", "Region": "eu-west-1"},
        },
    })
}

fn config(mapping: &Value) -> String {
    json!({"version": 1, "redaction_key": KEY, "mapping": mapping}).to_string()
}

#[test]
#[ignore = "measures, and checks nothing"]
fn speed() {
    let plain = default_mapping();
    let mut jaq = plain.clone();
    for resource in jaq["resources"].as_array_mut().unwrap() {
        let mappings = &mut resource["port"]["entity"]["mappings"];
        *mappings = by_jaq(mappings);
    }
    let lines: String = (0..RESOURCES).map(|index| format!("{}\n", instance(index))).collect();
    let bytes = lines.len();
    let mut results = Vec::new();
    for (name, mapping) in [("no mapping", json!({"resources": []})), ("plain", plain), ("jaq", jaq)] {
        let mut config_text = config(&mapping);
        if name == "no mapping" {
            config_text =
                json!({"version": 1, "redaction_key": KEY, "kinds": [{"kind": "AWS::EC2::Instance"}]}).to_string();
        }
        let begun = Instant::now();
        for _ in 0..100 {
            Guest::configure(&config_text, run(limits())).unwrap();
        }
        let configure = begun.elapsed() / 100;
        let (guest, _) = Guest::configure(&config_text, run(limits())).unwrap();
        let begun = Instant::now();
        guest.map_resources(&unit("AWS::EC2::Instance"), lines.lines().next().unwrap()).unwrap();
        let first = begun.elapsed();
        let begun = Instant::now();
        let mapped = guest.map_resources(&unit("AWS::EC2::Instance"), &lines).unwrap();
        let each = begun.elapsed() / RESOURCES;
        println!(
            "{name}: configure {configure:?}, the first resource {first:?}, then {each:?} for each ({bytes} bytes in, {} out)",
            mapped.entities.len()
        );
        results.push(mapped.entities);
    }
    assert_eq!(results[1], results[2]);
}
