//! `portolan-dist`: builds what is distributed and writes it where it is told to.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use portolan_dist::{Built, DistError};

/// Builds Portolan's components and writes them with their WIT, digests and bills of materials.
#[derive(Debug, Parser)]
#[command(name = "portolan-dist", arg_required_else_help = true)]
struct Arguments {
    /// Where the components, `wit/`, the bills of materials and SHA256SUMS go
    folder: Option<PathBuf>,
    /// Write an OCI image layout of the components into this folder as well
    #[arg(long, value_name = "FOLDER")]
    oci: Option<PathBuf>,
    /// Write the component to where the packaged crate `portolan` carries it (before cargo package)
    #[arg(long)]
    into_crate: bool,
    /// Build what is shipped a second time under other paths, and compare
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    match made(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("portolan-dist: {error}");
            ExitCode::FAILURE
        }
    }
}

fn made(arguments: &Arguments) -> Result<(), DistError> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().nth(2).unwrap_or(package);
    let built = portolan_dist::build(root, &root.join("target/guest"))?;
    for one in &built {
        println!("{}", line(one));
    }
    if let Some(folder) = &arguments.folder {
        portolan_dist::write(root, &built, folder)?;
        println!("written to {}; there: sha256sum --check SHA256SUMS", folder.display());
    }
    if let Some(folder) = &arguments.oci {
        for (tag, digest) in portolan_dist::oci::write(root, &built, folder)? {
            println!("{}:{tag} {digest}", folder.display());
        }
    }
    if arguments.into_crate {
        for file in portolan_dist::into_crate(root, &built)? {
            println!("written to {}", file.display());
        }
    }
    if arguments.check {
        portolan_dist::reproduce::check(root, &built)?;
        println!("built again under other paths: what is shipped has the same bytes");
    }
    Ok(())
}

fn line(one: &Built) -> String {
    let imports = &one.interface.imports;
    let imports = if imports.is_empty() { "nothing".to_owned() } else { imports.join(", ") };
    format!("{} {} bytes, {}\n  imports {imports}", one.product.file, one.bytes.len(), one.digest())
}
