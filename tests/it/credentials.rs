//! The exchanges with STS against moto's: it makes sessions of the role's account, and checks signatures where told to.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use portolan::credentials::{
    CallerIdentity, Environment, Identity, Keys, MemberRole, RolePlan, Sessions, SourceKind, SourceSetting, Sources,
    Sts, What, choose,
};
use portolan::http_client::{HttpClient, Limits, NetworkSettings};
use portolan::secret::Secret;
use portolan_names::{AccountId, Region, RoleArn};
use portolan_tests::folders::Scratch;
use portolan_tests::python::interpreter;

const LIMITS: Limits = Limits { connect_ms: 2000, quiet_ms: 20_000, total_ms: 20_000, body_bytes: 1 << 20 };

/// moto alone, in a process of its own: one of these tests switches its authentication on.
struct Moto {
    child: Child,
    port: u16,
}

impl Moto {
    async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(interpreter())
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut moto = Self { child, port };
        let until = Instant::now() + Duration::from_secs(60);
        while moto.ask("GET", "/moto-api/data.json", "").await.is_none() {
            if moto.child.try_wait().unwrap().is_some() || Instant::now() > until {
                let _gone = moto.child.kill();
                let lines = BufReader::new(moto.child.stderr.take().unwrap()).lines().map_while(Result::ok);
                panic!("moto does not start: {}", lines.collect::<Vec<_>>().join("\n"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        moto
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn ask(&self, method: &str, path: &str, body: &'static str) -> Option<u16> {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url()))
            .header("content-type", "text/plain")
            .body(Bytes::from_static(body.as_bytes()))
            .unwrap();
        http().send(request, LIMITS).await.ok().map(|answer| answer.status().as_u16())
    }

    fn sts(&self) -> Sts {
        Sts::new(&http(), Region::parse("eu-west-1").unwrap(), self.url())
    }

    async fn sessions(
        &self,
        plan: RolePlan,
        setting: &str,
        keys: Option<Keys>,
        variables: &[(&str, &str)],
    ) -> Sessions {
        let sources = Sources {
            setting: setting.parse::<SourceSetting>().unwrap(),
            priority: None,
            keys,
            environment: Environment::of(variables.iter().copied()),
        };
        let sts = self.sts();
        Sessions::new(plan, choose(&sources, &sts).await.unwrap(), sts)
    }

    /// Who moto says that this session is.
    async fn who(&self, sessions: &Sessions, identity: &Identity) -> CallerIdentity {
        let credentials = sessions.credentials(identity).await.unwrap();
        let keys = keys(credentials.access_key_id(), credentials.secret_access_key(), credentials.session_token());
        let of_session = self.sessions(RolePlan::of_source("r1"), "keys", Some(keys), &[]).await;
        of_session.source_identity().await.unwrap()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn http() -> HttpClient {
    HttpClient::new(&NetworkSettings::default()).unwrap()
}

fn keys(id: &str, secret: &str, token: Option<&str>) -> Keys {
    Keys { access_key_id: id.to_owned(), secret_access_key: Secret::new(secret), session_token: token.map(Secret::new) }
}

fn account(id: &str) -> Identity {
    Identity::Account(AccountId::parse(id).unwrap())
}

fn plan() -> RolePlan {
    RolePlan {
        list: Some(RoleArn::parse("arn:aws:iam::999999999999:role/ops/Read").unwrap()),
        member: MemberRole::Template { partition: "aws".into(), path_and_name: "ops/Read".into() },
        external_id: Some(Secret::new("planted-external-id")),
        ..RolePlan::of_source("r1")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_to_a_role_in_each_account_and_through_a_hub() {
    let moto = Moto::start().await;
    let user = || Some(keys("AKIAUSER", "planted-secret", None));
    let direct = moto.sessions(plan(), "keys", user(), &[]).await;
    let hub = RolePlan { hub: Some(RoleArn::parse("arn:aws:iam::333333333333:role/Hub").unwrap()), ..plan() };
    let chained = moto.sessions(hub, "keys", user(), &[]).await;
    for sessions in [direct, chained] {
        for (who, id) in [(account("222222222222"), "222222222222"), (Identity::Management, "999999999999")] {
            let found = moto.who(&sessions, &who).await;
            assert_eq!(found.account.as_str(), id);
            assert!(found.is_role() && found.arn.ends_with("/portolan-r1"), "{found}");
            let left = sessions
                .credentials(&who)
                .await
                .unwrap()
                .expiry()
                .unwrap()
                .duration_since(std::time::SystemTime::now());
            assert!(left.unwrap() > Duration::from_secs(3000));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_file_to_its_own_role_and_straight_to_members() {
    let moto = Moto::start().await;
    let scratch = Scratch::new("web-identity");
    let file = scratch.path().join("token");
    std::fs::write(&file, "header.payload.signature\n").unwrap();
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::111111111111:role/Pod"),
        ("AWS_ROLE_SESSION_NAME", "pod-7"),
    ];
    let plan = RolePlan { external_id: None, ..plan() };
    let sessions = moto.sessions(plan, "auto", None, &variables).await;
    assert_eq!(sessions.source().kind, SourceKind::WebIdentity);
    let own = sessions.source_identity().await.unwrap();
    assert_eq!((own.account.as_str(), own.arn.rsplit('/').next()), ("111111111111", Some("pod-7")));
    assert_eq!(moto.who(&sessions, &account("222222222222")).await.account.as_str(), "222222222222");
}

fn home_with_profile(home: &Path) {
    std::fs::create_dir_all(home.join(".aws")).unwrap();
    let config = "[profile audit]\nrole_arn = arn:aws:iam::444444444444:role/Audit\nsource_profile = base\n";
    std::fs::write(home.join(".aws/config"), config).unwrap();
    let base = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = planted-secret\n";
    std::fs::write(home.join(".aws/credentials"), base).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profiles_role_is_the_source_of_members() {
    let moto = Moto::start().await;
    let scratch = Scratch::new("profile");
    home_with_profile(scratch.path());
    let variables = [("HOME", scratch.path().to_str().unwrap()), ("AWS_PROFILE", "audit")];
    let sessions = moto.sessions(plan(), "auto", None, &variables).await;
    assert_eq!(sessions.source_identity().await.unwrap().account.as_str(), "444444444444");
    assert_eq!(moto.who(&sessions, &account("222222222222")).await.account.as_str(), "222222222222");
}

/// Makes a user who may assume roles, and says its keys.
const MAKE_USER: &str = r#"
import boto3, json, sys
iam = boto3.client("iam", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
for name, action in (("may", "sts:AssumeRole"), ("may-not", "s3:ListAllMyBuckets")):
    iam.create_user(UserName=name)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    print(key["AccessKeyId"], key["SecretAccessKey"])
"#;

/// moto recomputes the signature and reads the user's policy once its authentication is on.
#[tokio::test(flavor = "multi_thread")]
async fn signatures_are_accepted_and_refusals_told_apart_by_one_who_checks() {
    let moto = Moto::start().await;
    let output = Command::new(interpreter()).args(["-c", MAKE_USER, &moto.url()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let users: Vec<(&str, &str)> = said.lines().filter_map(|line| line.split_once(' ')).collect();
    let [(id, secret), (other_id, other_secret)] = users[..] else { panic!("{said}") };
    assert_eq!(moto.ask("POST", "/moto-api/reset-auth", "0").await, Some(200));

    let right = moto.sessions(plan(), "keys", Some(keys(id, secret, None)), &[]).await;
    right.credentials(&account("222222222222")).await.unwrap();

    let wrong_secret = moto.sessions(plan(), "keys", Some(keys(id, "planted-wrong", None)), &[]).await;
    let failure = wrong_secret.credentials(&account("222222222222")).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.what), ("SignatureDoesNotMatch", What::Source), "{failure}");

    let unknown = moto.sessions(plan(), "keys", Some(keys("AKIAUNKNOWN", "x", None)), &[]).await;
    let failure = unknown.credentials(&account("222222222222")).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.what), ("InvalidClientTokenId", What::CallerExpired), "{failure}");

    let not_allowed = moto.sessions(plan(), "keys", Some(keys(other_id, other_secret, None)), &[]).await;
    let failure = not_allowed.credentials(&account("222222222222")).await.unwrap_err();
    assert!(failure.is_denied() && failure.code == "AccessDenied", "{failure}");
    assert!(failure.message.contains("sts:AssumeRole"), "{failure}");
}
