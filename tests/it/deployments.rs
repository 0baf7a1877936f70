//! Each deployment through its own template: moto's CloudFormation makes the roles, the front holds every assumption to their trusts
//! and every call to their policies, and the real binary comes with the identity that the deployment has.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

use crate::templates::required;

const KINDS: &str = "AWS::SQS::Queue,AWS::S3::Bucket,AWS::Organizations::Account";
const EXTERNAL_ID: &str = "planted-external-id";
const READ_ROLE: &str = "role/PortOceanReadRole";
/// The account that a source lives in, by its name in the organization: not the management account, which is the harder case.
const HOME: &str = "prod-data";

/// An organization in which a deployment was rolled out as its template says.
struct Estate {
    organization: Organization,
    portolan: Portolan,
    /// What the stack of the management account made.
    made: Value,
}

impl Estate {
    /// The stack set's template in the management account, and what it deploys in every other.
    fn with(deployment: &str, values: &[(&str, &str)]) -> Self {
        let organization = Organization::build(Scale::Tiny);
        // Nothing of the fixture stands in the way.
        organization.front().clear_rules();
        let mut portolan = Portolan::new(deployment);
        portolan.set("AWS_REGION", "eu-west-1");
        portolan.set("AWS_ENDPOINT_URL", organization.front().url());
        portolan.set("AWS_EC2_METADATA_DISABLED", "true");
        portolan.write("external-id", EXTERNAL_ID);
        portolan.write("wrong-external-id", "another-external-id");
        let mut given = required(deployment);
        given["OrganizationalUnitIds"] = json!(organization.root());
        for (name, value) in values {
            given[name] = json!(value.replace("HOME", organization.account(HOME)));
        }
        let outer = portolan.run(&["iam", "template", deployment, "--stackset"]).expect(0).stdout;
        let management = organization.account("management").to_owned();
        let made = deploy(&organization, &management, &outer, &given);
        let set = &made["stack_sets"][0];
        let mut made_in_home = Value::Null;
        for account in organization.readable() {
            if account != management {
                let here = deploy(&organization, account, set["body"].as_str().unwrap(), &set["values"]);
                if account == organization.account(HOME) {
                    made_in_home = here;
                }
            }
        }
        let made = json!({"management": made, "home": made_in_home});
        Self { organization, portolan, made }
    }

    fn home(&self) -> &str {
        self.organization.account(HOME)
    }

    fn read_role(account: &str) -> String {
        format!("arn:aws:iam::{account}:{READ_ROLE}")
    }

    /// A sync of every account that has the role; nothing is in the way, so nothing may be missing.
    fn sync(&self, more: &[&str]) -> Run {
        self.organization.front().forget();
        let role = Self::read_role(self.organization.account("management"));
        let mut arguments = vec!["sync", "--account-role-arn", &role, "--kinds", KINDS];
        arguments.extend(["--exclude-accounts", self.organization.account("sandbox")]);
        arguments.extend(["--to", "sqlite:catalogue.db", "--report", "report.json"]);
        arguments.extend(more);
        let run = self.portolan.run(&arguments);
        assert!(!format!("{}{}{:?}", run.stdout, run.stderr, run.report).contains(EXTERNAL_ID));
        run
    }

    fn every_account_is_read(&self, more: &[&str]) {
        let run = self.sync(more).expect(0);
        let accounts = run.report()["accounts"].as_array().unwrap();
        for id in self.organization.readable() {
            let account = accounts.iter().find(|account| account["id"] == id).unwrap_or_else(|| panic!("{id}"));
            assert_eq!(account["outcome"], "read", "{account}\n{}", run.stderr);
        }
        let denied: Vec<_> =
            self.organization.front().calls().iter().filter(|call| call.denied().is_some()).cloned().collect();
        assert!(denied.is_empty(), "{denied:?}");
    }

    /// A run that gets no role, and says why.
    fn nobody_is_let_in(&self, more: &[&str], why: &str) {
        let run = self.sync(more).expect(3);
        let said = format!("{}{}{}", run.stdout, run.stderr, run.report.unwrap_or_default());
        assert!(said.contains(why), "{why}\n{said}");
    }

    /// Changes the trust of the read role in the management account.
    fn change_trust(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let arn = Self::read_role(self.organization.account("management"));
        let mut role = self.made["management"]["config"]["roles"][&arn].clone();
        change(role["trust"]["Statement"].as_array_mut().unwrap());
        self.organization.front().role(&arn, &role);
    }

    fn lend(&self, role: &str, service: &str, context: &Value, tags: &Value) -> Value {
        let role = format!("arn:aws:iam::{}:role/{role}", self.home());
        self.organization.front().lend(&json!({"role": role, "service": service, "context": context, "tags": tags}))
    }

