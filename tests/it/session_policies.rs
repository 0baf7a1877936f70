//! Sessions with a policy of their own, before an AWS that evaluates it (`tests/front/README.md`): what is called passes,
//! and nothing else does, however much the role may do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use bytes::Bytes;
use portolan::aws::sign_request;
use portolan::credentials::{
    Environment, Identity, Keys, MemberRole, RolePlan, SessionPolicy, Sessions, SourceSetting, Sources, Sts, choose,
};
use portolan::http_client::{HttpClient, Limits, NetworkSettings};
use portolan::secret::Secret;
use portolan_names::{AccountId, Region, RoleArn};
use portolan_tests::binary::{Portolan, Run};
use portolan_tests::catalogue::rows;
use portolan_tests::front::{Call, Front};
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

const HOME: &str = "eu-west-1";
/// The limit of AWS.
const POLICY_CHARS_MAX: usize = 2_048;

/// A session that was given: the role, its policy's text, the managed policies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Given {
    role: String,
    policy: Option<String>,
    managed: Vec<String>,
}

/// The sessions that were given, in order.
fn given(front: &Front) -> Vec<Given> {
    let of = |call: &Call| {
        let assume = &call.fields()["assume"];
        let texts = assume["policy_arns"].as_array().into_iter().flatten();
        Given {
            role: assume["RoleArn"].as_str().unwrap_or_default().to_owned(),
            policy: assume["policy_text"].as_str().map(str::to_owned),
            managed: texts.map(|arn| arn.as_str().unwrap_or_default().to_owned()).collect(),
        }
    };
    let calls = front.calls();
    let assumed = calls.iter().filter(|call| call.status() == 200 && call.operation().starts_with("sts:AssumeRole"));
    assumed.map(of).collect()
}

/// Every session had a policy that AWS takes.
fn assert_bounded(given: &[Given]) {
    assert!(!given.is_empty());
    for one in given {
        assert!(one.policy.is_some() || !one.managed.is_empty(), "without a policy: {one:?}");
        assert!(one.policy.as_ref().is_none_or(|text| text.len() <= POLICY_CHARS_MAX), "{one:?}");
    }
}

