//! Mappings through the binary: checked with file, line and place in the expression, and tried out on resources.

use portolan_tests::binary::Portolan;
use portolan_tests::organization::Organization;
use serde_json::Value;

const MAPPING: &str = r#"deleteDependentEntities: true
createMissingRelatedEntities: true
resources:
  - kind: AWS::SQS::Queue
    selector:
      query: 'true'
    port:
      entity:
        mappings:
          identifier: .Properties.QueueArn
          title: .Properties.QueueArn | split(":") | last
          blueprint: '"sqsQueue"'
          properties:
            region: .__ExtraContext.Region
            queueUrl: .Properties.QueueUrl
          relations:
            account: .__ExtraContext.AccountId
  - kind: AWS::S3::Bucket
    selector:
      query: .Properties.BucketName | startswith("logs")
    port:
      entity:
        mappings:
          identifier: .Properties.NoSuchMember
          blueprint: '"s3Bucket"'
"#;

#[test]
fn mistakes_in_a_mapping_come_at_once_each_with_its_line_and_place() {
    let portolan = Portolan::new("mapping-mistakes");
    portolan.write("app.yml", MAPPING);
    let said = portolan.run(&["validate", "--mapping", "app.yml"]).expect(0).stdout;
    assert!(said.contains("no mistakes"), "{said}");
    let wrong = MAPPING.replace("| last", "| lasst").replace("AWS::S3::Bucket", "AWS::S3::Buckett");
    portolan.write("app.yml", &wrong);
    let said = portolan.run(&["validate", "--mapping", "app.yml"]).expect(1).stderr;
    for expected in [
        "app.yml:11:18: resources/0/port/entity/mappings/title: byte 37 of the expression: ",
        "app.yml:18:11: resources/1/kind: unknown kind \"AWS::S3::Buckett\"; write AWS::S3::Bucket",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    // Each file where the other is expected.
    let said = portolan.run(&["validate", "--config", "app.yml"]).expect(1).stderr;
    assert!(said.contains("by --mapping"), "{said}");
    portolan.write("portolan.yaml", "version: 1\nto: [sqlite:c.db]\n");
    let said = portolan.run(&["validate", "--mapping", "portolan.yaml"]).expect(1).stderr;
    assert!(said.contains("a configuration is given by --config"), "{said}");
}

/// What a sync writes is what a mapping is tried on. The expected entities are put together from moto's answers, by
/// nothing of the mapping.
#[test]
fn what_a_sync_wrote_is_mapped() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("mapped", organization);
    portolan.write("app.yml", MAPPING);
    let account = organization.account("prod-web");
    portolan
        .sync(
            organization,
            &[
                "--include-accounts",
                account,
                "--kinds",
                "AWS::SQS::Queue,AWS::S3::Bucket",
                "--to",
                "ndjson:found.jsonl",
            ],
        )
        .expect(0);
    let found = std::fs::read_to_string(portolan.file("found.jsonl")).unwrap();
    let found: Vec<Value> = found.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let queues: Vec<&Value> = found.iter().filter(|resource| resource["Type"] == "AWS::SQS::Queue").collect();
    assert!(queues.len() > 1 && queues.len() < found.len(), "{} of {}", queues.len(), found.len());

    let run = portolan.run(&["map", "--mapping", "app.yml", "--kind", "AWS::SQS::Queue", "--input", "found.jsonl"]);
    let run = run.expect(0);
    let entities: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(entities.len(), queues.len(), "{}", run.stderr);
    for (entity, queue) in entities.iter().zip(queues) {
        let (arn, context) = (queue["Properties"]["QueueArn"].as_str().unwrap(), &queue["__ExtraContext"]);
        assert_eq!((entity["identifier"].as_str().unwrap(), &entity["blueprint"]), (arn, &"sqsQueue".into()));
        let entity = &entity["entity"];
        assert_eq!(entity["title"], arn.rsplit(':').next().unwrap());
        assert_eq!(entity["properties"]["region"], context["Region"]);
        assert_eq!(entity["properties"]["queueUrl"], queue["Properties"]["QueueUrl"]);
        assert_eq!(entity["relations"]["account"], context["AccountId"]);
    }
}

#[test]
fn an_identifier_that_is_null_is_counted_with_its_expression_and_an_example() {
    let portolan = Portolan::new("null-identifier");
    portolan.write("app.yml", MAPPING);
    let bucket = r#"{"Type":"AWS::S3::Bucket","Properties":{"BucketName":"NAME"},"__ExtraContext":{"AccountId":"111122223333"}}"#;
    portolan.write("in.json", &format!("[{},{}]", bucket.replace("NAME", "logs-1"), bucket.replace("NAME", "web")));
    let run = portolan.run(&["map", "--mapping", "app.yml", "--input", "in.json"]).expect(2);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    for expected in [
        "/mapping/resources/1/port/entity/mappings/identifier",
        ".Properties.NoSuchMember is null",
        "(1 times, first of resource 1)",
        "0 entities of 2 resources (in.json), 1 failures",
    ] {
        assert!(run.stderr.contains(expected), "{expected} in {}", run.stderr);
    }
}