    /// The variables of a container whose agent gives these credentials.
    fn in_container(&mut self, credentials: &Value) {
        let body = credentials.to_string();
        let url = agent(move |_, _| (200, "", body.clone()));
        self.portolan.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{url}/v1/credentials"));
    }
}

fn deploy(organization: &Organization, account: &str, template: &str, values: &Value) -> Value {
    let input = json!({"template": template, "values": values}).to_string();
    let printed = organization.front().python("../iam/deploy_stack.py", &[account, "portolan"], &input);
    let made: Value = serde_json::from_str(&printed).unwrap();
    organization.front().configure(&made["config"]);
    made
}

/// A small server on loopback: the answer to a method and a path is a status, a header line and a body. It ends with the test.
fn agent(answer: impl Fn(&str, &str) -> (u16, &'static str, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let _gone = serve(&stream, &answer);
        }
    });
    url
}

fn serve(mut stream: &TcpStream, answer: &dyn Fn(&str, &str) -> (u16, &'static str, String)) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, header, body) = answer(method, path);
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

#[test]
fn a_task_assumes_its_way_and_nobody_else_does() {
    let mut estate = Estate::with("ecs", &[("TaskAccountId", "HOME")]);
    let home = estate.home().to_owned();
    let of = |account: &str| json!({"aws:SourceAccount": account, "aws:SourceArn": format!("arn:aws:ecs:eu-west-1:{account}:task/main/1")});
    let lent = estate.lend("PortOceanTaskRole", "ecs-tasks.amazonaws.com", &of(&home), &json!({}));
    estate.in_container(&lent);
    estate.every_account_is_read(&["--credentials", "task"]);
    // A confused deputy: the service comes for another account.
    let refused = estate.lend("PortOceanTaskRole", "ecs-tasks.amazonaws.com", &of("999999999999"), &json!({}));
    assert!(refused["refused"].is_string(), "{refused}");
    // Another role of the same account, whatever it may do.
    let everything =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    estate.organization.front().key(
        "ASIAOTHER",
        &json!({
            "secret": "planted-other", "account": home, "token": "planted-token", "policies": [everything],
            "arn": format!("arn:aws:sts::{home}:assumed-role/Other/session"),
        }),
    );
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "ASIAOTHER"),
        ("AWS_SECRET_ACCESS_KEY", "planted-other"),
        ("AWS_SESSION_TOKEN", "planted-token"),
    ] {
        estate.portolan.set(name, value);
    }
    estate.nobody_is_let_in(&["--credentials", "keys"], "does not trust this caller");
}

#[test]
fn an_instance_assumes_its_way() {
    let mut estate = Estate::with("ec2", &[("InstanceAccountId", "HOME")]);
    // EC2 sends no context: a condition on it would lock the instance out.
    let lent = estate.lend("PortOceanInstanceRole", "ec2.amazonaws.com", &json!({}), &json!({}));
    let (key, secret, token) = (lent["AccessKeyId"].clone(), lent["SecretAccessKey"].clone(), lent["Token"].clone());
    let body = json!({
        "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": key, "SecretAccessKey": secret, "Token": token,
        "Expiration": lent["Expiration"], "LastUpdated": "2026-01-01T00:00:00Z",
    });
    let url = agent(move |method, path| match (method, path) {
        ("PUT", "/latest/api/token") => (200, "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", "a-token".to_owned()),
        (_, "/latest/meta-data/iam/security-credentials/") => (200, "", "PortOceanInstanceRole".to_owned()),
        (_, "/latest/meta-data/iam/security-credentials/PortOceanInstanceRole") => (200, "", body.to_string()),
        _ => (404, "", String::new()),
    });
    estate.portolan.set("AWS_EC2_METADATA_DISABLED", "false");
    estate.portolan.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url);
    estate.every_account_is_read(&["--credentials", "instance"]);
    let refused = estate.lend("PortOceanInstanceRole", "ecs-tasks.amazonaws.com", &json!({}), &json!({}));
    assert!(refused["refused"].is_string(), "{refused}");
}

