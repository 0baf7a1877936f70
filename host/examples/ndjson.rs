//! The whole estate as lines `{"account", "kind", "region", "resource"}` on standard output.
//!
//! The credentials are those of the environment, as AWS's tools find them; `PORTOLAN_ROLE_ARN` is the role that lists the
//! organization, and `PORTOLAN_EXTERNAL_ID` the external id of all roles. `PORTOLAN_KINDS` names kinds, with commas between.
//!
//! ```console
//! $ PORTOLAN_ROLE_ARN=arn:aws:iam::111111111111:role/Read cargo run --example ndjson > estate.ndjson
//! ```

use std::io::Write;
use std::sync::Mutex;

use portolan::{BoxError, Component, Engine, EngineOptions, Environment, Page, Report, Run, RunError, Settings, Sink};
use serde_json::json;

/// Writes a line for each resource.
struct Lines<W>(Mutex<W>);

impl<W: Write + Send + 'static> Sink for Lines<W> {
    fn name(&self) -> String {
        "lines".to_owned()
    }

    async fn page(&self, page: &Page) -> Result<(), BoxError> {
        let mut lines = String::new();
        for resource in page.resources() {
            let region = resource.region().or(page.unit().region.as_ref());
            let line = json!({
                "account": page.account().as_str(),
                "kind": resource.kind(),
                "region": region.map(|region| region.as_str()),
                "resource": resource.envelope(),
            });
            lines.push_str(&format!("{line}\n"));
        }
        let mut out = self.0.lock().map_err(|_| "another writer panicked")?;
        Ok(out.write_all(lines.as_bytes())?)
    }
}

/// Settings that read the organization: from text, with what is secret in the environment.
fn settings(environment: &[(String, String)]) -> String {
    let value = |name: &str| environment.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    let role = value("PORTOLAN_ROLE_ARN").map_or("", String::as_str);
    let mut text = format!("accounts: {{ from: organization }}\nroles:\n  list: {role}\n");
    if value("PORTOLAN_EXTERNAL_ID").is_some() {
        text.push_str("  external_id: ${ENV:PORTOLAN_EXTERNAL_ID}\n");
    }
    if let Some(kinds) = value("PORTOLAN_KINDS") {
        text.push_str(&format!("kinds: {{ default: none, include: [{}] }}\n", kinds.replace(',', ", ")));
    }
    text
}

/// Reads the estate of this environment into `out`.
pub async fn read<W: Write + Send + 'static>(
    engine: &Engine,
    environment: Vec<(String, String)>,
    out: W,
) -> Result<Report, BoxError> {
    let text = settings(&environment);
    let settings = Settings::from_yaml(engine, &text, &Environment::from_iter(environment)).await?;
    let done: Result<Report, RunError> = Run::new(engine, &settings).sink(Lines(Mutex::new(out))).sync().await;
    Ok(done?)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // The folder is the user's own: what lies there is run as machine code.
    let mut options = EngineOptions::default();
    if let Some(home) = std::env::home_dir() {
        options = options.compile_cache(home.join(".cache/portolan"));
    }
    let engine = Engine::new(&Component::built_in(), &options)?;
    let report = read(&engine, std::env::vars().collect(), std::io::stdout()).await?;
    eprint!("{}", report.summary());
    std::process::exit(i32::from(report.exit_status()));
}
