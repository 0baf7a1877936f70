//! What is distributed: the component that the host embeds, described by what is in it, with nothing of the machine that built it.

use std::collections::BTreeSet;
use std::process::Command;

use portolan::engine;
use portolan_dist::{Built, digest};
use portolan_tests::folders::{self, Scratch};
use portolan_tests::python;
use serde_json::Value;

/// The reader of bills of materials that `CycloneDX`'s own project publishes, with the published schema.
const CYCLONEDX: &str = "cyclonedx-python-lib[json-validation]==11.12.0\n";

fn built() -> Vec<Built> {
    portolan_dist::build(&folders::workspace(), &folders::target().join("guest")).unwrap()
}

/// The packages of the registry whose sources a component names, in messages of panics: `memchr-2.8.3`.
fn named_in(component: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(component);
    let folders = text.split("/registry/").skip(1).filter_map(|rest| rest.split_once("/src/"));
    folders.map(|(folder, _)| folder.to_owned()).filter(|folder| !folder.contains(['/', ' '])).collect()
}

#[test]
fn the_component_in_the_host_is_the_one_that_is_distributed() {
    let built = built();
    assert_eq!(built[0].digest(), engine::digest_of(engine::COMPONENT));
}

#[test]
fn no_folder_of_the_builders_is_in_a_component() {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
    let mut folders = vec![
        folders::workspace().display().to_string(),
        folders::target().display().to_string(),
        portolan_component_build::cargo_home().unwrap().display().to_string(),
        format!("{}/lib/rustlib", String::from_utf8(sysroot.stdout).unwrap().trim()),
    ];
    folders.extend(std::env::home_dir().map(|home| format!("{}/.", home.display())));
    for one in built() {
        let text = String::from_utf8_lossy(&one.bytes);
        for folder in &folders {
            assert!(!text.contains(folder), "{} names {folder}", one.product.file);
        }
        assert!(text.contains("/rustc/"), "{}: the standard library's own name", one.product.file);
    }
    assert!(!named_in(&built()[0].bytes).is_empty());
}

#[test]
fn the_files_are_what_their_digests_say() {
    let scratch = Scratch::new("distributed");
    portolan_dist::write(&folders::workspace(), &built(), scratch.path()).unwrap();
    let arguments = ["--check", "--strict", "SHA256SUMS"];
    let checked = Command::new("sha256sum").args(arguments).current_dir(scratch.path()).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    let sums = std::fs::read_to_string(scratch.file("SHA256SUMS")).unwrap();
    assert!(sums.contains(&format!("{}  portolan.wasm\n", digest(engine::COMPONENT))), "{sums}");
    assert!(sums.contains("  wit/sync.wit\n") && sums.contains("  wit/guard/guard.wit\n"), "{sums}");
}

#[test]
fn bills_of_materials_are_cyclonedx_and_name_all_that_is_in_the_component() {
    let scratch = Scratch::new("materials");
    let built = built();
    portolan_dist::write(&folders::workspace(), &built, scratch.path()).unwrap();
    let python = python::environment("cyclonedx", CYCLONEDX).unwrap();
    for one in built.iter().filter(|one| one.product.shipped) {
        let file = scratch.file(&one.product.sbom_file());
        let check = "import json, sys\n\
            from cyclonedx.model.bom import Bom\n\
            from cyclonedx.schema import SchemaVersion\n\
            from cyclonedx.validation.json import JsonStrictValidator\n\
            text = open(sys.argv[1]).read()\n\
            wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)\n\
            sys.exit(wrong and str(wrong) or not Bom.from_json(json.loads(text)).validate())";
        let checked = Command::new(&python).args(["-c", check]).arg(&file).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

        let bill: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let components = bill["components"].as_array().unwrap();
        let text = |component: &Value, key: &str| component[key].as_str().unwrap_or_default().to_owned();
        let listed: BTreeSet<String> =
            components.iter().map(|one| format!("{}-{}", text(one, "name"), text(one, "version"))).collect();
        let missing: Vec<_> = named_in(&one.bytes).difference(&listed).cloned().collect();
        assert!(missing.is_empty(), "{}: {missing:?} are in it and not in its bill", one.product.file);
        for component in components {
            assert!(component["licenses"][0].is_object(), "{component}");
            let own = text(component, "name").starts_with("portolan");
            assert!(own || component["purl"].is_string(), "{component}");
            let package = text(component, "purl").starts_with("pkg:cargo/");
            assert!(!package || component["hashes"][0]["content"].is_string(), "{component}");
        }
        let macros = ["serde_derive", "syn", "wit-bindgen-rust-macro", "wasmtime", "saphyr"];
        assert!(components.iter().all(|one| !macros.contains(&text(one, "name").as_str())));
    }
}