#[test]
fn a_pod_assumes_its_way_with_its_tags_and_not_without_their_permission() {
    let mut estate = Estate::with("pod-identity", &[("ClusterAccountId", "HOME")]);
    let home = estate.home().to_owned();
    let cluster = |name: &str| json!({"aws:SourceAccount": home, "aws:SourceArn": format!("arn:aws:eks:eu-west-1:{home}:cluster/{name}")});
    let tags = |namespace: &str| {
        json!({
            "kubernetes-namespace": namespace, "kubernetes-service-account": "portolan", "eks-cluster-name": "main",
            "kubernetes-pod-name": "portolan-7", "kubernetes-pod-uid": "1", "eks-cluster-arn": format!("arn:aws:eks:eu-west-1:{home}:cluster/main"),
        })
    };
    let pods = "pods.eks.amazonaws.com";
    let lent = estate.lend("PortOceanPodRole", pods, &cluster("main"), &tags("portolan"));
    estate.in_container(&lent);
    estate.every_account_is_read(&["--credentials", "task"]);
    for (name, namespace) in [("other", "portolan"), ("main", "other")] {
        let refused = estate.lend("PortOceanPodRole", pods, &cluster(name), &tags(namespace));
        assert!(refused["refused"].is_string(), "{name} {namespace}: {refused}");
    }
    // A read role that was made for a task: the pod's tags are transitive, and its trust says nothing of them.
    estate.change_trust(|statements| statements.retain(|statement| statement["Action"] != json!(["sts:TagSession"])));
    estate.nobody_is_let_in(&["--credentials", "task"], "add sts:TagSession to the role's trust");
}

/// A token as an OIDC provider gives it; nobody here looks at its signature, and the front reads its claims.
fn token(issuer: &str, audience: &str, subject: &str) -> String {
    let claims = json!({"iss": format!("https://{issuer}"), "aud": [audience], "sub": subject, "iat": 1_700_000_000_u64, "exp": 4_000_000_000_u64});
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    format!("{}.{}.c2lnbmF0dXJl", part(&json!({"alg": "RS256", "typ": "JWT"})), part(&claims))
}

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let letters = (0..=chunk.len()).map(|index| char::from(LETTERS[(word >> (18 - 6 * index)) as usize & 63]));
        out.extend(letters);
    }
    out
}

fn by_token(mut estate: Estate, subject: &str, other_subject: &str) {
    const ISSUER: &str = "oidc.example.com/id/ABC";
    let role = Estate::read_role(estate.organization.account("management"));
    estate.portolan.set("AWS_WEB_IDENTITY_TOKEN_FILE", &estate.portolan.file("token").display().to_string());
    estate.portolan.set("AWS_ROLE_ARN", &role);
    let web = ["--credentials", "web-identity"];
    estate.portolan.write("token", &token(ISSUER, "sts.amazonaws.com", subject));
    estate.every_account_is_read(&web);
    for wrong in [
        token(ISSUER, "sts.amazonaws.com", other_subject),
        token(ISSUER, "another.example.com", subject),
        token("oidc.example.com/id/OTHER", "sts.amazonaws.com", subject),
    ] {
        estate.portolan.write("token", &wrong);
        estate.nobody_is_let_in(
            &web,
            "compare the trust's aud and sub conditions and its OIDC provider with the token's claims",
        );
    }
}

#[test]
fn a_service_account_of_a_cluster_assumes_its_way_by_issuer_audience_and_subject() {
    let estate = Estate::with("irsa", &[("ClusterAccountId", "HOME")]);
    // The cluster's own account has its provider already; everywhere else it is made.
    let home = estate.home().to_owned();
    assert_eq!(estate.made["home"]["config"]["oidc_providers"], json!({}));
    assert_eq!(estate.made["management"]["config"]["oidc_providers"].as_object().unwrap().len(), 1);
    let provider = format!("arn:aws:iam::{home}:oidc-provider/oidc.example.com/id/ABC");
    let audiences = json!({"client_ids": ["sts.amazonaws.com"]});
    estate.organization.front().configure(&json!({"oidc_providers": {provider: audiences}}));
    by_token(estate, "system:serviceaccount:portolan:portolan", "system:serviceaccount:default:portolan");
}

#[test]
fn a_vendors_tokens_open_the_roles_of_their_organization_alone() {
    let estate = Estate::with("hosted", &[]);
    by_token(estate, "system:serviceaccount:org-7:portolan", "system:serviceaccount:org-8:portolan");
}

