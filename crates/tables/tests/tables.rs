//! The committed tables are whole, and say what AWS's own documentation says where a slip would mislead.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what is not there fails the test"
)]

use portolan_tables::{
    Access, DeniedRule, EndpointError, Protocol, Service, Shape, Variant, denied_reads, endpoint, partition,
    partition_of, partitions, service, services,
};

const FIPS: Variant = Variant { fips: true, dual_stack: false };
const PLAIN: Variant = Variant { fips: false, dual_stack: false };
const DUAL_STACK: Variant = Variant { fips: false, dual_stack: true };

#[test]
fn every_table_can_be_read_and_is_sorted() {
    let names: Vec<_> = services().collect();
    assert!(names.is_sorted(), "service() searches by halves");
    for name in names {
        let service = service(name).unwrap_or_else(|| panic!("the table of {name} is malformed"));
        assert_eq!(service.name, name);
        assert!(service.operation_names().next().is_some());
        assert!(service.operation_names().is_sorted(), "operation() searches by halves");
        service.check().unwrap_or_else(|error| panic!("{name}: {error}"));
        for region in ["us-east-1", "eu-west-1"] {
            endpoint(name, region, PLAIN).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

/// How many operations there are of each sort. A change of the data shows here, and is looked at before it is written down.
#[test]
fn services_that_share_an_endpoint_are_found_without_their_tables() {
    for name in services() {
        let table = service(name).unwrap();
        let there: Vec<&str> = portolan_tables::services_at(&table.endpoint_prefix).collect();
        let same = services().filter(|other| service(other).unwrap().endpoint_prefix == table.endpoint_prefix);
        assert_eq!(there, same.collect::<Vec<_>>(), "{name}");
    }
    assert_eq!(portolan_tables::services_at("elasticloadbalancing").collect::<Vec<_>>(), ["elb", "elbv2"]);
}

#[test]
fn what_the_tables_hold() {
    let (mut all, mut unmapped, mut changing, mut never, mut constrained, mut listing) = (0, 0, 0, 0, 0, 0);
    for service in services().filter_map(service) {
        for (_, operation) in service.operations() {
            all += 1;
            match (operation.access, operation.denied.as_ref().map(|denied| denied.rule)) {
                (None, _) => unmapped += 1,
                (Some(Access::Write | Access::Tagging | Access::Permissions), _) => changing += 1,
                (_, Some(DeniedRule::Never)) => never += 1,
                (_, Some(DeniedRule::Grant | DeniedRule::Constrain)) => constrained += 1,
                (_, None) if service.lists_without_input(operation) => listing += 1,
                (_, None) => {}
            }
            let opened = matches!(operation.access, Some(Access::List | Access::Read))
                && operation.denied.as_ref().is_none_or(|denied| denied.rule != DeniedRule::Never);
            assert!(opened || (operation.input.is_none() && operation.output.is_none()), "{operation:?}");
        }
    }
    assert_eq!((services().count(), all), (416, 8_202));
    assert_eq!((unmapped, changing, never, constrained, listing), (1_029, 33, 135, 63, 2_068));
}

#[track_caller]
fn check_action(service_name: &str, operation: &str, action: &str) {
    assert_eq!(service(service_name).unwrap().operation(operation).unwrap().action.as_deref(), Some(action));
}

#[test]
fn actions_that_are_not_named_as_their_operation() {
    check_action("s3", "ListBuckets", "s3:ListAllMyBuckets");
    check_action("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock");
    check_action("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration");
    check_action("s3", "GetBucketTagging", "s3:GetBucketTagging");
}

#[test]
fn protocols_and_wire_names() {
    let protocols = [
        ("ec2", Protocol::Ec2),
        ("rds", Protocol::Query),
        ("s3", Protocol::RestXml),
        ("eks", Protocol::RestJson),
        ("sqs", Protocol::Json),
    ];
    for (name, protocol) in protocols {
        assert_eq!(service(name).unwrap().protocol, protocol);
    }
    let rds = service("rds").unwrap();
    assert_eq!(
        rds.operation("DescribeDBInstances").unwrap().result_wrapper.as_deref(),
        Some("DescribeDBInstancesResult")
    );
    let paging = service("lambda").unwrap().operation("ListFunctions").unwrap().paging.clone().unwrap();
    assert_eq!((paging.input_token, paging.output_token), (vec!["Marker".into()], vec!["NextMarker".into()]));
    assert_eq!(service("s3").unwrap().operation("GetBucketTagging").unwrap().path, "/{Bucket}?tagging");
}

const HEADER: &str =
    r#"{"name":"x","id":"X","protocol":"json","endpoint_prefix":"x","signing_name":"x","api_version":"1"}"#;

#[track_caller]
fn check_refused(lines: &str, expected: &str) {
    let error = Service::read(format!("{HEADER}\n{lines}")).and_then(|service| service.check()).unwrap_err();
    assert!(format!("{error} {error:?}").contains(expected), "{error:?}");
}

#[test]
fn malformed_tables_are_refused() {
    check_refused("A {\"method\":\"POST\",\"path\":\"/\",\"output\":1}\n\n\"string\"\n", "no shape 1");
    check_refused("A {\"method\":\"POST\",\"path\":\"/\",\"outputs\":1}\n\n\"string\"\n", "unknown field");
    check_refused("A\n\n\"string\"\n", "is not the line of an operation");
    check_refused("\n\"strong\"\n", "unknown variant");
    assert!(Service::read("{}".to_owned()).is_err());
}

#[test]
fn members_keep_their_order_and_their_names_on_the_wire() {
    let ec2 = service("ec2").unwrap();
    let Shape::Structure(output) = ec2.shape(ec2.operation("DescribeVolumes").unwrap().output.unwrap()) else {
        panic!()
    };
    let names: Vec<_> = output.members.iter().map(|member| (member.name.as_str(), member.wire_name())).collect();
    assert_eq!(names, [("NextToken", "nextToken"), ("Volumes", "volumeSet")]);
}

#[track_caller]
fn check_partition(region: &str, expected: Option<&str>) {
    assert_eq!(partition_of(region).map(|partition| partition.id.as_str()), expected, "{region}");
}

#[test]
fn a_region_tells_its_partition_by_its_name() {
    assert_eq!(partitions().len(), 8);
    check_partition("eu-west-1", Some("aws"));
    check_partition("eu-nowhere-9", Some("aws"));
    check_partition("cn-north-1", Some("aws-cn"));
    check_partition("us-gov-west-1", Some("aws-us-gov"));
    check_partition("us-iso-east-1", Some("aws-iso"));
    check_partition("us-isob-east-1", Some("aws-iso-b"));
    check_partition("eusc-de-east-1", Some("aws-eusc"));
    for wrong in [
        "",
        "aws-global",
        "eu-west",
        "eu-west-",
        "eu--1",
        "eu-west-1a",
        "EU-WEST-1",
        "eu-west-1.evil.example",
        "mars-west-1",
    ] {
        check_partition(wrong, None);
    }
    assert_eq!(partition("aws-cn").unwrap().dns_suffix, "amazonaws.com.cn");
}

#[track_caller]
fn check_host(name: &str, region: &str, variant: Variant, host: &str, signing_region: &str) {
    let found = endpoint(name, region, variant).unwrap();
    assert_eq!((found.host.as_str(), found.signing_region.as_str()), (host, signing_region));
}

#[test]
fn hosts() {
    check_host("s3", "us-east-1", PLAIN, "s3.us-east-1.amazonaws.com", "us-east-1");
    check_host("sts", "eu-nowhere-9", PLAIN, "sts.eu-nowhere-9.amazonaws.com", "eu-nowhere-9");
    check_host("iam", "eu-west-1", PLAIN, "iam.amazonaws.com", "us-east-1");
    check_host("account", "cn-north-1", PLAIN, "account.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1");
    check_host("s3", "eu-west-1", DUAL_STACK, "s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1");
    check_host("ec2", "eu-west-1", DUAL_STACK, "ec2.eu-west-1.api.aws", "eu-west-1");
    check_host("eks", "us-east-1", FIPS, "fips.eks.us-east-1.amazonaws.com", "us-east-1");
    check_host("ec2", "us-gov-west-1", FIPS, "ec2.us-gov-west-1.amazonaws.com", "us-gov-west-1");
}

#[test]
fn an_unknown_fips_host_is_refused_and_never_plain() {
    let refused = endpoint("sqs", "eu-west-1", FIPS).unwrap_err();
    assert_eq!(refused, EndpointError::NoFips { service: "sqs".into(), region: "eu-west-1".into() });
    assert_eq!(endpoint("nope", "eu-west-1", PLAIN).unwrap_err(), EndpointError::UnknownService("nope".into()));
    assert_eq!(endpoint("sqs", "x@evil", PLAIN).unwrap_err(), EndpointError::UnknownRegion("x@evil".into()));
}

#[test]
fn the_reviewed_list_of_denied_reads() {
    let rows: Vec<_> = denied_reads().collect();
    assert_eq!(rows.len(), 301);
    let count = |rule| rows.iter().filter(|row| row.rule == rule).count();
    assert_eq!((count(DeniedRule::Never), count(DeniedRule::Grant), count(DeniedRule::Constrain)), (218, 69, 14));
    assert!(rows.iter().all(|row| row.action.contains(':')));
    assert!(rows.iter().all(|row| (row.rule == DeniedRule::Constrain) == row.constraint.is_some()));
}
