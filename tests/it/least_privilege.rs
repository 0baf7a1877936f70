//! The generated policies, attached to the roles of a front that holds every call to them: with all of a policy nothing
//! is denied, and what is left out of it is denied, that alone.

use std::collections::BTreeSet;

use portolan_tests::binary::Portolan;
use portolan_tests::front::{Call, Front};
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

/// What is read of the organization: a kind of each protocol that AWS has.
const KINDS: [&str; 4] = [
    "--kinds",
    "AWS::DynamoDB::Table,AWS::EC2::Volume,AWS::EKS::Cluster,AWS::Organizations::Account,AWS::S3::Bucket,AWS::SNS::Topic,AWS::SQS::Queue",
    "--include-actions",
    "all",
];
/// Statements of the whole estate's policy that a run must at least have felt the lack of.
const STATEMENTS_MIN: usize = 60;

/// A statement of a generated policy.
#[derive(Debug, Clone)]
struct Statement {
    fields: Value,
    actions: BTreeSet<String>,
}

/// The statements of the policy that `portolan iam policy` prints for a role.
fn statements(portolan: &Portolan, role: &str, chosen: &[&str]) -> Vec<Statement> {
    let printed = portolan.run(&[&["iam", "policy", "--for", role], chosen].concat()).expect(0).stdout;
    let documents = match serde_json::from_str(&printed).unwrap() {
        Value::Array(several) => several,
        one => vec![one],
    };
    let all = documents.iter().flat_map(|document| document["Statement"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.map(|fields| Statement {
        fields: fields.clone(),
        actions: fields["Action"].as_array().unwrap().iter().map(text).collect(),
    })
    .collect()
}

/// One document of these statements; none where there are none, since IAM takes no empty one.
fn documents<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Vec<Value> {
    let mut kept: Vec<Value> = statements.into_iter().map(|statement| statement.fields.clone()).collect();
    // Several documents may have a statement of the same name.
    for (number, statement) in kept.iter_mut().enumerate() {
        statement["Sid"] = json!(format!("Statement{number}"));
    }
    if kept.is_empty() { Vec::new() } else { vec![json!({ "Version": "2012-10-17", "Statement": kept })] }
}

/// The actions that were denied, each by the role's own policy. A role that is not lent is no matter of policies.
fn denied(calls: &[Call]) -> BTreeSet<String> {
    let denied = calls.iter().filter_map(|call| call.denied().map(|(by, action)| (by, action, call)));
    denied
        .filter(|(by, _, _)| *by != "trust")
        .map(|(by, action, call)| {
            assert_eq!(by, "identity", "{}", call.fields());
            action.to_owned()
        })
        .collect()
}

#[test]
fn with_its_policy_every_kind_of_the_estate_is_read_without_a_denial() {
    let front = Front::start();
    let made: Value = serde_json::from_str(&front.python("estate.py", &[], "")).unwrap();
    let names: Vec<&str> = made["kinds"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let names = names.join(",");
    let printer = Portolan::new("policy-of-the-estate");
    let chosen = ["--kinds", &names, "--include-actions", "all"];
    let member = statements(&printer, "member", &chosen);
    let list = statements(&printer, "list", &chosen);
    let permit = |kept: Vec<&Statement>| {
        let fields = json!({
            "principals": [made["source"]["arn"]], "external_id": made["external_id"], "policies": documents(kept),
        });
        front.role(made["role"].as_str().unwrap(), &fields);
        front.forget();
    };

    permit(member.iter().chain(&list).collect());
    crate::estate::sync("least-privilege", &front, &made, &[]);
    let calls = front.calls();
    assert_eq!(denied(&calls), BTreeSet::new());
    println!("{} statements, {} calls, none denied", member.len() + list.len(), calls.len());

    // What regions there are is asked of account, and of EC2 where that is denied: not both at once.
    let regions = |statement: &Statement| statement.actions.contains("account:ListRegions");
    let mut felt = 0;
    for half in 0..2 {
        let (gone, kept): (Vec<_>, Vec<_>) =
            member.iter().enumerate().partition(|(number, statement)| number % 2 == half && !regions(statement));
        permit(kept.into_iter().map(|(_, statement)| statement).chain(&list).collect());
        let run = crate::estate::sync_ending("least-privilege-half", &front, &made, &[], 2);
        let denied = denied(&front.calls());
        let lacking: BTreeSet<&String> = gone.iter().flat_map(|(_, statement)| &statement.actions).collect();
        let wrong: Vec<_> = denied.iter().filter(|action| !lacking.contains(action)).collect();
        assert!(wrong.is_empty(), "denied, and in the policy: {wrong:?}");
        let report: Value = serde_json::from_str(&run.read("report.json")).unwrap();
        let named = report["missing_statements"].as_array().unwrap();
        for (_, statement) in gone.iter().filter(|(_, statement)| !statement.actions.is_disjoint(&denied)) {
            assert!(
                named.iter().any(|named| named["statement"] == statement.fields),
                "not named: {}",
                statement.fields
            );
        }
        felt += gone.iter().filter(|(_, statement)| !statement.actions.is_disjoint(&denied)).count();
    }
    println!("{felt} of {} statements were missed", member.len());
    assert!(felt >= STATEMENTS_MIN, "only {felt} of {} statements were missed", member.len());
}

#[test]
fn without_one_statement_the_calls_of_that_statement_alone_are_denied() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("one-statement-less", &organization);
    let member = statements(&portolan, "member", &KINDS);
    let list = statements(&portolan, "list", &KINDS);
    let front = organization.front();
    let permit = |gone: Option<&Statement>| {
        let kept = |from: &'static str| -> Vec<&Statement> {
            let statements = if from == "list" { &list } else { &member };
            statements.iter().filter(|statement| gone.is_none_or(|gone| gone.actions != statement.actions)).collect()
        };
        for account in organization.readable() {
            let mut policies = documents(kept("member"));
            if account == organization.account("management") {
                policies.extend(documents(kept("list")));
            }
            organization.permit(account, &policies);
        }
        front.forget();
    };

    permit(None);
    portolan.sync(&organization, &KINDS);
    assert_eq!(denied(&front.calls()), BTreeSet::new());
    for gone in member.iter().chain(&list) {
        permit(Some(gone));
        let run = portolan.sync(&organization, &KINDS);
        let denied = denied(&front.calls());
        assert!(!denied.is_empty(), "nobody needs {}\n{}", gone.fields, run.stderr);
        assert!(denied.is_subset(&gone.actions), "{denied:?} denied without {}", gone.fields);
        let missing = run.report()["missing_statements"].as_array().unwrap();
        let named: Vec<&Value> = missing.iter().map(|missing| &missing["statement"]).collect();
        assert_eq!(named, [&gone.fields], "the report names it, and no other");
    }
    assert!(member.len() + list.len() >= KINDS[1].split(',').count(), "{} statements", member.len());
}
