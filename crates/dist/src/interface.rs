//! What a component asks of its host and what it gives, read from its bytes.

use wit_component::DecodedWasm;

use crate::{DistError, Product};

/// The names of a component's interfaces, as a linker knows them.
#[derive(Debug, Clone)]
pub struct Interface {
    /// What the host has to give.
    pub imports: Vec<String>,
    /// What the host can call.
    pub exports: Vec<String>,
}

/// Reads it, and refuses a component that asks for more than it may.
pub(crate) fn of(product: &Product, component: &[u8]) -> Result<Interface, DistError> {
    let refused = |reason: String| DistError::Interface { file: product.file, reason };
    let decoded = wit_component::decode(component).map_err(|error| refused(format!("{error:#}")))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err(refused("it is a WIT package, not a component".to_owned()));
    };
    let world = resolve.worlds.get(world).ok_or_else(|| refused("it has no world".to_owned()))?;
    let imports: Vec<String> = world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
    let exports = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
    let foreign: Vec<&str> =
        imports.iter().map(String::as_str).filter(|import| !product.imports.contains(import)).collect();
    if foreign.is_empty() {
        Ok(Interface { imports, exports })
    } else {
        Err(refused(format!("it imports {}, which no host gives it", foreign.join(", "))))
    }
}
