//! `portolan component`: the component for other hosts, its compiled form, and what it is.

use std::fmt::Write as _;
use std::path::Path;

use super::args::ComponentArgs;
use super::validate::Printed;
use crate::engine::{Engine, EngineError, precompile};
use crate::manifest::Manifest;

/// Does what was asked for, and says what it did.
///
/// # Errors
/// A component that does not load; a file that cannot be written.
pub fn component(
    args: &ComponentArgs,
    bytes: &[u8],
    engine: &Engine,
    manifest: &Manifest,
) -> Result<Printed, anyhow::Error> {
    let mut out = String::new();
    if let Some(file) = &args.out {
        write(file, bytes)?;
        let _ = writeln!(out, "{}: {} bytes, {}", file.display(), bytes.len(), engine.digest());
    }
    if let Some(file) = &args.precompile {
        let code = precompile(bytes).map_err(|error: EngineError| anyhow::anyhow!(error))?;
        write(file, &code)?;
        let _ = writeln!(out, "{}: {} bytes, for this processor and this version only", file.display(), code.len());
    }
    if args.describe {
        out.push_str(&described(engine, manifest));
    }
    Ok(Printed::done(out))
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), anyhow::Error> {
    std::fs::write(file, bytes).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
}

fn described(engine: &Engine, manifest: &Manifest) -> String {
    let interface = engine.interface();
    let mut out = format!("portolan component {} ({})\n{}\n", manifest.version, manifest.tables, engine.digest());
    let mut list = |title: &str, lines: &[String]| {
        let _ = writeln!(out, "\n{title}");
        for line in lines {
            let _ = writeln!(out, "  {line}");
        }
    };
    list("imports (all that it can reach)", &interface.imports);
    list("exports", &interface.exports);
    let calls: Vec<String> = manifest
        .calls
        .iter()
        .map(|call| match (call.operation == call.action, call.identity.as_str()) {
            (true, "account") => call.operation.clone(),
            (false, "account") => format!("{} ({})", call.operation, call.action),
            (_, identity) => format!("{} ({}, by the {identity} role)", call.operation, call.action),
        })
        .collect();
    list("may call, where the host's guard and the configuration allow it", &calls);
    out
}
