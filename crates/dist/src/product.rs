//! What is made.

/// A component, and what may be said of it before it is built.
#[derive(Debug)]
pub struct Product {
    /// Its file.
    pub file: &'static str,
    /// The package that it is built from.
    pub package: &'static str,
    /// The folder of that package's workspace, from the root; `.` for the root itself.
    pub workspace: &'static str,
    /// Whether users get it. The others are for tests of hosts, and have no bill of materials and no place in a registry.
    pub shipped: bool,
    /// What it is, in a line.
    pub title: &'static str,
    /// All that it may ask of its host.
    pub imports: &'static [&'static str],
}

const SIGNED_HTTP_AND_LOG: &[&str] = &["portolan:aws/signed-http@0.1.0", "portolan:aws/log@0.1.0"];

/// All components, the product first.
pub const PRODUCTS: &[Product] = &[
    Product {
        file: "portolan.wasm",
        package: "portolan-guest",
        workspace: ".",
        shipped: true,
        title: "Discovers what runs in AWS accounts",
        imports: SIGNED_HTTP_AND_LOG,
    },
    Product {
        file: "portolan-guard.wasm",
        package: "portolan-guard-component",
        workspace: ".",
        shipped: true,
        title: "Decides whether a request to AWS is a permitted read",
        imports: &[],
    },
    Product {
        file: "portolan-conformance.wasm",
        package: "portolan-conformance",
        workspace: "conformance/component",
        shipped: false,
        title: "Does what a test of a host asks of it, well or badly",
        imports: SIGNED_HTTP_AND_LOG,
    },
];

impl Product {
    /// Its name without `.wasm`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.file.trim_end_matches(".wasm")
    }

    /// The file of its bill of materials.
    #[must_use]
    pub fn sbom_file(&self) -> String {
        format!("{}.cdx.json", self.name())
    }
}
