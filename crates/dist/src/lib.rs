//! Makes what Portolan is distributed as: its components with their WIT, digests and bills of materials, and the same as an
//! OCI image layout. The same sources and the same compiler give the same bytes, each time and everywhere: [`reproduce`].

mod files;
mod interface;
pub mod oci;
mod packages;
pub mod product;
pub mod reproduce;
mod sbom;

use std::path::{Path, PathBuf};

use portolan_component_build::{BuildError, Guest};

pub use files::{FileError, digest};
pub use product::{PRODUCTS, Product};

/// Where the packaged host crate carries the component, from the workspace's root. Git does not know the file.
const IN_CRATE: &str = "host/component/portolan.wasm";

/// Why something could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DistError {
    /// A component could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// What was built is not what is distributed.
    #[error("{file}: {reason}")]
    Interface {
        /// The product's file.
        file: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A program that was asked about packages or files did not answer.
    #[error("{program}: {reason}")]
    Tool {
        /// The program, as it was called.
        program: String,
        /// What it, or the system, said.
        reason: String,
    },
    /// Two builds of the same sources are not the same.
    #[error("{file} is not reproducible: {first} here, {second} in {folder}")]
    Differs {
        /// The product's file.
        file: &'static str,
        /// The digest of the first build.
        first: String,
        /// That of the other.
        second: String,
        /// Where the other was built.
        folder: PathBuf,
    },
}

/// A component that was built.
#[derive(Debug, Clone)]
pub struct Built {
    /// Which it is.
    pub product: &'static Product,
    /// The component.
    pub bytes: Vec<u8>,
    /// What it asks of its host, and what it gives.
    pub interface: interface::Interface,
}

impl Built {
    /// `sha256:…` of the component.
    #[must_use]
    pub fn digest(&self) -> String {
        format!("sha256:{}", digest(&self.bytes))
    }
}

/// Builds every product of the workspace at `root`; `target` is the folder that all its guests are built in.
///
/// # Errors
/// One does not build, or asks more of its host than it may.
pub fn build(root: &Path, target: &Path) -> Result<Vec<Built>, DistError> {
    PRODUCTS.iter().map(|product| build_one(product, root, target, None)).collect()
}

fn build_one(
    product: &'static Product,
    root: &Path,
    target: &Path,
    cargo_home: Option<&Path>,
) -> Result<Built, DistError> {
    let bytes =
        Guest { root, workspace: product.workspace, package: product.package, target, cargo_home }.component()?;
    let interface = interface::of(product, &bytes)?;
    Ok(Built { product, bytes, interface })
}

/// Writes the components, the WIT files, the bills of materials and the digests of all of them into `folder`.
///
/// # Errors
/// A file cannot be read or written; cargo does not say what is in a component.
pub fn write(root: &Path, built: &[Built], folder: &Path) -> Result<(), DistError> {
    let mut written = Vec::new();
    for one in built {
        written.push((one.product.file.to_owned(), one.bytes.clone()));
        if one.product.shipped {
            written.push((one.product.sbom_file(), sbom::of(root, one)?.into_bytes()));
        }
    }
    written.extend(files::wit(root)?);
    written.push(("SHA256SUMS".to_owned(), files::sums(&written).into_bytes()));
    for (name, bytes) in &written {
        files::put(&folder.join(name), bytes)?;
    }
    Ok(())
}

/// Writes the component to where the packaged host crate carries it, and says where.
///
/// # Errors
/// The file cannot be written.
pub fn into_crate(root: &Path, built: &[Built]) -> Result<Vec<PathBuf>, DistError> {
    let mut written = Vec::new();
    for one in built.iter().filter(|one| one.product.package == "portolan-guest") {
        files::put(&root.join(IN_CRATE), &one.bytes)?;
        written.push(root.join(IN_CRATE));
    }
    Ok(written)
}
