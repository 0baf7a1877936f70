use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portolan::credentials::{
    Denied, Identity, ManagementPolicy, MemberRole, RolePlan, SessionPolicy, Sessions, SourceKind, StsCall, What,
    allowing,
};
use portolan::secret::Secret;
use portolan_names::{AccountId, RoleArn};
use serde_json::json;

use crate::clock::Clock;
use crate::loopback::{Answer, Loopback};
use crate::sts::{Minter, SOURCE_ACCOUNT, chosen_keys, client, form, refusal, signer};

const DENIED: &str = "User: arn:aws:iam::111111111111:user/someone is not authorized to perform: sts:AssumeRole on resource: \
                      arn:aws:iam::222222222222:role/Read";

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

fn member() -> Identity {
    Identity::Account(account("222222222222"))
}

fn plan() -> RolePlan {
    RolePlan {
        list: Some(RoleArn::parse("arn:aws:iam::999999999999:role/Read").unwrap()),
        member: MemberRole::Template { partition: "aws".into(), path_and_name: "Read".into() },
        ..RolePlan::of_source("r1")
    }
}

async fn sessions(plan: RolePlan, server: &Loopback, clock: &Clock) -> Sessions {
    let sts = client(server, clock);
    Sessions::new(plan, chosen_keys(&sts).await, sts)
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_asks_at_once_are_one_call() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| Answer { after: Duration::from_millis(100), ..minter.answer(seen) }).await;
    let sessions = Arc::new(sessions(plan(), &server, &clock).await);
    let asks: Vec<_> = (0..20)
        .map(|_| {
            let sessions = sessions.clone();
            tokio::spawn(async move { sessions.credentials(&member()).await.unwrap().access_key_id().to_owned() })
        })
        .collect();
    for ask in asks {
        assert_eq!(ask.await.unwrap(), "ASIA1");
    }
    assert_eq!(server.seen().len(), 1);
    // Another account is another key.
    sessions.credentials(&Identity::Account(account("333333333333"))).await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn nothing_is_sent_that_was_not_asked_for() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| minter.answer(seen)).await;
    sessions(plan(), &server, &clock).await.credentials(&member()).await.unwrap();
    let full = RolePlan {
        external_id: Some(Secret::new("planted-external-id")),
        duration_s: Some(1800),
        source_identity: Some("auditor".into()),
        ..plan()
    };
    sessions(full, &server, &clock).await.credentials(&member()).await.unwrap();
    let forms: Vec<_> = server.seen().iter().map(form).collect();
    let fields: Vec<&str> = forms[0].keys().map(String::as_str).collect();
    assert_eq!(fields, ["Action", "RoleArn", "RoleSessionName", "Version"]);
    assert_eq!(forms[0]["RoleSessionName"], "portolan-r1");
    let sent = |name: &str| forms[1][name].as_str();
    assert_eq!(
        (sent("ExternalId"), sent("DurationSeconds"), sent("SourceIdentity")),
        ("planted-external-id", "1800", "auditor")
    );
    assert!(server.seen().iter().all(|seen| seen.header("authorization").contains("/eu-west-1/sts/aws4_request")));
}

#[tokio::test]
async fn a_session_is_refreshed_before_its_end_and_not_earlier() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| minter.answer(seen)).await;
    let sessions = sessions(plan(), &server, &clock).await;
    for (forward, calls) in [(0, 1), (3200, 1), (60, 2), (3200, 2), (60, 3)] {
        clock.forward(forward);
        sessions.credentials(&member()).await.unwrap();
        assert_eq!(server.seen().len(), calls, "after {forward} s more");
    }
}

#[tokio::test]
async fn what_cannot_be_refreshed_is_used_until_its_end() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let broken = Arc::new(AtomicBool::new(false));
    let switch = broken.clone();
    let server = Loopback::start(move |seen| match switch.load(Ordering::SeqCst) {
        true => refusal(403, "AccessDenied", DENIED),
        false => minter.answer(seen),
    })
    .await;
    let sessions = sessions(plan(), &server, &clock).await;
    sessions.credentials(&member()).await.unwrap();
    broken.store(true, Ordering::SeqCst);
    clock.forward(3400);
    for _ in 0..3 {
        assert_eq!(sessions.credentials(&member()).await.unwrap().access_key_id(), "ASIA1");
    }
    assert_eq!(server.seen().len(), 2, "one attempt to refresh, then a pause");
    clock.forward(190);
    let failure = sessions.credentials(&member()).await.unwrap_err();
    assert_eq!(failure.what, What::Denied(Denied::Trust));
}