#[test]
fn a_user_assumes_its_way_with_the_external_id() {
    let mut estate = Estate::with("user", &[]);
    let (arn, policies) = estate.made["management"]["users"].as_object().unwrap().iter().next().unwrap();
    assert!(arn.ends_with(":user/PortOceanUser"), "{arn}");
    let account = estate.organization.account("management");
    let key = json!({"secret": "planted-secret", "account": account, "arn": arn, "policies": policies});
    estate.organization.front().key("AKIAUSER", &key);
    estate.portolan.set("AWS_ACCESS_KEY_ID", "AKIAUSER");
    estate.portolan.set("AWS_SECRET_ACCESS_KEY", "planted-secret");
    estate.every_account_is_read(&["--external-id-file", "external-id"]);
    estate.nobody_is_let_in(&["--external-id-file", "wrong-external-id"], "sts:ExternalId");
    estate.nobody_is_let_in(&[], "sts:ExternalId");
    // The user may assume the read role, and nothing else.
    let other = format!("arn:aws:iam::{account}:role/Other");
    let root = format!("arn:aws:iam::{account}:root");
    estate.organization.front().role(&other, &json!({"principals": [root]}));
    let arguments =
        ["sync", "--account-role-arn", &other, "--kinds", KINDS, "--to", "sqlite:other.db", "--report", "report.json"];
    let refused = estate.portolan.run(&arguments).expect(3);
    let said = refused.report().to_string();
    assert!(said.contains("own policies do not allow sts:AssumeRole"), "{said}");
}

#[test]
fn a_vendor_goes_by_the_hub_and_every_hop_is_named() {
    let mut estate = Estate::with("vendor", &[("HubAccountId", "HOME")]);
    let everything =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let vendor = |name: &str| {
        json!({
            "secret": "planted-secret", "account": "444455556666", "token": "planted-token", "policies": [everything],
            "arn": format!("arn:aws:sts::444455556666:assumed-role/{name}/vendor"),
        })
    };
    let front = estate.organization.front();
    front.key("ASIAVENDOR", &vendor("VendorReader"));
    front.key("ASIASTRANGER", &vendor("VendorAdmin"));
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "ASIAVENDOR"),
        ("AWS_SECRET_ACCESS_KEY", "planted-secret"),
        ("AWS_SESSION_TOKEN", "planted-token"),
    ] {
        estate.portolan.set(name, value);
    }
    let hub = format!("arn:aws:iam::{}:role/PortolanHubRole", estate.home());
    let by_hub = ["--hub-role-arn", &hub, "--source-identity", "portolan"];
    let rightly = [&by_hub[..], &["--external-id-file", "external-id"]].concat();
    estate.every_account_is_read(&rightly);
    let mut hops = 0;
    for call in estate.organization.front().calls() {
        let assume = &call.fields()["assume"];
        if !assume.is_null() {
            assert_eq!(assume["SourceIdentity"], "portolan", "{assume}");
            assert!(assume["RoleSessionName"].as_str().unwrap().starts_with("portolan-"), "{assume}");
            hops += 1;
        }
    }
    assert!(hops > estate.organization.readable().len(), "{hops} hops");
    let wrongly = [&by_hub[..], &["--external-id-file", "wrong-external-id"]].concat();
    estate.nobody_is_let_in(&wrongly, "sts:ExternalId");
    let nameless = ["--hub-role-arn", &hub, "--external-id-file", "external-id"];
    estate.nobody_is_let_in(&nameless, "does not trust this caller");
    let otherwise = [&rightly[..], &["--session-name", "somebody-{run}"]].concat();
    estate.nobody_is_let_in(&otherwise, "does not trust this caller");
    estate.portolan.set("AWS_ACCESS_KEY_ID", "ASIASTRANGER");
    estate.nobody_is_let_in(&rightly, "does not trust this caller");
}

/// What `iam trust` prints is what the template's role has in moto.
#[test]
fn the_trust_alone_is_the_trust_of_the_role() {
    let estate = Estate::with("pod-identity", &[("ClusterAccountId", "HOME")]);
    let home = estate.home();
    let roles = &estate.made["home"]["config"]["roles"];
    for (which, role) in [("read", "PortOceanReadRole"), ("source", "PortOceanPodRole")] {
        let of_cluster = format!("ClusterAccountId={home}");
        let mut arguments = vec!["iam", "trust", "pod-identity", "--role", which, "--account-id", home];
        arguments.extend(["--parameter", "ClusterName=main", "--parameter", &of_cluster]);
        let printed: Value = serde_json::from_str(&estate.portolan.run(&arguments).expect(0).stdout).unwrap();
        assert_eq!(printed, roles[format!("arn:aws:iam::{home}:role/{role}")]["trust"], "{role}");
    }
    for (arguments, said) in [
        (&["iam", "trust", "pod-identity", "--role", "source"][..], "--account-id"),
        (&["iam", "trust", "hosted", "--account-id", "111122223333"], "--parameter OidcIssuer=VALUE"),
        (&["iam", "trust", "user", "--account-id", "111122223333"], "--external-id-file"),
        (&["iam", "trust", "irsa", "--role", "source"], "no role but the one that reads"),
    ] {
        let refused = estate.portolan.run(arguments).expect(1);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
}
