//! A scheduler of the embedder's own: one unit at a time, cursors as text, single resources, entities.

use std::collections::BTreeMap;

use portolan::{Environment, ProblemClass, Region, Run, Session, Settings, Unit, UnitEnd};
use portolan_tests::organization::{Organization, Scale};
use serde_json::json;

use super::{engine, environment, one_unit_at_a_time, settings};

async fn opened(organization: &Organization, kinds: &str) -> Session {
    let environment = Environment::from_iter(environment(organization));
    let text = settings(organization, &["prod-web", "sandbox"], kinds);
    let settings = Settings::from_yaml(engine(), &text, &environment).await.unwrap();
    Run::new(engine(), &settings).redaction_key("0123456789abcdef0123456789abcdef").session().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn units_are_read_one_after_the_other_and_each_says_what_it_proves() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    front.clear_rules();
    front.rule(&json!({ "do": "deny", "service": "sqs", "operation": "ListQueues", "region": "eu-west-1" }));
    let session = opened(&organization, "AWS::SQS::Queue, AWS::S3::Bucket").await;
    let ends = one_unit_at_a_time::read_all(&session).await.unwrap();
    // The sandbox's role does not exist, and stops nobody.
    assert!(ends.iter().all(|end| end.account().as_str() == organization.account("prod-web")));
    let by_unit: BTreeMap<String, &UnitEnd> = ends.iter().map(|end| (end.unit().to_string(), end)).collect();
    let UnitEnd::Unknown(denied) = by_unit["AWS::SQS::Queue in eu-west-1"] else { panic!("{by_unit:?}") };
    assert_eq!(denied.problem().class, ProblemClass::Denied);
    assert!(by_unit["AWS::SQS::Queue in us-east-1"].whole().is_some());
    assert!(by_unit["AWS::S3::Bucket in no region"].whole().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn single_resources_are_read_again_by_their_ids() {
    let organization = Organization::build(Scale::Tiny);
    let (front, account) = (organization.front(), organization.account("prod-web"));
    for name in ["t1", "t2"] {
        front.boto(account, "eu-central-1", "sns", "create_topic", &json!({ "Name": name }));
    }
    let session = opened(&organization, "AWS::SNS::Topic").await;
    let accounts = session.accounts().await.unwrap().accounts;
    let account = accounts.iter().find(|found| found.id().as_str() == account).unwrap();
    let unit = |region| Unit::new("AWS::SNS::Topic", Some(Region::parse(region).unwrap()));
    let mut whole = session.read(account, &unit("eu-central-1"));
    let mut ids = Vec::new();
    while let Some(page) = whole.next_page().await.unwrap() {
        ids.extend(page.resources().map(|resource| resource.id().to_owned()));
    }
    assert!(whole.cursor().is_none() && whole.end().whole().is_some());
    assert!(ids.len() >= 2, "{ids:?}");
    // Single ones again: what is there is there, what is not is not, and that is no problem.
    let asked = [ids[0].clone(), ids[0].replace(":t", ":gone")];
    let again = session.read_resources(account, &unit("eu-central-1"), &asked).await.unwrap();
    assert_eq!(again.resources().map(|resource| resource.id().to_owned()).collect::<Vec<_>>(), ids[..1]);
}
