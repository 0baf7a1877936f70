//! Puts the component into the library: builds the guest, encodes it, and says where it lies.
//!
//! `PORTOLAN_COMPONENT=FILE` takes a ready component instead, and then nothing is built here. The guest is
//! built by a cargo of its own, in a target folder of its own (the outer cargo holds the lock of this one),
//! with an environment scrubbed of what the outer cargo has set.

#![allow(clippy::expect_used, reason = "cargo sets what is expected")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";
const MEND: &str = "rustup target add wasm32-unknown-unknown";

/// What the inner cargo may see of the environment: where tools lie and how registries are reached.
const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "USERPROFILE",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "RUSTUP_DIST_SERVER",
    "RUSTUP_UPDATE_ROOT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];
/// And whatever begins so: settings of registries and of the network.
const KEPT_PREFIXES: &[&str] = &["CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_", "CARGO_SOURCE_"];

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
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("portolan.wasm");
    if let Some(ready) = env::var_os("PORTOLAN_COMPONENT").filter(|file| !file.is_empty()) {
        let ready = PathBuf::from(ready);
        println!("cargo::rerun-if-changed={}", ready.display());
        if let Err(error) = std::fs::copy(&ready, &out) {
            fail(&format!("PORTOLAN_COMPONENT={}: {error}", ready.display()));
        }
    } else {
        let module = build_guest();
        let module = std::fs::read(&module).unwrap_or_else(|error| fail(&format!("{}: {error}", module.display())));
        let component = wit_component::ComponentEncoder::default()
            .validate(true)
            .module(&module)
            .and_then(|mut encoder| encoder.encode())
            .unwrap_or_else(|error| fail(&format!("the guest does not encode as a component: {error:#}")));
        std::fs::write(&out, component).unwrap_or_else(|error| fail(&format!("{}: {error}", out.display())));
    }
    println!("cargo::rustc-env=PORTOLAN_COMPONENT_FILE={}", out.display());
}

fn build_guest() -> PathBuf {
    let host = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let root = host.parent().expect("the host lies in the workspace").to_path_buf();
    for watched in GUEST {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    ensure_target(&root);
    let target_dir = target_dir(&root).join("guest");
    let mut cargo = scrubbed(Path::new(&env::var_os("CARGO").expect("cargo sets CARGO")));
    cargo
        .current_dir(&root)
        .args(["build", "--package", "portolan-guest", "--lib", "--locked", "--profile", "guest"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&target_dir);
    run(&mut cargo, "the guest does not build");
    target_dir.join(TARGET).join("guest").join("portolan_guest.wasm")
}

/// The folder that the outer cargo builds into, found from `OUT_DIR` (…/target/<profile>/build/…).
fn target_dir(root: &Path) -> PathBuf {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    out.ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").exists())
        .map_or_else(|| root.join("target"), Path::to_path_buf)
}

/// Adds the target where it is missing, or says the one command that does.
fn ensure_target(root: &Path) {
    let mut rustc = scrubbed(Path::new("rustc"));
    if let Some(path) = env::var_os("RUSTC") {
        rustc = scrubbed(Path::new(&path));
    }
    let answer = rustc.current_dir(root).args(["--print", "target-libdir", "--target", TARGET]).output();
    let present = answer.is_ok_and(|answer| {
        answer.status.success() && Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_dir()
    });
    if present {
        return;
    }
    println!("cargo::warning=the target {TARGET} is missing; adding it: {MEND}");
    let added = scrubbed(Path::new("rustup")).current_dir(root).args(["target", "add", TARGET]).output();
    match added {
        Ok(answer) if answer.status.success() => {}
        Ok(answer) => fail(&format!(
            "the target {TARGET} is missing and rustup could not add it. Run: {MEND}\n{}",
            String::from_utf8_lossy(&answer.stderr)
        )),
        Err(error) => fail(&format!("the target {TARGET} is missing and rustup does not run ({error}). Run: {MEND}")),
    }
}

fn scrubbed(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for (name, value) in env::vars_os() {
        let text = name.to_string_lossy();
        if KEPT.contains(&text.as_ref()) || KEPT_PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
            command.env(&name, value);
        }
    }
    command
}

fn run(command: &mut Command, what: &str) {
    match command.output() {
        Ok(answer) if answer.status.success() => {}
        Ok(answer) => fail(&format!("{what}:\n{}", String::from_utf8_lossy(&answer.stderr))),
        Err(error) => fail(&format!("{what}: {error}")),
    }
}

fn fail(why: &str) -> ! {
    for line in why.lines() {
        println!("cargo::error={line}");
    }
    std::process::exit(1);
}