#[tokio::test]
async fn a_denial_is_remembered_with_awss_words() {
    let clock = Clock::at(1_800_000_000);
    let server = Loopback::start(|_| refusal(403, "AccessDenied", DENIED)).await;
    let sessions = sessions(plan(), &server, &clock).await;
    for _ in 0..3 {
        let failure = sessions.credentials(&member()).await.unwrap_err();
        assert_eq!((failure.code.as_str(), failure.request_id.as_deref()), ("AccessDenied", Some("req-17")));
        let role = failure.role.as_ref().map(RoleArn::as_str);
        assert_eq!((failure.what, role), (What::Denied(Denied::Trust), Some("arn:aws:iam::222222222222:role/Read")));
        for told in ["not authorized to perform: sts:AssumeRole", "external id", "trust policy", "req-17"] {
            assert!(failure.to_string().contains(told), "{failure}");
        }
        clock.forward(600);
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_throttle_is_sent_again_and_given_up_after_four() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let refusals = Arc::new(AtomicUsize::new(2));
    let left = refusals.clone();
    let server = Loopback::start(move |seen| {
        match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
            Ok(_) => refusal(400, "Throttling", "Rate exceeded"),
            Err(_) => minter.answer(seen),
        }
    })
    .await;
    let calls: Arc<Mutex<Vec<StsCall>>> = Arc::default();
    let record = calls.clone();
    let sts = client(&server, &clock).observed_by(move |call| record.lock().unwrap().push(call.clone()));
    let sessions = Sessions::new(plan(), chosen_keys(&sts).await, sts);
    sessions.credentials(&member()).await.unwrap();
    let told: Vec<_> = calls.lock().unwrap().iter().map(|call| (call.attempt, call.ok, call.code.clone())).collect();
    assert_eq!(
        told,
        [(1, false, "Throttling".to_owned()), (2, false, "Throttling".to_owned()), (3, true, String::new())]
    );

    refusals.store(100, Ordering::SeqCst);
    let other = Identity::Account(account("333333333333"));
    assert_eq!(sessions.credentials(&other).await.unwrap_err().what, What::Throttled);
    assert_eq!(server.seen().len(), 3 + 4);
    // Whoever asks in the next seconds is not sent to STS again; later ones are.
    assert_eq!(sessions.credentials(&other).await.unwrap_err().what, What::Throttled);
    assert_eq!(server.seen().len(), 3 + 4);
    refusals.store(0, Ordering::SeqCst);
    clock.forward(6);
    sessions.credentials(&other).await.unwrap();
}

#[tokio::test]
async fn a_session_of_another_account_is_refused() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |_| minter.session("AssumeRole", "333333333333")).await;
    let failure = sessions(plan(), &server, &clock).await.credentials(&member()).await.unwrap_err();
    assert_eq!(failure.what, What::BadAnswer);
    assert!(failure.message.contains("222222222222") && failure.message.contains("333333333333"), "{failure}");
}

#[tokio::test]
async fn answers_that_are_not_stss_are_a_failure_and_never_a_session() {
    let clock = Clock::at(1_800_000_000);
    for answer in [
        Answer::ok("<html>hello</html>"),
        Answer::ok(""),
        Answer::ok("<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"),
        Answer::status(404, "<html>no</html>"),
        Answer::status(302, "").with("location", "http://192.0.2.1/"),
    ] {
        let given = answer.clone();
        let server = Loopback::start(move |_| given.clone()).await;
        let failure = sessions(plan(), &server, &clock).await.credentials(&member()).await.unwrap_err();
        assert_eq!(failure.what, What::BadAnswer, "{answer:?}: {failure:?}");
        assert_eq!(server.seen().len(), 1);
    }
}

/// moto's form, which the SDK does not read, and what a proxy says.
#[tokio::test]
async fn errors_in_other_forms_are_read_too() {
    let clock = Clock::at(1_800_000_000);
    let nested = "<ErrorResponse><Errors><Error><Code>AccessDenied</Code><Message>no identity-based policy allows \
                  the sts:AssumeRole action</Message></Error></Errors></ErrorResponse>";
    for (answer, what, code) in [
        (Answer::status(403, nested), What::Denied(Denied::IdentityPolicy), "AccessDenied"),
        (Answer::status(407, "Proxy authentication required"), What::BadAnswer, "407"),
        (Answer::status(502, "<html>bad gateway</html>"), What::Unreachable, "502"),
    ] {
        let server = Loopback::start(move |_| answer.clone()).await;
        let failure = sessions(plan(), &server, &clock).await.credentials(&member()).await.unwrap_err();
        assert_eq!((failure.what, failure.code.as_str()), (what, code), "{failure}");
    }
}

