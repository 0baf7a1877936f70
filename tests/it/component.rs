//! A component reaches the two interfaces of `wit/` and nothing else: no WASI, no network, no clock.

use portolan::engine;
use portolan_tests::{component, programs};

/// All that a sandboxed component may import.
const ALLOWED: &[&str] = &["portolan:aws/signed-http@0.1.0", "portolan:aws/log@0.1.0"];

#[track_caller]
fn check_imports(name: &str, bytes: &[u8]) {
    let mut imports = component::imports(bytes).unwrap();
    imports.sort_unstable();
    let mut allowed = ALLOWED.to_vec();
    allowed.sort_unstable();
    assert_eq!(imports, allowed, "{name}");
}

#[test]
fn the_component_that_ships_imports_the_two_interfaces_only() {
    check_imports("portolan", engine::COMPONENT);
}

#[test]
fn the_test_component_imports_the_two_interfaces_only() {
    let path = programs::conformance();
    check_imports("conformance", &std::fs::read(path).unwrap());
}

#[test]
fn the_reader_of_imports_sees_what_stands_in_the_file() {
    let bytes = component::importing("wasi:cli/environment@0.2.6");
    assert_eq!(component::imports(&bytes).unwrap(), ["wasi:cli/environment@0.2.6"]);
    assert!(component::imports(b"not a component").is_err());
}

/// Compiled code runs without the sandbox's checks, so a file of it is as good as this program.
#[test]
fn compiled_code_is_kept_and_taken_only_where_nobody_else_can_write() {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = portolan_tests::folders::Scratch::new("compiled");
    let folder = scratch.file("cache");
    let bytes = fs::read(programs::conformance()).unwrap();
    let load = || engine::Engine::new(&bytes, Some(&folder)).unwrap();
    let files = || fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect::<Vec<_>>();
    let close = |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    fs::create_dir(&folder).unwrap();
    close(&folder, 0o755);
    load();
    assert!(files().is_empty(), "a folder that others can read is not used: {:?}", files());
    close(&folder, 0o700);
    load();
    let [code] = &files()[..] else { panic!("{:?}", files()) };
    assert_eq!(fs::metadata(code).unwrap().permissions().mode() & 0o777, 0o600);
    let compiled = fs::read(code).unwrap();
    // What others could have written is not loaded, but compiled anew and replaced.
    fs::write(code, b"planted").unwrap();
    close(code, 0o644);
    load();
    assert_eq!(fs::read(code).unwrap(), compiled);
    assert_eq!(fs::metadata(code).unwrap().permissions().mode() & 0o777, 0o600);
}

/// The schema is for authors of other hosts; Python's `jsonschema` reads it, which we did not write.
#[test]
fn the_manifest_is_what_its_schema_says() {
    let portolan = portolan_tests::binary::Portolan::new("manifest");
    portolan.write("kinds.json", &portolan.run(&["kinds", "--json"]).expect(0).stdout);
    let file = portolan.file("kinds.json");
    let schema = portolan_tests::folders::workspace().join("guest/schemas/manifest.json");
    let check = "import json, sys, jsonschema\n\
        schema = json.load(open(sys.argv[1]))\n\
        jsonschema.Draft202012Validator.check_schema(schema)\n\
        manifest = {'schema': 'manifest/1', 'version': '', 'tables': '', 'calls': [], 'kinds': json.load(sys.stdin)}\n\
        jsonschema.validate(manifest, schema)";
    let checked = std::process::Command::new(portolan_tests::python::interpreter())
        .args(["-c", check])
        .arg(&schema)
        .stdin(std::fs::File::open(&file).unwrap())
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
