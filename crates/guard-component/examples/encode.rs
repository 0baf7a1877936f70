//! Makes a component of the built module, and refuses one that imports anything.
//!
//! ```console
//! $ cargo build --package portolan-guard-component --profile guest --target wasm32-unknown-unknown
//! $ cargo run --package portolan-guard-component --example encode -- \
//!       target/wasm32-unknown-unknown/guest/portolan_guard_component.wasm portolan-guard.wasm
//! ```

use std::error::Error;
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use wasmparser::{Parser, Payload};

fn main() -> Result<(), Box<dyn Error>> {
    let [module, out] = std::env::args_os().skip(1).map(PathBuf::from).collect::<Vec<_>>().try_into().map_err(
        |_| "usage: encode MODULE OUT (MODULE is target/wasm32-unknown-unknown/guest/portolan_guard_component.wasm)",
    )?;
    let bytes = std::fs::read(&module).map_err(|error| format!("{}: {error}", module.display()))?;
    let component = wit_component::ComponentEncoder::default().validate(true).module(&bytes)?.encode()?;
    if imports(&component)? > 0 {
        return Err("it imports something: the guard is a function of its arguments".into());
    }
    std::fs::write(&out, &component).map_err(|error| format!("{}: {error}", out.display()))?;
    let digest: String = Sha256::digest(&component).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{}: {} bytes, no imports, sha256:{digest}", out.display(), component.len());
    Ok(())
}

/// How much the component asks of its host. What its inner parts import from each other is not counted.
fn imports(component: &[u8]) -> Result<u32, wasmparser::BinaryReaderError> {
    let (mut depth, mut found) = (0_u32, 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => found += section.count(),
            _ => {}
        }
    }
    Ok(found)
}
