//! A sink of your own: an inventory that forgets what is gone, and nothing that could not be read.
//!
//! The account of the credentials in the environment is read: `cargo run --example own_sink`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use portolan::{
    AccountId, BoxError, Component, Engine, EngineOptions, Environment, Page, Run, Settings, Sink, Unit, UnitEnd, Whole,
};

/// Ids by account and unit. Another system would keep them in its database.
#[derive(Default)]
pub struct Inventory {
    known: Mutex<BTreeMap<(AccountId, Unit), BTreeSet<String>>>,
    seen: Mutex<BTreeMap<(AccountId, Unit), BTreeSet<String>>>,
}

impl Inventory {
    /// How many resources there are.
    pub fn count(&self) -> usize {
        self.known.lock().map_or(0, |known| known.values().map(BTreeSet::len).sum())
    }

    /// Only a unit that was read whole says that something is gone: nothing else can be given here.
    fn forget_what_is_gone(&self, end: &Whole, seen: &BTreeSet<String>) -> Result<(), BoxError> {
        let mut known = self.known.lock().map_err(|_| "a writer panicked")?;
        let ids = known.entry((end.account().clone(), end.unit().clone())).or_default();
        ids.retain(|id| seen.contains(id));
        Ok(())
    }
}

impl Sink for Inventory {
    fn name(&self) -> String {
        "inventory".to_owned()
    }

    async fn page(&self, page: &Page) -> Result<(), BoxError> {
        let key = (page.account().clone(), page.unit().clone());
        let ids: BTreeSet<String> = page.resources().map(|resource| resource.id().to_owned()).collect();
        self.seen.lock().map_err(|_| "a writer panicked")?.entry(key.clone()).or_default().extend(ids.clone());
        self.known.lock().map_err(|_| "a writer panicked")?.entry(key).or_default().extend(ids);
        Ok(())
    }

    async fn unit_ended(&self, end: &UnitEnd) -> Result<(), BoxError> {
        let key = (end.account().clone(), end.unit().clone());
        let seen = self.seen.lock().map_err(|_| "a writer panicked")?.remove(&key).unwrap_or_default();
        match end {
            UnitEnd::Whole(whole) => self.forget_what_is_gone(whole, &seen),
            incomplete => {
                let why = incomplete.problem().map(|problem| problem.message.as_str());
                eprintln!("kept as it was: {} of {}: {}", end.unit(), end.account(), why.unwrap_or_default());
                Ok(())
            }
        }
    }
}

/// Reads what the settings say into the inventory.
pub async fn read(
    engine: &Engine,
    settings: &str,
    environment: &Environment,
    inventory: &Arc<Inventory>,
) -> Result<(), BoxError> {
    let settings = Settings::from_yaml(engine, settings, environment).await?;
    let report = Run::new(engine, &settings).sink(Arc::clone(inventory)).sync().await?;
    eprint!("{}", report.summary());
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let engine = Engine::new(&Component::built_in(), &EngineOptions::default())?;
    let inventory = Arc::new(Inventory::default());
    read(&engine, "accounts: { from: self }", &Environment::of_process(), &inventory).await?;
    println!("{} resources", inventory.count());
    Ok(())
}
