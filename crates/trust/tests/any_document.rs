//! Whatever the document is: no panic, and every principal of it stands in the verdict.
#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

use std::collections::BTreeSet;

use portolan_names::AccountId;
use portolan_trust::{Standpoint, Verdict, document, judge};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn standpoint() -> Standpoint {
    Standpoint::of_account(AccountId::parse("111122223333").unwrap())
}

/// Words of the language, so that documents are near to what is read, and words of no language.
fn word() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "Statement",
        "Effect",
        "Allow",
        "Deny",
        "Principal",
        "NotPrincipal",
        "AWS",
        "Service",
        "Federated",
        "CanonicalUser",
        "*",
        "Action",
        "NotAction",
        "Condition",
        "sts:AssumeRole",
        "sts:*",
        "StringEquals",
        "StringLike",
        "ForAllValues:ArnLike",
        "sts:ExternalId",
        "aws:PrincipalOrgID",
        "aws:PrincipalArn",
        "111122223333",
        "999988887777",
        "arn:aws:iam::999988887777:root",
        "arn:aws:iam::111122223333:oidc-provider/x.example",
        "x.example:sub",
        "ec2.amazonaws.com",
        "AROADBQP57FF2AEXAMPLE",
        "arn:::::",
        "",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word().prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 48, 5, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from);
        let object = prop::collection::vec((word(), inner), 0..5)
            .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()));
        prop_oneof![list, object]
    })
}

/// A principal's member as a document may have it.
fn principal() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        word().prop_map(Value::from),
        prop::collection::vec(word(), 1..4).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
    ];
    let families = prop::collection::btree_map(
        prop::sample::select(vec!["AWS", "Service", "Federated", "Other"]),
        names.clone(),
        1..4,
    );
    prop_oneof![1 => names, 4 => families.prop_map(|families| json!(families))]
}

/// What a principal's member names, read a second time by a shorter rule: every leaf of it.
fn leaves(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|value| leaves(value, into)),
        Value::Array(items) => items.iter().for_each(|value| leaves(value, into)),
        Value::String(text) => drop(into.insert(text.clone())),
        other => drop(into.insert(other.to_string())),
    }
}

fn said(verdict: &Verdict) -> BTreeSet<String> {
    let granted = verdict.grants.iter().map(|grant| &grant.principal);
    granted
        .chain(verdict.denied.iter().map(|denied| &denied.principal))
        .map(|principal| principal.name.clone())
        .collect()
}

proptest! {
    #[test]
    fn no_document_makes_it_panic(value in anything()) {
        let _ = judge(&value, &standpoint());
        let _ = judge(&json!({"Statement": value}), &standpoint());
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = document(&text);
    }

    #[test]
    fn every_principal_stands_in_the_verdict(
        principals in prop::collection::vec((principal(), any::<bool>(), any::<bool>(), anything(), anything()), 1..4)
    ) {
        let statements: Vec<Value> = principals
            .iter()
            .map(|(principal, all_but, deny, action, condition)| {
                let member = if *all_but { "NotPrincipal" } else { "Principal" };
                let effect = if *deny { "Deny" } else { "Allow" };
                json!({"Effect": effect, member: principal, "Action": action, "Condition": condition})
            })
            .collect();
        let mut named = BTreeSet::new();
        for (principal, ..) in &principals {
            leaves(principal, &mut named);
        }
        let verdict = judge(&json!({"Statement": statements}), &standpoint());
        prop_assert_eq!(said(&verdict), named);
    }
}