#[tokio::test]
async fn a_hub_whose_session_was_withdrawn_is_assumed_anew_once() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| match (form(seen)["RoleArn"].contains("Read"), signer(seen).as_str()) {
        (true, "ASIA1") => refusal(403, "ExpiredToken", "The security token included in the request is expired"),
        _ => minter.answer(seen),
    })
    .await;
    let plan = RolePlan { hub: Some(RoleArn::parse("arn:aws:iam::333333333333:role/Hub").unwrap()), ..plan() };
    let sessions = sessions(plan, &server, &clock).await;
    // The hub's session is a while old when the member is asked for.
    let other = Identity::Account(account("444444444444"));
    assert!(sessions.credentials(&other).await.is_err());
    clock.forward(60);
    sessions.credentials(&member()).await.unwrap();
    let signers: Vec<String> = server.seen().iter().map(signer).collect();
    assert_eq!(signers, ["AKIASOURCE", "ASIA1", "ASIA1", "AKIASOURCE", "ASIA2"]);
}

#[tokio::test]
async fn what_aws_calls_expired_is_forgotten_once_and_not_by_late_reports() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| minter.answer(seen)).await;
    let sessions = sessions(plan(), &server, &clock).await;
    sessions.credentials(&member()).await.unwrap();
    clock.forward(60);
    for _ in 0..16 {
        sessions.forget(&member());
        assert_eq!(sessions.credentials(&member()).await.unwrap().access_key_id(), "ASIA2");
    }
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn the_source_reads_its_own_account_and_no_other() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| minter.answer(seen)).await;
    let sessions = sessions(RolePlan::of_source("r1"), &server, &clock).await;
    let who = sessions.source_identity().await.unwrap();
    assert_eq!((who.account.as_str(), who.partition(), who.is_role()), (SOURCE_ACCOUNT, "aws", false));
    let own = Identity::Account(account(SOURCE_ACCOUNT));
    assert_eq!(sessions.credentials(&own).await.unwrap().access_key_id(), "AKIASOURCE");
    assert_eq!(sessions.role_of(&own), None);
    assert_eq!(sessions.credentials(&member()).await.unwrap_err().what, What::Settings);
    assert_eq!(server.seen().len(), 1, "who it is was asked once, and no role assumed");
}

#[tokio::test]
async fn roles_of_another_partition_than_the_sources_are_refused() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| minter.answer(seen)).await;
    let listed: BTreeMap<_, _> =
        [(account("222222222222"), RoleArn::parse("arn:aws-cn:iam::222222222222:role/Read").unwrap())].into();
    let plan = RolePlan { list: None, member: MemberRole::Listed(listed), ..plan() };
    let failure = sessions(plan, &server, &clock).await.source_identity().await.unwrap_err();
    assert!(failure.what == What::Partition && failure.message.contains("aws-cn"), "{failure}");
}

#[tokio::test]
async fn the_management_account_by_each_policy() {
    let clock = Clock::at(1_800_000_000);
    let management = account("999999999999");
    let who = Identity::Account(management.clone());
    // The member role is not there; the listing role, of another name, is.
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| match form(seen)["RoleArn"].ends_with("role/Member") {
        true => refusal(403, "AccessDenied", DENIED),
        false => minter.answer(seen),
    })
    .await;
    for (policy, read, left_out) in [
        (ManagementPolicy::Auto, false, true),
        (ManagementPolicy::Include, false, false),
        (ManagementPolicy::Exclude, false, true),
        (ManagementPolicy::ListRole, true, false),
    ] {
        let member = MemberRole::Template { partition: "aws".into(), path_and_name: "Member".into() };
        let plan = RolePlan { member, management: policy, ..plan() };
        let sessions = sessions(plan, &server, &clock).await;
        sessions.management_is(management.clone());
        match sessions.credentials(&who).await {
            Ok(_) => {
                assert!(read, "{policy:?}");
                assert!(sessions.role_of(&who).unwrap().as_str().ends_with("999999999999:role/Read"));
            }
            Err(failure) => {
                assert!(!read, "{policy:?}: {failure}");
                assert_eq!(sessions.leaves_out(&who, &failure), left_out, "{policy:?}");
            }
        }
        // Other accounts are no matter of that policy.
        let failure = sessions.credentials(&member_of("222222222222")).await.unwrap_err();
        assert!(!sessions.leaves_out(&member_of("222222222222"), &failure));
    }
    assert_eq!(sessions(plan(), &server, &clock).await.source().kind, SourceKind::Keys);
}

fn member_of(id: &str) -> Identity {
    Identity::Account(account(id))
}

fn policy(actions: &[&str]) -> SessionPolicy {
    SessionPolicy::inline(&allowing(actions, &json!("*"))).unwrap()
}

