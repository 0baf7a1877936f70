//! Kinds that an operation's name describes.

use portolan_guest::Guest;
use portolan_guest::interface::{Fate, Unit};
use serde_json::{Value, json};

use crate::script::{Script, Whole, account, config, fault, guest, limits, member, ok, read_all, run, unit};

const PIPES: &str = "pipes:ListPipes";

fn all(host: &Script<'_>, kind: &str) -> Whole {
    read_all(host, &config(kind, json!([])), limits(), &unit(kind)).unwrap()
}

fn global(kind: &str) -> Unit {
    Unit { kind: kind.to_owned(), region: None }
}

#[test]
fn rows_are_known_by_their_digest_page_after_page() {
    let host = Script::new(|request| match request.operation.as_str() {
        "DescribeCapacityReservations" if !request.body.contains("NextToken") => ok(
            "<DescribeCapacityReservationsResponse><capacityReservationSet><item><capacityReservationId>cr-1</capacityReservationId>\
             <ownerId>1</ownerId><capacityReservationArn>arn:aws:ec2:eu-west-1:1:capacity-reservation/cr-1</capacityReservationArn>\
             <instanceType>m5.large</instanceType></item></capacityReservationSet><nextToken>2</nextToken></DescribeCapacityReservationsResponse>",
        ),
        "DescribeCapacityReservations" => ok(
            "<DescribeCapacityReservationsResponse><capacityReservationSet><item><capacityReservationId>cr-2</capacityReservationId></item>\
             </capacityReservationSet></DescribeCapacityReservationsResponse>",
        ),
        other => panic!("{other}"),
    });
    let kind = "ec2:DescribeCapacityReservations";
    let all = all(&host, kind);
    assert!(all.whole && all.problems.is_empty(), "{:?}", all.problems);
    assert_eq!(host.count("DescribeCapacityReservations"), 2);
    let [first, second] = all.lines.as_slice() else { panic!("{:?}", all.lines) };
    assert_eq!(first["id"].as_str().unwrap().len(), 32);
    assert_ne!(first["id"], second["id"]);
    assert_eq!(first["arn"], "arn:aws:ec2:eu-west-1:1:capacity-reservation/cr-1");
    assert_eq!((&first["name"], &second["arn"]), (&json!("cr-1"), &json!("")));
    assert_eq!(first["resource"]["Type"], kind);
    assert_eq!(first["resource"]["Properties"]["InstanceType"], "m5.large");
}

