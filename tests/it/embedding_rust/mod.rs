//! The library as an embedder uses it: through its public API and its own examples, and nothing else.

#[path = "../../../host/examples/another_component.rs"]
#[expect(dead_code, reason = "its main is for the command line")]
mod another_component;
mod cancelled;
mod credentials;
mod hostile;
#[path = "../../../host/examples/ndjson.rs"]
#[expect(dead_code, reason = "its main is for the command line")]
mod ndjson;
#[path = "../../../host/examples/one_unit_at_a_time.rs"]
#[expect(dead_code, reason = "its main is for the command line")]
mod one_unit_at_a_time;
#[path = "../../../host/examples/own_credentials.rs"]
#[expect(dead_code, reason = "its main is for the command line")]
mod own_credentials;
#[path = "../../../host/examples/own_sink.rs"]
#[expect(dead_code, reason = "its main is for the command line")]
mod own_sink;
mod public_api;
mod scheduled;
mod sinks;
mod whole;

use std::sync::OnceLock;

use portolan::{Component, Engine, EngineOptions, Environment, Identity, IdentityError, Session, Whose};
use portolan_tests::folders;
use portolan_tests::front::Front;
use portolan_tests::organization::Organization;
use serde_json::{Value, json};

/// The built-in component, compiled once.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let options = EngineOptions::default().compile_cache(folders::target().join("cache"));
        Engine::new(&Component::built_in(), &options).unwrap()
    })
}

/// What an embedder's process would have around it.
fn environment(organization: &Organization) -> Vec<(String, String)> {
    let own = [
        ("PORTOLAN_ROLE_ARN", organization.role()),
        ("PORTOLAN_EXTERNAL_ID", organization.external_id()),
        ("PORTOLAN__SENSITIVE", "keep"),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    organization.environment().into_iter().chain(own).collect()
}

/// Settings that read some accounts of an organization.
fn settings(organization: &Organization, accounts: &[&str], kinds: &str) -> String {
    let roles: Vec<String> = accounts.iter().map(|name| organization.role_in(organization.account(name))).collect();
    format!(
        "accounts: {{ from: roles, roles: ['{}'] }}\nroles: {{ external_id: \"${{ENV:PORTOLAN_EXTERNAL_ID}}\" }}\n\
         kinds: {{ default: none, include: [{kinds}] }}\n",
        roles.join("', '")
    )
}

/// Keys of a user in each account, which the front knows from now on.
struct Keys {
    accounts: Vec<(String, String)>,
}

impl Keys {
    fn of(front: &Front, accounts: &[&str]) -> Self {
        let id = |account: &str| format!("AKIAOWN{account}");
        for account in accounts {
            front.key(&id(account), &json!({ "secret": secret(account), "account": account, "arn": arn(account) }));
        }
        Self { accounts: accounts.iter().map(|account| ((*account).to_owned(), id(account))).collect() }
    }

    /// In the form of STS, by account.
    fn json(&self) -> Value {
        let keys = self
            .accounts
            .iter()
            .map(|(account, id)| (account.clone(), json!({ "AccessKeyId": id, "SecretAccessKey": secret(account) })));
        Value::Object(keys.collect())
    }
}

fn secret(account: &str) -> String {
    format!("own-secret-of-{account}")
}

fn arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:user/embedder")
}

impl Identity for Keys {
    async fn credentials(&self, whose: &Whose) -> Result<portolan::Credentials, IdentityError> {
        let Whose::Account(account) = whose else { return Err(IdentityError::refused("no organization here")) };
        let found = self.accounts.iter().find(|(known, _)| known == account.as_str());
        let (account, id) = found.ok_or_else(|| IdentityError::refused("no key for it"))?;
        Ok(portolan::Credentials::new(id, secret(account)))
    }
}

/// Pages of a unit in [`session`].
const PAGES_MAX: usize = 20;

/// A session with keys of the embedder's own.
async fn session(front: &Front, engine: &Engine, kinds: &str, accounts: &[&str]) -> Session {
    let environment = Environment::from_iter([("AWS_ENDPOINT_URL", front.url()), ("AWS_REGION", "eu-west-1")]);
    let text = format!("kinds: {{ default: none, include: [{kinds}] }}\nlimits: {{ pages_per_unit: {PAGES_MAX} }}");
    let settings = portolan::Settings::from_yaml(engine, &text, &environment).await.unwrap();
    portolan::Run::new(engine, &settings).identity(Keys::of(front, accounts)).session().await.unwrap()
}

/// JSON in which the order of members says nothing.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let sorted: std::collections::BTreeMap<&String, Value> =
                members.iter().map(|(name, value)| (name, canonical(value))).collect();
            json!(sorted)
        }
        Value::Array(items) => items.iter().map(canonical).collect(),
        other => other.clone(),
    }
}
