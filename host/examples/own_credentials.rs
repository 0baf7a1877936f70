//! Credentials of your own: whatever hands them out in your company, asked once for each account and again before they end.
//!
//! Here they lie in a file of JSON, by account id, in the form that STS gives them:
//! `cargo run --example own_credentials -- credentials.json 111122223333`

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use portolan::{
    Account, AccountId, BoxError, Component, Credentials, Engine, EngineOptions, Environment, Identity, IdentityError,
    Run, Settings, Whose,
};

/// How long credentials of the file are used before it is read again.
const USED_FOR: Duration = Duration::from_secs(3600);

/// Hands out what the file has.
pub struct Broker {
    /// The file.
    pub file: PathBuf,
}

impl Identity for Broker {
    async fn credentials(&self, whose: &Whose) -> Result<Credentials, IdentityError> {
        let Whose::Account(account) = whose else {
            return Err(IdentityError::refused("this broker knows accounts, and no organization"));
        };
        let text = tokio::fs::read_to_string(&self.file).await.map_err(IdentityError::failed)?;
        let all: serde_json::Value = serde_json::from_str(&text).map_err(IdentityError::failed)?;
        let field = |name: &str| all.get(account.as_str())?.get(name)?.as_str();
        let (Some(id), Some(secret)) = (field("AccessKeyId"), field("SecretAccessKey")) else {
            return Err(IdentityError::refused(format!("the broker has nothing for account {account}")));
        };
        let mut credentials = Credentials::new(id, secret).expires(SystemTime::now() + USED_FOR);
        if let Some(token) = field("SessionToken") {
            credentials = credentials.session_token(token);
        }
        Ok(credentials)
    }
}

/// Counts the queues of each account; one that cannot be read does not stop the others.
pub async fn count_queues(
    engine: &Engine,
    environment: &Environment,
    broker: Broker,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, Result<usize, BoxError>)>, BoxError> {
    let settings = "kinds: { default: none, include: [AWS::SQS::Queue] }";
    let settings = Settings::from_yaml(engine, settings, environment).await?;
    let session = Run::new(engine, &settings).identity(broker).session().await?;
    let mut counts = Vec::new();
    for id in accounts {
        let account = Account::member(id.clone());
        let count = async {
            let mut count = 0;
            for unit in session.plan(&account).await?.units {
                let mut reading = session.read(&account, &unit);
                while let Some(page) = reading.next_page().await? {
                    count += page.resources().count();
                }
            }
            Ok(count)
        };
        counts.push((id.clone(), count.await));
    }
    Ok(counts)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("which file has the credentials?")?;
    let accounts = arguments.map(|id| AccountId::parse(&id)).collect::<Result<Vec<_>, _>>()?;
    let engine = Engine::new(&Component::built_in(), &EngineOptions::default())?;
    let broker = Broker { file: file.into() };
    for (account, count) in count_queues(&engine, &Environment::of_process(), broker, &accounts).await? {
        match count {
            Ok(count) => println!("{account}: {count} queues"),
            Err(error) => println!("{account}: {error}"),
        }
    }
    Ok(())
}
