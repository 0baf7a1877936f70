//! Puts the component into the library, and says where it lies.
//!
//! `PORTOLAN_COMPONENT=FILE` takes a ready component. Else the guest is built where its sources lie beside this folder; the
//! packaged crate, where they do not, carries the component: there no cargo and no rustup is run.

#![allow(clippy::expect_used, reason = "cargo sets what is expected")]

use std::env;
use std::path::{Path, PathBuf};

use portolan_component_build::Guest;
use sha2::{Digest, Sha256};

/// The component in the packaged crate, written there by `portolan-dist --into-crate`.
const PACKAGED: &str = "component/portolan.wasm";

/// What the component is made of.
const GUEST: &[&str] = &[
    "guest/Cargo.toml",
    "guest/build.rs",
    "guest/build",
    "guest/src",
    "guest/catalog",
    "crates/errors",
    "crates/names",
    "crates/tables",
    "crates/trust",
    "crates/xml",
    "wit",
    "Cargo.lock",
    "Cargo.toml",
];

fn main() {
    println!("cargo::rerun-if-env-changed=PORTOLAN_COMPONENT");
    let host = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("portolan.wasm");
    let workspace = host.parent().filter(|root| root.join("guest/catalog/schema.json").exists());
    if let Some(ready) = env::var_os("PORTOLAN_COMPONENT").filter(|file| !file.is_empty()) {
        copy(&PathBuf::from(ready), &out, "PORTOLAN_COMPONENT names a file that cannot be read");
    } else if let Some(workspace) = workspace {
        let component = build(workspace, &out);
        std::fs::write(&out, component).unwrap_or_else(|error| fail(&format!("{}: {error}", out.display())));
    } else {
        let mend = "this package came without its component; name one with PORTOLAN_COMPONENT=FILE";
        copy(&host.join(PACKAGED), &out, mend);
    }
    println!("cargo::rustc-env=PORTOLAN_COMPONENT_FILE={}", out.display());
    let component = std::fs::read(&out).unwrap_or_else(|error| fail(&format!("{}: {error}", out.display())));
    let digest: String = Sha256::digest(component).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=PORTOLAN_COMPONENT_DIGEST=sha256:{digest}");
}

fn copy(from: &Path, to: &Path, mend: &str) {
    println!("cargo::rerun-if-changed={}", from.display());
    if let Err(error) = std::fs::copy(from, to) {
        fail(&format!("{}: {error}: {mend}", from.display()));
    }
}

fn build(workspace: &Path, out: &Path) -> Vec<u8> {
    for watched in GUEST {
        println!("cargo::rerun-if-changed={}", workspace.join(watched).display());
    }
    // The folder that the outer cargo builds into, found from OUT_DIR (…/target/<profile>/build/…).
    let target = out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    let target = target.map_or_else(|| workspace.join("target"), Path::to_path_buf).join("guest");
    let guest = Guest { root: workspace, workspace: ".", package: "portolan-guest", target: &target, cargo_home: None };
    guest.component().unwrap_or_else(|error| fail(&error.to_string()))
}

fn fail(why: &str) -> ! {
    for line in why.lines() {
        println!("cargo::error={line}");
    }
    std::process::exit(1);
}
