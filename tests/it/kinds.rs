//! Which kinds there are: listed, shown, documented, chosen by name, and defined by the user.

use std::collections::BTreeSet;

use portolan_tests::binary::Portolan;
use portolan_tests::catalogue::rows;
use portolan_tests::folders;
use portolan_tests::organization::Organization;
use serde_json::Value;

/// The promise of the catalogue: the peer's 33 kinds and a hundred more.
const CURATED_MIN: usize = 133;

#[test]
fn the_catalogue_is_as_large_as_promised_and_as_documented() {
    let portolan = Portolan::new("kinds");
    let listed: Value = serde_json::from_str(&portolan.run(&["kinds", "--json"]).expect(0).stdout).unwrap();
    let text = listed.to_string();
    for expected in ["AWS::S3::Bucket", "GetBucketEncryptionAction", "AWS::ECS::Service", "ListQueueTagsAction"] {
        assert!(text.contains(expected), "{expected}");
    }
    assert!(listed.as_array().unwrap().len() >= CURATED_MIN);
    let documented = std::fs::read_to_string(folders::workspace().join("docs/kinds.md")).unwrap();
    let current = portolan.run(&["kinds", "--markdown"]).expect(0).stdout;
    assert!(documented == current, "docs/kinds.md is stale: portolan kinds --markdown > docs/kinds.md");
    let all: Value = serde_json::from_str(&portolan.run(&["kinds", "--all", "--json"]).expect(0).stdout).unwrap();
    let names: BTreeSet<&str> = all.as_array().unwrap().iter().filter_map(|kind| kind["kind"].as_str()).collect();
    assert!(names.len() > 2_000 && names.contains("ec2:DescribeCapacityReservations"), "{}", names.len());
    assert!(!names.contains("iam:GetAccountAuthorizationDetails"), "a denied read is offered");
}

#[test]
fn one_kind_is_shown_whole_and_a_misspelt_one_gets_its_name() {
    let portolan = Portolan::new("one-kind");
    let shown = portolan.run(&["kinds", "AWS::ECS::Service"]).expect(0).stdout;
    for expected in [
        "ecs:ListServices",
        "DescribeServicesAction",
        "\"Type\": \"AWS::ECS::Service\"",
        "\"ClusterArn\"",
        "CreateService",
    ] {
        assert!(shown.contains(expected), "{expected} in {shown}");
    }
    let by_alias = portolan.run(&["kinds", "AWS::ElastiCache::CacheCluster"]).expect(0).stdout;
    assert!(by_alias.starts_with("AWS::ElastiCache::Cluster\n"), "{by_alias}");
    let refused = portolan.run(&["kinds", "AWS::ECS::Servise"]).expect(1).stderr;
    assert!(refused.contains("did you mean AWS::ECS::Service?"), "{refused}");
}

const OWN: &str = "service: ec2
kinds:
  Acme::EC2::KeyPair:
    tier: more
    scope: region
    cloudformation: false
    list:
      operation: DescribeKeyPairs
      items: KeyPairs
    id: \"{KeyPairId}\"
    arn: \"arn:{$partition}:ec2:{$region}:{$account}:key-pair/{KeyPairId}\"
    name: \"{KeyName}\"
    confirm: second-run
";

#[test]
fn mistakes_in_a_users_definition_name_file_line_and_the_right_word() {
    let portolan = Portolan::new("own-kinds");
    portolan.write("portolan.yaml", "version: 1\nkinds: { definitions: [\"*.kinds.yaml\"] }\n");
    for (right, wrong, expected) in [
        (
            "DescribeKeyPairs",
            "DescribeKeyPair",
            "a.kinds.yaml:8:18: kinds/Acme::EC2::KeyPair/list/operation: ec2 has no",
        ),
        ("items: KeyPairs", "items: KeyPair", "a.kinds.yaml:9:14"),
        ("\"{KeyPairId}\"", "\"{KeyPairID}\"", "a.kinds.yaml:10:9"),
        ("confirm:", "confrim:", "write confirm"),
        ("tier: more", "tier: most", "a.kinds.yaml:4:11"),
        ("service: ec2", "service: ec3", "a.kinds.yaml:4:5: kinds/Acme::EC2::KeyPair: the API tables have no service"),
        ("Acme::EC2::KeyPair:", "AWS::EC2::Volume:", "AWS::EC2::Volume"),
        ("list:", "list", "a.kinds.yaml:"),
    ] {
        portolan.write("a.kinds.yaml", &OWN.replace(right, wrong));
        let said = portolan.run(&["validate", "--config", "portolan.yaml"]).expect(1).stderr;
        assert!(said.contains(expected), "{wrong}: {said}");
    }
    portolan.write("a.kinds.yaml", OWN);
    let said = portolan.run(&["validate", "--config", "portolan.yaml"]).expect(0).stdout;
    assert!(said.contains("no mistakes"), "{said}");
}