/// The actions that a policy's statements with this effect name.
fn actions(text: &str, effect: &str) -> BTreeSet<String> {
    let document: Value = serde_json::from_str(text).unwrap();
    let statements = document["Statement"].as_array().unwrap().iter().filter(|one| one["Effect"] == effect);
    let named = statements.flat_map(|one| one["Action"].as_array().unwrap().clone());
    named.map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// What was refused because of a session's policy.
fn refused_by_session(front: &Front) -> Vec<String> {
    let calls = front.calls();
    let refused = calls.iter().filter(|call| call.fields()["denied"]["by"] == "session");
    refused.map(|call| format!("{} {}", call.operation(), call.fields()["denied"])).collect()
}

fn widened(run: &Run) -> Vec<Value> {
    run.report()["session_policies"]["widened"].as_array().unwrap().clone()
}

/// As [`Portolan::sync`], of one account, one call at a time.
fn sync_one(portolan: &Portolan, organization: &Organization, more: &[&str]) -> Run {
    let account = organization.account("prod-web");
    let scope = ["--include-accounts", account, "--regions", HOME, "--concurrency", "1"];
    portolan.sync(organization, &[&scope[..], more].concat())
}

/// The proof over every kind, on the run of the estate (`estate.rs`), whose role may do everything.
pub fn assert_exact_was_enough(front: &Front, report: &Value) {
    assert_eq!(report["session_policies"], json!({ "setting": "exact", "widened": [] }));
    assert_eq!(refused_by_session(front), Vec::<String>::new());
    let given = given(front);
    assert_bounded(&given);
    let distinct: BTreeSet<&Given> = given.iter().collect();
    println!("{} sessions under {} policies", given.len(), distinct.len());
    assert_eq!(given.len(), distinct.len(), "no session is asked for twice");
    let (mut allowed, mut called) = (BTreeSet::new(), BTreeSet::new());
    for one in &given {
        allowed.extend(actions(one.policy.as_ref().unwrap(), "Allow"));
    }
    called.extend(front.calls().iter().map(Call::operation).filter(|operation| !operation.starts_with("sts:")));
    println!("{} actions allowed, {} operations called", allowed.len(), called.len());
    assert!(allowed.len() < called.len() * 2, "{} allowed, {} called", allowed.len(), called.len());
}

#[test]
fn a_sync_asks_for_one_session_in_each_account_and_lacks_nothing() {
    let organization = Organization::build(Scale::Tiny);
    let portolan = Portolan::in_organization("bounded", &organization);
    let front = organization.front();
    for account in organization.readable() {
        organization.permit(account, &[json!("arn:aws:iam::aws:policy/AdministratorAccess")]);
    }
    front.forget();
    let run = portolan
        .sync(&organization, &["--include-actions", "all", "--exclude-accounts", organization.account("sandbox")]);
    assert_eq!(run.report()["session_policies"], json!({ "setting": "exact", "widened": [] }), "{}", run.stderr);
    assert_eq!(refused_by_session(front), Vec::<String>::new());
    let given = given(front);
    assert_bounded(&given);
    let mut by_role: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &given {
        *by_role.entry(one.role.as_str()).or_default() += 1;
    }
    for (role, sessions) in by_role {
        // The listing role is the management account's member role too: one for each use.
        let uses = if role == organization.role() { 2 } else { 1 };
        assert_eq!(sessions, uses, "{role}");
    }
    let queues =
        rows(&portolan.catalogue(), "SELECT id FROM resources WHERE kind = 'AWS::SQS::Queue' AND deleted_at IS NULL");
    assert!(!queues.is_empty());
}

/// A session of a role, as the host gets it, with or without a policy.
async fn session(organization: &Organization, policy: Option<SessionPolicy>) -> Credentials {
    let account = organization.account("prod-web");
    let http = HttpClient::new(&NetworkSettings::default()).unwrap();
    let sts = Sts::new(&http, Region::parse(HOME).unwrap(), organization.front().url());
    let variable = |name: &str| {
        let found = organization.environment().into_iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value).unwrap()
    };
    let sources = Sources {
        setting: SourceSetting::Keys,
        priority: None,
        keys: Some(Keys {
            access_key_id: variable("AWS_ACCESS_KEY_ID"),
            secret_access_key: Secret::new(variable("AWS_SECRET_ACCESS_KEY")),
            session_token: None,
        }),
        environment: Environment::of::<&str, &str>([]),
    };
    let account = AccountId::parse(account).unwrap();
    let role = RoleArn::parse(&organization.role_in(account.as_str())).unwrap();
    let plan = RolePlan {
        member: MemberRole::Listed([(account.clone(), role)].into()),
        external_id: Some(Secret::new(organization.external_id())),
        bounded: policy.is_some(),
        ..RolePlan::of_source("intruder")
    };
    let sessions = Sessions::new(plan, choose(&sources, &sts).await.unwrap(), sts);
    sessions.credentials_under(&Identity::Account(account), policy.as_ref()).await.unwrap()
}

/// A signed form to a service of the query protocol, or a target with JSON.
async fn ask(front: &Front, credentials: &Credentials, service: &str, what: &str, body: &str) -> (u16, String) {
    let request = http::Request::builder().method("POST").uri(format!("{}/", front.url()));
    let request = match what {
        "" => request.header("content-type", "application/x-www-form-urlencoded"),
        target => {
            let version = if matches!(service, "sqs" | "dynamodb") { "1.0" } else { "1.1" };
            request.header("content-type", format!("application/x-amz-json-{version}")).header("x-amz-target", target)
        }
    };
    let mut request = request.body(Bytes::from(body.to_owned())).unwrap();
    sign_request(&mut request, credentials, service, HOME, SystemTime::now()).unwrap();
    let limits = Limits { connect_ms: 5_000, quiet_ms: 60_000, total_ms: 60_000, body_bytes: 1 << 20 };
    let http = HttpClient::new(&NetworkSettings::default()).unwrap();
    let answer = http.send(request, limits).await.unwrap();
    (answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned())
}

