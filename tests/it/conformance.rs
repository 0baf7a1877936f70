//! The conformance kit (conformance/) against the reference host, and against hosts that lack a duty.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use portolan_tests::{binary, folders, programs, python};

/// What is taken away from the host, and the case that names it.
const BROKEN: &[(&str, &str)] = &[
    ("whole", "what-is-not-whole-stays-so"),
    ("account", "the-account-of-the-call-signs"),
    ("guard", "a-write-is-refused"),
    ("limits", "an-answer-is-too-large"),
    ("cursor", "a-cursor-is-too-long"),
    ("secrets", "a-request-arrives-signed"),
    ("signature", "a-request-arrives-signed"),
    ("fresh", "the-component-panics"),
];

/// The kit's components in a folder, as `portolan-dist` would put them.
fn components() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(make_components)
}

fn make_components() -> PathBuf {
    let folder = folders::target().join("conformance-components");
    std::fs::create_dir_all(&folder).unwrap();
    for (file, name) in
        [(programs::conformance(), "portolan-conformance.wasm"), (programs::guard(), "portolan-guard.wasm")]
    {
        // Other test executables may read it meanwhile, so it is never seen half written.
        let draft = folder.join(format!("{name}.{}.draft", std::process::id()));
        std::fs::copy(file, &draft).unwrap();
        std::fs::rename(&draft, folder.join(name)).unwrap();
    }
    folder
}

/// Plays cases (all, or those whose names contain a part) against a host.
fn play(part: Option<&str>, host: &[&str]) -> Output {
    let mut command = Command::new(python::interpreter());
    command.arg(folders::workspace().join("conformance/run.py")).arg("--components").arg(components());
    if let Some(part) = part {
        command.args(["--case", part]);
    }
    command.arg("--host").args(host).output().unwrap()
}

/// Where the adapter keeps what it has compiled: ten processes would compile the same.
fn cache() -> String {
    folders::target().join("conformance-compiled").display().to_string()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_reference_host_does_its_duties() {
    let adapter = binary::example("conformance").display().to_string();
    let output = play(None, &[&adapter, &cache()]);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains(" passed, 0 failed, 0 left out, 0 not run"), "{said}");
}

/// A kit that passes every host proves nothing.
#[test]
fn a_host_that_lacks_a_duty_fails_the_case_that_names_it() {
    let adapter = binary::example("conformance").display().to_string();
    let between = folders::workspace().join("conformance/broken_host.py").display().to_string();
    let python = python::interpreter().display().to_string();
    for (duty, case) in BROKEN {
        let output = play(Some(case), &[&python, &between, duty, &adapter, &cache()]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "without {duty}: {said}");
        assert!(said.contains("FAILED") && said.contains(case), "without {duty}: {said}");
    }
    // And with nothing taken away, what stands between changes nothing.
    let output = play(Some("a-request-arrives-signed"), &[&python, &between, "nothing", &adapter, &cache()]);
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn what_is_no_host_is_an_error_that_says_so() {
    let output = play(Some("a-request-arrives-signed"), &["/no/such/adapter"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let python = python::interpreter().display().to_string();
    let output = play(Some("a-request-arrives-signed"), &[&python, "-c", "import sys; sys.exit('no host here')"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("no host here"), "{}", said(&output));
    let claims = "import json; input(); print(json.dumps({'id': 1, 'ok': {'host': 'h', 'protocol': 1, 'cannot': {'guard': 'slow'}}}))";
    let output = play(Some("a-request-arrives-signed"), &[&python, "-c", claims]);
    assert!(said(&output).contains("guard") && output.status.code() == Some(2), "{}", said(&output));
}

/// The signatures that the kit's AWS takes are those that AWS's own SDK makes, and no others.
#[test]
fn the_scripted_aws_reads_signatures_as_botocore_writes_them() {
    let output =
        Command::new(python::interpreter()).arg(folders::workspace().join("conformance/selftest.py")).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}