#[test]
fn a_users_kind_and_an_operation_by_its_name_are_synced_as_the_catalogues_are() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("by-name", organization);
    portolan.write("own.yaml", OWN);
    portolan.write("portolan.yaml", "version: 1\nkinds: { definitions: [own.yaml] }\n");
    let scope = ["--include-accounts", organization.account("prod-web")];
    let names = ["--kinds", "Acme::EC2::KeyPair,ec2:DescribeAvailabilityZones,iam:ListVirtualMFADevices"];
    let arguments: Vec<&str> = scope.iter().chain(&names).copied().collect();
    portolan.sync(organization, &arguments).expect(0);
    let found =
        rows(&portolan.catalogue(), "SELECT kind, region, id, properties FROM resources WHERE deleted_at IS NULL");
    let zones: Vec<&Value> = found.iter().filter(|row| row["kind"] == "ec2:DescribeAvailabilityZones").collect();
    assert!(zones.len() > 3, "{found:?}");
    assert!(zones.iter().all(|row| row["properties"].to_string().contains("ZoneName")), "{zones:?}");
    // Rows of such a kind are replaced as a set: an item that did not change is the same row.
    let keys = "SELECT resource_key, first_seen FROM resources WHERE deleted_at IS NULL ORDER BY resource_key";
    let before = rows(&portolan.catalogue(), keys);
    portolan.sync(organization, &arguments).expect(0);
    assert_eq!(rows(&portolan.catalogue(), keys), before);
}

/// Six types and what the front has of them in one account and two regions: whole listings and such as name alone, one
/// region's only, several pages, two keys to an identifier. A type below a parent says what it lacks, and one whose
/// handlers read a secret is refused before anything is asked of it.
#[test]
fn types_of_the_registry_are_read_through_cloud_control() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("registry", organization);
    let types = [
        "AWS::Athena::DataCatalog",
        "AWS::CE::AnomalyMonitor",
        "AWS::IoT::Thing",
        "AWS::MediaPackageV2::ChannelGroup",
        "AWS::MediaPackageV2::Channel",
        "AWS::Timestream::Table",
        "AWS::SecretsManager::SecretTargetAttachment",
    ]
    .join(",");
    let account = organization.account("prod-web");
    let run = portolan
        .sync(organization, &["--include-accounts", account, "--regions", "us-east-1,eu-west-1", "--kinds", &types]);
    let found = rows(
        &portolan.catalogue(),
        "SELECT kind, region, id, properties FROM resources WHERE deleted_at IS NULL ORDER BY kind, region, id",
    );
    let count =
        |kind: &str, region: &str| found.iter().filter(|row| row["kind"] == kind && row["region"] == region).count();
    for (kind, in_us, in_eu) in [
        ("AWS::CE::AnomalyMonitor", 1, 0),
        ("AWS::IoT::Thing", 45, 45),
        ("AWS::MediaPackageV2::ChannelGroup", 2, 2),
        ("AWS::Timestream::Table", 3, 3),
        ("AWS::MediaPackageV2::Channel", 0, 0),
        ("AWS::SecretsManager::SecretTargetAttachment", 0, 0),
    ] {
        assert_eq!((count(kind, "us-east-1"), count(kind, "eu-west-1")), (in_us, in_eu), "{kind}: {}", run.stderr);
    }
    let group = found.iter().find(|row| row["id"].to_string().contains("channelGroup/live")).unwrap();
    assert!(group["properties"].to_string().contains("live.egress."), "GetResource completes it: {group}");
    let said = rows(&portolan.catalogue(), "SELECT kind, message FROM problems");
    for (kind, words) in [
        ("AWS::MediaPackageV2::Channel", "below a parent, by ChannelGroupName"),
        ("AWS::SecretsManager::SecretTargetAttachment", "needs secretsmanager:GetSecretValue"),
    ] {
        let is_said = |row: &Value| row["kind"] == kind && row["message"].to_string().contains(words);
        assert!(said.iter().any(is_said), "{kind}: {said:?}");
    }
}
