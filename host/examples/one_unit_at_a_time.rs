//! A scheduler of your own: which account, which unit, when, and where to go on, is decided here.
//!
//! The account of the credentials in the environment is read: `cargo run --example one_unit_at_a_time`.

use portolan::{BoxError, Component, Cursor, Engine, EngineOptions, Environment, Run, Session, Settings, UnitEnd};

/// Reads one unit after the other, and says what each proves.
pub async fn read_all(session: &Session) -> Result<Vec<UnitEnd>, BoxError> {
    let mut ends = Vec::new();
    for account in session.accounts().await?.accounts {
        let plan = match session.plan(&account).await {
            Ok(plan) => plan,
            Err(error) => {
                eprintln!("{error}");
                continue;
            }
        };
        for unit in plan.units {
            let mut stored: Option<String> = None;
            let end = loop {
                // Each page could be read in another process: all that one needs is the cursor's text.
                let mut reading = match &stored {
                    None => session.read(&account, &unit),
                    Some(cursor) => session.go_on(&account, &unit, cursor.parse::<Cursor>()?)?,
                };
                if let Err(error) = reading.next_page().await {
                    eprintln!("{error}");
                    break reading.end();
                }
                match reading.cursor() {
                    Some(cursor) => stored = Some(cursor.to_text()),
                    None => break reading.end(),
                }
            };
            ends.push(end);
        }
    }
    Ok(ends)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let engine = Engine::new(&Component::built_in(), &EngineOptions::default())?;
    let settings = Settings::from_yaml(&engine, "accounts: { from: self }", &Environment::of_process()).await?;
    let session = Run::new(&engine, &settings).session().await?;
    for end in read_all(&session).await? {
        match end {
            UnitEnd::Whole(whole) => println!("{}: all of it", whole.unit()),
            UnitEnd::Partial(partial) => println!("{}: part of it: {}", partial.unit(), partial.problem().message),
            UnitEnd::Unknown(unknown) => println!("{}: {}", unknown.unit(), unknown.problem().message),
            other => println!("{}", other.unit()),
        }
    }
    Ok(())
}
