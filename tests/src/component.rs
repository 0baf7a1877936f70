//! What a built component asks of its host.

use wasmparser::{Parser, Payload};

/// The names of a component's imports, in the order of the file: `portolan:aws/log@0.1.0`.
///
/// Only the outermost component's imports are the host's business; what its inner modules import from each other is not.
///
/// # Errors
/// The bytes are not a component.
pub fn imports(component: &[u8]) -> Result<Vec<String>, wasmparser::BinaryReaderError> {
    let mut depth = 0_u32;
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    names.push(import?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}