/// The role is an administrator, the request is well signed with its session, the guard is not asked: AWS alone is left.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_holds_a_session_of_an_administrator_can_only_do_what_is_read_with_it() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    organization.permit(organization.account("prod-web"), &[json!("arn:aws:iam::aws:policy/AdministratorAccess")]);
    let portolan = Portolan::in_organization("held", &organization);
    front.forget();
    sync_one(&portolan, &organization, &["--kinds", "core"]);
    let role = organization.role_in(organization.account("prod-web"));
    let sent = given(front).into_iter().find(|one| one.role == role).and_then(|one| one.policy).unwrap();
    let sent = SessionPolicy::inline(&serde_json::from_str(&sent).unwrap()).unwrap();
    let held = session(&organization, Some(sent)).await;
    let unbound = session(&organization, None).await;

    let list = ask(front, &held, "sqs", "AmazonSQS.ListQueues", "{}").await;
    assert_eq!(list.0, 200, "{list:?}");
    for (number, (service, target, body, action)) in [
        ("sqs", "AmazonSQS.CreateQueue", r#"{"QueueName":"theirs-~"}"#, "sqs:CreateQueue"),
        (
            "secretsmanager",
            "secretsmanager.CreateSecret",
            r#"{"Name":"theirs-~","SecretString":"x","ClientRequestToken":"8a1f4f4e-0000-4000-8000-00000000000~"}"#,
            "secretsmanager:CreateSecret",
        ),
        (
            "secretsmanager",
            "secretsmanager.GetSecretValue",
            r#"{"SecretId":"theirs-~"}"#,
            "secretsmanager:GetSecretValue",
        ),
        ("dynamodb", "DynamoDB_20120810.Scan", r#"{"TableName":"Orders_v1.0"}"#, "dynamodb:Scan"),
        ("sns", "", "Action=CreateTopic&Version=2010-03-31&Name=theirs-~", "sns:CreateTopic"),
        ("ec2", "", "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.~.0.0%2F16", "ec2:CreateVpc"),
    ]
    .into_iter()
    .enumerate()
    {
        let of = |who: usize| body.replace('~', &who.to_string());
        let (status, text) = ask(front, &held, service, target, &of(number + 1)).await;
        let words = format!("no session policy allows the {action} action");
        assert!(matches!(status, 400 | 403) && text.contains(&words), "{action}: {status} {text}");
        // Without the policy the role's own permissions let it through, whatever moto then makes of it.
        let (_, text) = ask(front, &unbound, service, target, &of(number + 1)).await;
        assert!(!text.contains("not authorized"), "{action}: {text}");
    }
}

#[test]
fn the_setting_decides_what_is_sent() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let mut found = Vec::new();
    for setting in ["exact", "packed", "managed-read-only", "off"] {
        let portolan = Portolan::in_organization(&format!("set-{setting}"), &organization);
        front.forget();
        let kinds = ["--kinds", "AWS::SQS::Queue,AWS::S3::Bucket", "--session-policy", setting];
        let run = sync_one(&portolan, &organization, &kinds);
        assert_eq!(run.report()["session_policies"], json!({ "setting": setting, "widened": [] }), "{}", run.stderr);
        assert_eq!(refused_by_session(front), Vec::<String>::new(), "{setting}");
        let given = given(front);
        let texts: Vec<&String> = given.iter().filter_map(|one| one.policy.as_ref()).collect();
        match setting {
            "exact" => {
                assert_eq!(texts.len(), given.len());
                assert!(
                    texts.iter().all(|text| !text.contains("List*"))
                        && texts.iter().any(|text| text.contains("\"s3:ListAllMyBuckets\""))
                );
            }
            "packed" => {
                assert_eq!(texts.len(), given.len());
                let member = texts.iter().find(|text| text.contains("sqs:List*")).unwrap();
                assert!(actions(member, "Allow").contains("sqs:GetQueueAttributes"), "{member}");
                assert!(!actions(member, "Deny").is_empty(), "{member}");
            }
            "managed-read-only" => {
                assert!(
                    given
                        .iter()
                        .all(|one| one.policy.is_none() && one.managed == ["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
                    "{given:?}"
                );
            }
            _ => assert!(given.iter().all(|one| one.policy.is_none() && one.managed.is_empty()), "{given:?}"),
        }
        let query = "SELECT kind, id, properties FROM resources WHERE deleted_at IS NULL ORDER BY kind, id";
        found.push(rows(&portolan.catalogue(), query));
    }
    assert!(found[0].len() > 2 && found.iter().all(|rows| *rows == found[0]), "the same is read under each");
}

#[test]
fn what_a_session_policy_refuses_goes_on_under_the_next_and_is_reported() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let kinds = ["--kinds", "AWS::SQS::Queue,AWS::SNS::Topic"];
    let all = "SELECT kind, id, properties FROM resources WHERE deleted_at IS NULL ORDER BY kind, id";
    let portolan = Portolan::in_organization("ladder-none", &organization);
    sync_one(&portolan, &organization, &kinds).expect(0);
    let expected = rows(&portolan.catalogue(), all);
    assert!(expected.len() > 1, "{expected:?}");
    let step = |from: &str, to: &str| json!({ "identity": "account", "calls": "sqs", "from": from, "to": to, "actions": ["sqs:ListQueues"] });
    let first = step("exact", "packed");
    let second = step("packed", "managed-read-only");
    for (times, steps) in [(1, vec![first.clone()]), (2, vec![first.clone(), second.clone()])] {
        let portolan = Portolan::in_organization(&format!("ladder-{times}"), &organization);
        front.clear_rules();
        front.rule(
            &json!({ "do": "deny", "by": "session", "service": "sqs", "operation": "ListQueues", "times": times }),
        );
        front.forget();
        let run = sync_one(&portolan, &organization, &[&kinds[..], &["--record", "all.recording"]].concat()).expect(0);
        assert_eq!(widened(&run), steps, "{}", run.stderr);
        assert_eq!(rows(&portolan.catalogue(), all), expected, "nothing is lost by it");
        assert!(
            run.stdout.contains("The session policy of sqs went from exact to packed: AWS refused sqs:ListQueues"),
            "{}",
            run.stdout
        );
        let warned =
            run.stderr.lines().filter(|line| line.contains("sqs:ListQueues") && line.contains("defect")).count();
        assert_eq!(warned, times, "{}", run.stderr);
        // SNS stays under the exact policy, and no session is without one.
        let given = given(front);
        assert_bounded(&given);
        let member: Vec<&Given> = given.iter().filter(|one| one.role != organization.role()).collect();
        assert_eq!(member.len(), 1 + times, "{member:?}");
        assert!(
            member[1].policy.as_ref().unwrap().contains("sqs:List*")
                && !member[1].policy.as_ref().unwrap().contains("sns:")
        );
        // A replay comes to the same report.
        let replaying = Portolan::new(&format!("ladder-{times}-replayed"));
        replaying.write("external-id", "another");
        std::fs::copy(portolan.file("all.recording"), replaying.file("all.recording")).unwrap();
        let replayed =
            sync_one(&replaying, &organization, &[&kinds[..], &["--replay", "all.recording"]].concat()).expect(0);
        assert_eq!(replayed.report()["session_policies"], run.report()["session_policies"]);
    }
    // Refused to the end, it is a denial, told apart; nothing is asked without a policy.
    front.clear_rules();
    front.rule(&json!({ "do": "deny", "by": "session", "service": "sqs", "operation": "ListQueues" }));
    front.forget();
    let portolan = Portolan::in_organization("ladder-end", &organization);
    let run = sync_one(&portolan, &organization, &kinds).expect(2);
    assert_eq!(widened(&run), [first, second]);
    assert_eq!(run.report()["incomplete"][0]["class"], "denied-by-session-policy", "{}", run.report()["incomplete"]);
    assert_bounded(&given(front));
    let lists = front.calls().iter().filter(|call| call.operation() == "sqs:ListQueues").count();
    assert_eq!(lists, 3, "once under each");
}

#[test]
fn a_policy_that_sts_does_not_take_gives_way_or_is_told() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let role = organization.role_in(organization.account("prod-web")).replace(':', "%3A").replace('/', "%2F");
    let rule = |code: &str, times: usize| {
        front.clear_rules();
        front.rule(&json!({
            "do": "error", "service": "sts", "operation": "AssumeRole", "contains": role, "code": code, "times": times,
            "message": "The front was told to.",
        }));
        front.forget();
    };
    rule("PackedPolicyTooLarge", 1);
    let portolan = Portolan::in_organization("too-large", &organization);
    let run = sync_one(&portolan, &organization, &["--kinds", "AWS::SQS::Queue"]).expect(0);
    let steps = widened(&run);
    assert!(
        !steps.is_empty() && steps.iter().all(|step| step["from"] == "exact" && step["actions"] == json!([])),
        "{steps:?}"
    );
    assert!(run.stdout.contains("AWS did not take the policy"), "{}", run.stdout);
    assert_bounded(&given(front));

    rule("MalformedPolicyDocument", 100);
    let portolan = Portolan::in_organization("malformed", &organization);
    let run = sync_one(&portolan, &organization, &["--kinds", "AWS::SQS::Queue"]);
    let said = run.report()["incomplete"].to_string();
    assert!(said.contains("a defect of Portolan") && said.contains("--session-policy managed-read-only"), "{said}");
    let asked = front.calls().iter().filter(|call| call.fields()["code"] == "MalformedPolicyDocument").count();
    assert_eq!(asked, 1, "it is told, and not tried again");
}

