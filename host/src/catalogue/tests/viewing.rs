use super::*;

#[test]
fn each_kind_has_a_view_whatever_its_properties_are_called() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let kind = "AWS::EC2::Instance";
    let odd = json!({"InstanceType": "m5.large", "Name": "property", "ID": 7, "on": true, "nested": {"a": [1]},
        "it's \"odd\"": "quoted", "back\\slash": 1, "dotted.name": 2, "": 3, "héß": 4, "instancetype": "other case",
        "; DROP TABLE resources --": 5, "property_Name": 6});
    run(
        &mut catalogue,
        1,
        &[(unit(kind, ACCOUNT, "eu-west-1"), vec![line(kind, "i-1", odd, json!({}))])],
        Confirm::SecondRun,
    );
    let select = r#"SELECT id, account_id, region, InstanceType, instancetype_2, name, property_Name, property_Name_2, property_ID,
        "on", nested, "it's ""odd""", "back\slash", "dotted.name", "", "héß", "; DROP TABLE resources --" FROM aws_ec2_instance"#;
    let expected =
        format!(r#"i-1|{ACCOUNT}|eu-west-1|m5.large|other case|i-1|property|6|7|1|{{"a":[1]}}|quoted|1|2|3|4|5"#);
    assert_eq!(rows(&catalogue, select), [expected]);
}

#[test]
fn a_view_gains_a_column_with_the_first_row_that_has_it() {
    let folder = Folder::new();
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    run(&mut catalogue, 1, &[(queues(), vec![queue("a")])], Confirm::SecondRun);
    drop(catalogue);
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    let delayed = line("AWS::SQS::Queue", "a", json!({"QueueName": "a", "DelaySeconds": 5}), json!({}));
    run(&mut catalogue, 2, &[(queues(), vec![delayed])], Confirm::SecondRun);
    assert_eq!(rows(&catalogue, "SELECT QueueName, DelaySeconds FROM aws_sqs_queue"), ["a|5"]);
    assert_eq!(rows(&catalogue, "SELECT change, id FROM changed_last_run"), ["changed|a"]);
}

#[test]
fn summaries_count_what_is_there() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let tagged = |id: &str, tags: serde_json::Value| line("AWS::SQS::Queue", id, json!({"Tags": tags}), json!({}));
    let topics = unit("AWS::SNS::Topic", ACCOUNT, "eu-west-1");
    let pages = [
        (queues(), vec![tagged("a", json!({"Owner": "web"})), tagged("b", json!({})), queue("c")]),
        (topics, vec![line("AWS::SNS::Topic", "t", json!({}), json!({}))]),
    ];
    run(&mut catalogue, 1, &pages, Confirm::SecondRun);
    assert_eq!(rows(&catalogue, "SELECT kind, resources FROM by_kind"), ["AWS::SNS::Topic|1", "AWS::SQS::Queue|3"]);
    assert_eq!(rows(&catalogue, "SELECT kind, resources FROM by_account"), ["AWS::SNS::Topic|1", "AWS::SQS::Queue|3"]);
    // The topic's tags were never read: not untagged, unknown.
    assert_eq!(rows(&catalogue, "SELECT id, known FROM untagged ORDER BY id"), ["b|1", "c|1", "t|0"]);
    let scope = "SELECT kind, units, whole, unknown FROM scope ORDER BY kind";
    assert_eq!(rows(&catalogue, scope), ["AWS::SNS::Topic|1|1|0", "AWS::SQS::Queue|1|1|0"]);
}
