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
    let path = programs::misbehaving();
    check_imports("misbehaving", &std::fs::read(path).unwrap());
}

#[test]
fn the_reader_of_imports_sees_what_stands_in_the_file() {
    // A component that asks for a WASI interface, in the binary format: header, one import section with one instance type.
    let name = b"wasi:cli/environment@0.2.6";
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    // Type section (7): one empty instance type. Import section (10): that name, an instance of type 0.
    bytes.extend([7, 3, 1, 0x42, 0]);
    bytes.extend([10, u8::try_from(name.len() + 5).unwrap(), 1, 0, u8::try_from(name.len()).unwrap()]);
    bytes.extend(name);
    bytes.extend([5, 0]);
    assert_eq!(component::imports(&bytes).unwrap(), ["wasi:cli/environment@0.2.6"]);
    assert!(component::imports(b"not a component").is_err());
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