/// AWS checks what a type's handlers do under the caller's own session.
#[test]
fn cloud_control_has_a_session_of_its_own_for_each_type() {
    let organization = Organization::build(Scale::Tiny);
    let front = organization.front();
    let portolan = Portolan::in_organization("types-bounded", &organization);
    front.forget();
    let types = "AWS::IoT::Thing,AWS::MediaPackageV2::ChannelGroup,AWS::Timestream::Table";
    let run = sync_one(&portolan, &organization, &["--kinds", types]).expect(0);
    assert_eq!((widened(&run), refused_by_session(front)), (Vec::new(), Vec::new()), "{}", run.stderr);
    let found = rows(&portolan.catalogue(), "SELECT DISTINCT kind FROM resources WHERE deleted_at IS NULL");
    assert_eq!(found.len(), 3, "{found:?}");
    let given = given(front);
    assert_bounded(&given);
    let of = |prefix: &str| {
        let texts = given.iter().filter_map(|one| one.policy.as_ref()).filter(|text| text.contains(prefix));
        texts.map(|text| actions(text, "Allow")).collect::<Vec<_>>()
    };
    let things = of("\"iot:");
    assert_eq!(things.len(), 1, "{things:?}");
    assert!(things[0].contains("cloudformation:ListResources") && things[0].contains("iot:ListThings"), "{things:?}");
    assert!(
        things[0].iter().all(|action| action.starts_with("iot:") || action.starts_with("cloudformation:")),
        "{things:?}"
    );
}
