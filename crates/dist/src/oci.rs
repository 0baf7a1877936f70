//! The components as an OCI image layout: a folder that registry clients copy from.
//!
//! Each component is an artifact of the form that the CNCF's guidance for WebAssembly describes and that `wkg` pushes: one layer
//! `application/wasm` under a configuration of its own type. Its bill of materials is a second artifact that refers to it.

use std::path::Path;

use serde_json::{Value, json};

use crate::files::{self, digest};
use crate::{Built, DistError, sbom};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";
const WASM: &str = "application/wasm";
const CYCLONEDX: &str = "application/vnd.cyclonedx+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// The configuration has to say when it was made. A real time would be another digest each day.
const CREATED: &str = "1970-01-01T00:00:00Z";
/// The guidance asks for this name of any component, whatever it imports.
const OS_OF_COMPONENTS: &str = "wasip2";

/// Writes the layout of all products that users get into `folder`, and gives the digest of each manifest by its tag.
///
/// # Errors
/// A file cannot be written; cargo does not say what is in a component.
pub fn write(root: &Path, built: &[Built], folder: &Path) -> Result<Vec<(String, String)>, DistError> {
    let version = env!("CARGO_PKG_VERSION");
    let (mut manifests, mut tags) = (Vec::new(), Vec::new());
    for one in built.iter().filter(|one| one.product.shipped) {
        let tag = format!("{}-{version}", one.product.name());
        let mut artifact = put_component(folder, one, version)?;
        let mut bill = put_sbom(folder, &one.product.sbom_file(), &sbom::of(root, one)?, &artifact)?;
        for (tag, manifest) in [(tag.clone(), &mut artifact), (format!("{tag}.sbom"), &mut bill)] {
            set(manifest, "annotations", json!({"org.opencontainers.image.ref.name": tag}));
            tags.push((tag, text(manifest, "digest")));
        }
        manifests.extend([artifact, bill]);
    }
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
    files::put(&folder.join("index.json"), index.to_string().as_bytes())?;
    files::put(&folder.join("oci-layout"), json!({"imageLayoutVersion": "1.0.0"}).to_string().as_bytes())?;
    Ok(tags)
}

fn put_component(folder: &Path, one: &Built, version: &str) -> Result<Value, DistError> {
    let mut layer = put(folder, WASM, &one.bytes)?;
    set(&mut layer, "annotations", json!({"org.opencontainers.image.title": one.product.file}));
    let config = json!({
        "created": CREATED,
        "architecture": "wasm",
        "os": OS_OF_COMPONENTS,
        "layerDigests": [text(&layer, "digest")],
        "component": {"exports": one.interface.exports, "imports": one.interface.imports},
    });
    let config = put(folder, WASM_CONFIG, config.to_string().as_bytes())?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config,
        "layers": [layer],
        "annotations": {
            "org.opencontainers.image.title": one.product.name(),
            "org.opencontainers.image.description": one.product.title,
            "org.opencontainers.image.version": version,
            "org.opencontainers.image.licenses": env!("CARGO_PKG_LICENSE"),
        },
    });
    put(folder, MANIFEST, manifest.to_string().as_bytes())
}

fn put_sbom(folder: &Path, file: &str, bill: &str, subject: &Value) -> Result<Value, DistError> {
    let mut layer = put(folder, CYCLONEDX, bill.as_bytes())?;
    set(&mut layer, "annotations", json!({"org.opencontainers.image.title": file}));
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": CYCLONEDX,
        "config": put(folder, EMPTY, b"{}")?,
        "layers": [layer],
        "subject": subject,
    });
    let mut descriptor = put(folder, MANIFEST, manifest.to_string().as_bytes())?;
    set(&mut descriptor, "artifactType", json!(CYCLONEDX));
    Ok(descriptor)
}

/// Writes a blob under its digest, and gives what refers to it.
fn put(folder: &Path, media_type: &str, bytes: &[u8]) -> Result<Value, DistError> {
    let digest = digest(bytes);
    files::put(&folder.join("blobs/sha256").join(&digest), bytes)?;
    Ok(json!({"mediaType": media_type, "digest": format!("sha256:{digest}"), "size": bytes.len()}))
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

fn text(object: &Value, key: &str) -> String {
    object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
