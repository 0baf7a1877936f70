//! An STS that a test answers for, in STS's own XML.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use portolan::credentials::{Environment, Keys, SourceSetting, Sources, Sts, choose};
use portolan::http_client::{HttpClient, NetworkSettings};
use portolan::secret::Secret;
use portolan_names::Region;

use crate::clock::{Clock, iso};
use crate::loopback::{Answer, Loopback, Seen};

pub const SOURCE_ACCOUNT: &str = "111111111111";

/// The form's fields, as STS reads them.
pub fn form(seen: &Seen) -> BTreeMap<String, String> {
    seen.body
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            out.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
            at += 3;
        } else {
            out.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}

/// The access key that signed, empty where nobody did.
pub fn signer(seen: &Seen) -> String {
    let header = seen.header("authorization");
    header.split("Credential=").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default().to_owned()
}

pub fn refusal(status: u16, code: &str, message: &str) -> Answer {
    Answer::status(
        status,
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error><RequestId>req-17</RequestId></ErrorResponse>"
        ),
    )
    .with("content-type", "text/xml")
    .with("x-amzn-requestid", "req-17")
}

/// Sessions as STS gives them: for the account of the role asked for, with new keys each time.
#[derive(Clone)]
pub struct Minter {
    clock: Clock,
    life: Duration,
    count: Arc<AtomicU64>,
}

impl Minter {
    pub fn new(clock: &Clock, life_s: u64) -> Self {
        Self { clock: clock.clone(), life: Duration::from_secs(life_s), count: Arc::default() }
    }

    pub fn answer(&self, seen: &Seen) -> Answer {
        let form = form(seen);
        let role = form.get("RoleArn").cloned().unwrap_or_default();
        match form["Action"].as_str() {
            "GetCallerIdentity" => Answer::ok(format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                 <Arn>arn:aws:iam::{SOURCE_ACCOUNT}:user/someone</Arn><UserId>AIDAEXAMPLE</UserId>\
                 <Account>{SOURCE_ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            )),
            action => self.session(action, role.split(':').nth(4).unwrap_or_default()),
        }
    }

    pub fn session(&self, action: &str, account: &str) -> Answer {
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        let expiry = iso(self.clock.now() + self.life);
        Answer::ok(format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials>\
             <AccessKeyId>ASIA{number}</AccessKeyId><SecretAccessKey>planted-session-secret-{number}</SecretAccessKey>\
             <SessionToken>planted-session-token-{number}</SessionToken><Expiration>{expiry}</Expiration></Credentials>\
             <AssumedRoleUser><Arn>arn:aws:sts::{account}:assumed-role/Read/portolan-r1</Arn>\
             <AssumedRoleId>AROAEXAMPLE:portolan-r1</AssumedRoleId></AssumedRoleUser></{action}Result></{action}Response>"
        ))
    }
}

pub fn http() -> HttpClient {
    HttpClient::new(&NetworkSettings::default()).unwrap()
}

pub fn client(server: &Loopback, clock: &Clock) -> Sts {
    let region = Region::parse("eu-west-1").unwrap();
    Sts::with_clock(&http(), region, server.url(), SharedTimeSource::new(clock.clone()))
}

/// A user's keys, from the configuration.
pub fn keys() -> Sources {
    Sources {
        setting: SourceSetting::Keys,
        priority: None,
        keys: Some(Keys {
            access_key_id: "AKIASOURCE".into(),
            secret_access_key: Secret::new("planted-source-secret"),
            session_token: None,
        }),
        environment: Environment::of::<&str, &str>([]),
    }
}

pub async fn chosen_keys(sts: &Sts) -> portolan::credentials::Chosen {
    choose(&keys(), sts).await.unwrap()
}
