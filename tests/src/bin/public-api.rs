//! Holds the public API of the crate `portolan` against `host/public-api.txt`; `--write` writes that file anew.
//!
//! The listing is made from what rustdoc says in JSON, a form without a promise: `public-api` is pinned to the version that
//! reads what the pinned compiler writes. A removal or a change in the listing needs a new version (CONTRIBUTING.md).
#![expect(clippy::panic, reason = "it has nobody to give an error to")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use portolan_scripted_aws::nested_cargo;
use portolan_tests::folders;

/// rustdoc gives JSON to nightly compilers alone, and to others that are told to be one. Told is rustdoc and nothing else:
/// build scripts that look at this variable would build everything anew.
const RUSTDOC: &str = "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n";

fn main() -> ExitCode {
    let file = folders::workspace().join("host/public-api.txt");
    let listed = listing(&folders::workspace().join("target/public-api"));
    if std::env::args().any(|argument| argument == "--write") {
        fs::write(&file, listed).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        return ExitCode::SUCCESS;
    }
    let kept = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    if kept == listed {
        return ExitCode::SUCCESS;
    }
    let (before, now): (BTreeSet<&str>, BTreeSet<&str>) = (kept.lines().collect(), listed.lines().collect());
    before.difference(&now).for_each(|line| println!("- {line}"));
    now.difference(&before).for_each(|line| println!("+ {line}"));
    println!(
        "the public API is not what host/public-api.txt says; what to do: CONTRIBUTING.md, \"Change the library's interface\""
    );
    ExitCode::FAILURE
}

/// One line for each item, in the order of their names.
fn listing(folder: &Path) -> String {
    fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let rustdoc = folder.join("rustdoc.sh");
    fs::write(&rustdoc, RUSTDOC).unwrap_or_else(|error| panic!("{}: {error}", rustdoc.display()));
    let runs = fs::Permissions::from_mode(0o700);
    fs::set_permissions(&rustdoc, runs).unwrap_or_else(|error| panic!("{}: {error}", rustdoc.display()));
    // The whole workspace, since a part of it would have other features and be built anew.
    let mut command = nested_cargo();
    command.args(["doc", "--quiet", "--workspace", "--no-deps", "--lib"]).current_dir(folders::workspace());
    command.env("RUSTDOC", &rustdoc).env("RUSTDOCFLAGS", "-Zunstable-options --output-format json --cap-lints allow");
    let made = command.output().unwrap_or_else(|error| panic!("cargo does not start: {error}"));
    assert!(made.status.success(), "cargo doc failed:\n{}", String::from_utf8_lossy(&made.stderr));
    let json = folders::workspace().join("target/doc/portolan.json");
    let api = public_api::Builder::from_rustdoc_json(&json).omit_blanket_impls(true).omit_auto_trait_impls(true);
    let api = api.build().unwrap_or_else(|error| panic!("{}: {error}", json.display()));
    api.items().map(|item| format!("{item}\n")).collect()
}
