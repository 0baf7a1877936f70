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

/// A component that asks its host for one interface, without functions, and has nothing else: in the binary format.
///
/// # Panics
/// When the name is longer than a hundred bytes.
pub fn importing(name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).ok().filter(|length| *length <= 100);
    let length = length.unwrap_or_else(|| panic!("{name:?} is too long for a test"));
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    // Type section (7): one empty instance type. Import section (10): that name, an instance of type 0.
    bytes.extend([7, 3, 1, 0x42, 0]);
    bytes.extend([10, length + 5, 1, 0, length]);
    bytes.extend(name.as_bytes());
    bytes.extend([5, 0]);
    bytes
}