#[tokio::test]
async fn two_policies_never_share_a_session_and_each_is_sent_with_its_own() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| minter.answer(seen)).await;
    let sessions = sessions(RolePlan { bounded: true, ..plan() }, &server, &clock).await;
    let (queues, topics) = (policy(&["sqs:ListQueues"]), policy(&["sns:ListTopics"]));
    let mut keys = BTreeSet::new();
    for _ in 0..2 {
        for policy in [Some(&queues), Some(&topics), Some(&SessionPolicy::ReadOnlyAccess), None] {
            let credentials = sessions.credentials_under(&member(), policy).await.unwrap();
            keys.insert(credentials.access_key_id().to_owned());
        }
    }
    assert_eq!((keys.len(), server.seen().len()), (4, 4), "each once, and none twice");
    let forms: Vec<_> = server.seen().iter().map(form).collect();
    assert_eq!(forms[0]["Policy"], queues.document().unwrap());
    assert_eq!(forms[1]["Policy"], topics.document().unwrap());
    assert_eq!(forms[2].get("Policy"), None);
    assert_eq!(forms[2]["PolicyArns.member.1.arn"], "arn:aws:iam::aws:policy/ReadOnlyAccess");
    assert!(forms[3]["Policy"].contains("sts:GetCallerIdentity"), "who asks for nothing may do nothing");

    // What withdraws a role's session withdraws those under every policy.
    clock.forward(60);
    sessions.forget(&member());
    for policy in [&queues, &topics] {
        sessions.credentials_under(&member(), Some(policy)).await.unwrap();
    }
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn the_hub_may_assume_the_roles_behind_it_and_nothing_else() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| minter.answer(seen)).await;
    let plan =
        RolePlan { hub: Some(RoleArn::parse("arn:aws:iam::333333333333:role/Hub").unwrap()), bounded: true, ..plan() };
    let sessions = sessions(plan, &server, &clock).await;
    sessions.credentials_under(&member(), Some(&policy(&["sqs:ListQueues"]))).await.unwrap();
    sessions.credentials_under(&Identity::Management, Some(&policy(&["organizations:ListRoots"]))).await.unwrap();
    let forms: Vec<_> = server.seen().iter().map(form).collect();
    assert_eq!(forms.len(), 3, "one session of the hub for all that is behind it");
    let of_hub: serde_json::Value = serde_json::from_str(&forms[0]["Policy"]).unwrap();
    assert_eq!(
        of_hub["Statement"],
        json!([{
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
            "Resource": ["arn:aws:iam::*:role/Read", "arn:aws:iam::999999999999:role/Read"]
        }])
    );
    assert!(forms[1]["Policy"].contains("sqs:ListQueues") && forms[2]["Policy"].contains("organizations:ListRoots"));
}

#[tokio::test]
async fn the_listing_role_reads_the_management_account_under_that_accounts_policy() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| match form(seen)["RoleArn"].ends_with("role/Member") {
        true => refusal(403, "AccessDenied", DENIED),
        false => minter.answer(seen),
    })
    .await;
    let member = MemberRole::Template { partition: "aws".into(), path_and_name: "Member".into() };
    let plan = RolePlan { member, management: ManagementPolicy::ListRole, bounded: true, ..plan() };
    let sessions = sessions(plan, &server, &clock).await;
    sessions.management_is(account("999999999999"));
    let (lists, reads) = (policy(&["organizations:ListRoots"]), policy(&["sqs:ListQueues"]));
    sessions.credentials_under(&Identity::Management, Some(&lists)).await.unwrap();
    sessions.credentials_under(&member_of("999999999999"), Some(&reads)).await.unwrap();
    let forms: Vec<_> = server.seen().iter().map(form).collect();
    let sent: Vec<(&str, &str)> =
        forms.iter().map(|form| (form["RoleArn"].as_str(), form["Policy"].as_str())).collect();
    let list = "arn:aws:iam::999999999999:role/Read";
    assert_eq!((sent[0], sent[2]), ((list, lists.document().unwrap()), (list, reads.document().unwrap())));
}

#[tokio::test]
async fn a_policy_that_sts_does_not_take_is_told_apart_and_not_sent_again() {
    let clock = Clock::at(1_800_000_000);
    for (code, text, what) in [
        (
            "PackedPolicyTooLarge",
            "Packed policy consumes 112% of allotted space, please use smaller policy.",
            What::PolicyTooLarge,
        ),
        ("MalformedPolicyDocument", "Syntax errors in policy.", What::PolicyMalformed),
    ] {
        let server = Loopback::start(move |_| refusal(400, code, text)).await;
        let sessions = sessions(RolePlan { bounded: true, ..plan() }, &server, &clock).await;
        for _ in 0..3 {
            let failure = sessions.credentials_under(&member(), Some(&policy(&["sqs:ListQueues"]))).await.unwrap_err();
            assert_eq!((failure.what, failure.code.as_str()), (what, code), "{failure}");
            assert!(failure.to_string().contains("--session-policy managed-read-only"), "{failure}");
        }
        assert_eq!(server.seen().len(), 1);
    }
}
