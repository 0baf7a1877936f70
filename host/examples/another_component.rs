//! Another build of the component than the one inside: taken only if it is the one that was meant, and shown before it runs.
//!
//! `cargo run --example another_component -- portolan.wasm sha256:…`

use std::path::Path;

use portolan::{BoxError, Component, Engine, EngineOptions};
use serde_json::Value;

/// The engine with the component of a file, and what is to be known of it: its digest, its imports, its kinds.
pub async fn load(file: &Path, digest: &str) -> Result<(Engine, Vec<String>), BoxError> {
    let component = Component::from_file(file, digest)?;
    let mut known = vec![format!("component {}", component.digest())];
    // One that imports more than the interface gives is refused here.
    let engine = Engine::new(&component, &EngineOptions::default())?;
    known.extend(engine.imports().into_iter().map(|import| format!("imports {import}")));
    let manifest = engine.manifest().await?;
    for kind in manifest.get("kinds").and_then(Value::as_array).into_iter().flatten() {
        known.push(format!("reads {}", kind.get("kind").and_then(Value::as_str).unwrap_or_default()));
    }
    for call in manifest.get("calls").and_then(Value::as_array).into_iter().flatten() {
        known.push(format!("may ask for {}", call.get("operation").and_then(Value::as_str).unwrap_or_default()));
    }
    Ok((engine, known))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(digest)) = (arguments.next(), arguments.next()) else {
        return Err("a file and its digest are needed".into());
    };
    let (_engine, known) = load(Path::new(&file), &digest).await?;
    println!("{}", known.join("\n"));
    Ok(())
}