#[test]
fn the_digest_is_of_what_an_item_says_and_not_of_its_order() {
    let id = |pipe: &str| {
        let host = Script::new(|_| ok(format!(r#"{{"Pipes": [{pipe}]}}"#)));
        all(&host, PIPES).ids()[0].to_owned()
    };
    let one = id(r#"{"Name": "a", "Source": "s", "Tags": {"x": "1", "y": "2"}}"#);
    assert_eq!(one, id(r#"{"Tags": {"y": "2", "x": "1"}, "Source": "s", "Name": "a"}"#));
    assert_ne!(one, id(r#"{"Name": "a", "Source": "s", "Tags": {"x": "1", "y": "3"}}"#));
}

#[test]
fn plain_names_become_a_value() {
    let host = Script::new(|request| match member(request, "NextToken") {
        Value::Null => ok(json!({"queueUrls": ["x"], "QueueUrls": ["https://sqs/1/a"], "NextToken": "2"})),
        _ => ok(json!({"QueueUrls": ["https://sqs/1/b", "https://sqs/1/a"]})),
    });
    let all = all(&host, "sqs:ListQueues");
    let values: Vec<&Value> = all.lines.iter().map(|line| &line["resource"]["Properties"]).collect();
    let ids: std::collections::BTreeSet<&str> = all.ids().into_iter().collect();
    assert_eq!(*values[0], json!({"Value": "https://sqs/1/a"}));
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert_eq!(all.lines[0]["name"], "https://sqs/1/a");
}

#[test]
fn what_sounds_secret_is_redacted_and_not_to_be_guessed_from_the_id() {
    let listed = |secret: &str, key: &str| {
        let pipe = json!({"Name": "a", "Tags": {"password": secret, "team": "x"}, "UserData": [secret]});
        let host = Script::new(move |_| ok(json!({"Pipes": [pipe]})));
        let mut config = config(PIPES, json!([]));
        config["redaction_key"] = json!(key);
        let all = read_all(&host, &config, limits(), &unit(PIPES)).unwrap();
        all.lines.into_iter().next().unwrap()
    };
    let line = listed("hunter2", "aa");
    let properties = &line["resource"]["Properties"];
    assert!(!line.to_string().contains("hunter2") && properties["Tags"]["password"]["redacted"] == true, "{line}");
    assert_eq!((&properties["Tags"]["team"], &properties["UserData"][0]["redacted"]), (&json!("x"), &json!(true)));
    assert_eq!(line["id"], listed("hunter2", "aa")["id"]);
    assert_ne!(line["id"], listed("hunter3", "aa")["id"]);
    assert_ne!(line["id"], listed("hunter2", "bb")["id"], "who lacks the key cannot try values");
}

#[test]
fn a_service_that_signs_in_one_region_is_asked_once() {
    let kind = "iam:ListVirtualMFADevices";
    let host = Script::new(|_| {
        ok(
            "<ListVirtualMFADevicesResponse><ListVirtualMFADevicesResult><VirtualMFADevices><member><SerialNumber>arn:aws:iam::1:mfa/a</SerialNumber>\
            </member></VirtualMFADevices></ListVirtualMFADevicesResult></ListVirtualMFADevicesResponse>",
        )
    });
    let all = read_all(&host, &config(kind, json!([])), limits(), &global(kind)).unwrap();
    assert_eq!(all.lines[0]["resource"]["Properties"]["SerialNumber"], "arn:aws:iam::1:mfa/a");
    let silent = Script::new(|_| fault("AccessDeniedException"));
    let planned = guest(kind, json!([])).plan(&silent, &account()).unwrap();
    assert_eq!((planned.kinds[0].fate, planned.kinds[0].regions.len()), (Fate::Read, 0));
    let regional = guest(PIPES, json!([])).plan(&regions(), &account()).unwrap();
    assert_eq!(
        (regional.kinds[0].fate, regional.kinds[0].regions.as_slice()),
        (Fate::Read, &["eu-west-1".to_owned()][..])
    );
}

fn regions() -> Script<'static> {
    Script::new(|_| ok(json!({"Regions": [{"RegionName": "eu-west-1", "RegionOptStatus": "ENABLED"}]})))
}

#[test]
fn an_operation_that_is_none_to_list_by_is_refused_with_the_reason() {
    for (kind, reason, instead) in [
        ("sqss:ListQueues", "no service", Some("sqs:ListQueues")),
        ("SQS:ListQueues", "no service", Some("sqs:ListQueues")),
        ("sqs:ListQueue", "no operation", Some("sqs:ListQueues")),
        ("pipes:CreatePipe", "no operation", None),
        ("eks:ListNodegroups", "needs clusterName", None),
        ("ssm:GetParametersByPath", "hands out", None),
        ("ec2:DescribeImages", "what others own", Some("AWS::EC2::Image")),
        ("ec2:DescribeSnapshots", "what others own", Some("AWS::EC2::Snapshot")),
        ("sqs:", "no operation", None),
        (":ListQueues", "no service", None),
    ] {
        let remarks = Guest::configure(&config(kind, json!([])).to_string(), run(limits())).err().unwrap_or_default();
        let [remark] = remarks.as_slice() else { panic!("{kind}: {remarks:?}") };
        assert_eq!(remark.at, "/kinds/0/kind");
        assert!(remark.message.contains(reason), "{kind}: {remark:?}");
        if instead.is_some() {
            assert_eq!(remark.instead.as_deref(), instead, "{remark:?}");
        }
    }
}

#[test]
fn the_manifest_has_the_one_call() {
    let configured = |kind: &str| Guest::configure(&config(kind, json!([])).to_string(), run(limits())).unwrap().1;
    let manifest: Value = serde_json::from_str(&configured(PIPES).manifest).unwrap();
    let kind = &manifest["kinds"][0];
    assert_eq!((&kind["kind"], &kind["service"]), (&json!(PIPES), &json!("pipes")));
    assert_eq!((&kind["tier"], &kind["confirm"]), (&json!("heavy"), &json!("second-run")));
    assert_eq!((&kind["scope"], &kind["cloudformation"]), (&json!("region"), &json!(false)));
    let calls = json!([{"operation": PIPES, "action": PIPES, "identity": "account"}]);
    assert_eq!(kind["calls"], calls);
    assert_ne!(configured(PIPES).fingerprint, configured("sqs:ListQueues").fingerprint);
}
