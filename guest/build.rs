//! Turns the kind definitions (`catalog/*.yaml`) into JSON that the component embeds.
//!
//! YAML is for people; the component reads JSON only, and only that of the services in use. So the result is one
//! line per service: its name, the kinds in it (with their other names), and the definitions as text.
#![allow(clippy::indexing_slicing, reason = "a missing key of a JSON value is null, not a panic")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

#[path = "src/catalog/always.rs"]
mod always;
#[path = "build/derived.rs"]
mod derived;
#[allow(dead_code, reason = "paths through shapes propose names as well")]
#[path = "src/nearest.rs"]
mod nearest;

use always::{DESCRIBE_TYPE, DISCOVERY, PLAN};
use derived::IamActions;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=catalog");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/catalog/shapes.rs");
    println!("cargo::rerun-if-changed=src/catalog/always.rs");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir("catalog")?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.retain(|path| path.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    let mut out = String::from("&[\n");
    let mut actions = IamActions::new();
    let discovery = DISCOVERY.1.iter().map(|operation| (DISCOVERY.0, *operation));
    for (service, operation) in discovery.chain(PLAN.iter().copied()).chain([DESCRIBE_TYPE]) {
        derived::add(service, operation, &mut actions);
    }
    for file in &files {
        let entry = service(file, &mut actions).map_err(|error| format!("{}: {error}", file.display()))?;
        out.push_str(&entry);
    }
    out.push_str("]\n");
    let digest: String = Sha256::digest(&out).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=PORTOLAN_CATALOG_DIGEST={digest}");
    let folder = std::env::var("OUT_DIR")?;
    // In order of the operations, as they are looked up.
    let actions: Vec<_> = actions.iter().collect();
    std::fs::write(Path::new(&folder).join("actions.rs"), format!("&{actions:?}"))?;
    Ok(std::fs::write(Path::new(&folder).join("catalog.rs"), out)?)
}

fn service(file: &Path, actions: &mut IamActions) -> Result<String, Box<dyn Error>> {
    let text = std::fs::read_to_string(file)?;
    let documents = Yaml::load_from_str(&text)?;
    let [document] = documents.as_slice() else { return Err("expected one document".into()) };
    let mut value = json(document)?;
    let name = value["service"].as_str().ok_or("`service` is missing")?.to_owned();
    for definition in value["kinds"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        derived::add_actions(&name, definition, actions);
        derived::fill_in(&name, definition)?;
    }
    let kinds = value["kinds"].as_object().ok_or("`kinds` is missing")?;
    let mut out = String::new();
    write!(out, "    Embedded {{ service: {name:?}, kinds: &[")?;
    for (kind, definition) in kinds {
        write!(out, "({kind:?}, &[")?;
        for alias in definition["aliases"].as_array().into_iter().flatten() {
            write!(out, "{:?}, ", alias.as_str().ok_or("an alias is not text")?)?;
        }
        write!(out, "]), ")?;
    }
    writeln!(out, "], json: {:?} }},", serde_json::to_string(&value["kinds"])?)?;
    Ok(out)
}

fn json(node: &Yaml<'_>) -> Result<Value, Box<dyn Error>> {
    Ok(match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => Value::Bool(*value),
        Yaml::Value(Scalar::Integer(value)) => Value::from(*value),
        Yaml::Value(Scalar::FloatingPoint(value)) => Value::from(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => Value::from(value.as_ref()),
        Yaml::Sequence(items) => Value::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let key = key.as_str().ok_or("a key is not text")?;
                map.insert(key.to_owned(), json(value)?);
            }
            Value::Object(map)
        }
        _ => return Err("tags and aliases have no place in a definition".into()),
    })
}
