//! Which packages are in a component: what cargo itself says, for the component's own target.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use portolan_component_build::TARGET;

use crate::{DistError, Product, files};

/// A package that is in a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression; empty where the package names none.
    pub(crate) license: String,
    /// SHA-256 of its archive in the registry; none for our own.
    pub(crate) archive: Option<String>,
    /// Keys of the packages that it uses directly.
    pub(crate) uses: BTreeSet<String>,
}

impl Package {
    /// `name@version`: one of each is in a component.
    pub(crate) fn key(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

/// The packages of a product, by their keys. Macros and build scripts run on the builder's machine and are left out, with all
/// that only they use.
pub(crate) fn of(root: &Path, product: &Product) -> Result<BTreeMap<String, Package>, DistError> {
    let arguments = ["tree", "--locked", "--package", product.package, "--target", TARGET];
    let program = format!("cargo {}", arguments.join(" "));
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root.join(product.workspace)).args(arguments);
    cargo.args(["--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", "\t{p}\t{l}\t"]);
    let failed = |reason: String| DistError::Tool { program: program.clone(), reason };
    let answer = cargo.output().map_err(|error| failed(error.to_string()))?;
    if !answer.status.success() {
        return Err(failed(String::from_utf8_lossy(&answer.stderr).into_owned()));
    }
    let archives = archives(&files::text(&root.join(product.workspace).join("Cargo.lock"))?);
    read_tree(&String::from_utf8_lossy(&answer.stdout), &archives)
        .ok_or_else(|| failed("its answer is not a tree of packages".to_owned()))
}

/// Reads lines of depth, `name vVERSION (where)` and licence. A package's own packages are told once, and follow it one deeper.
fn read_tree(tree: &str, archives: &BTreeMap<String, String>) -> Option<BTreeMap<String, Package>> {
    let mut packages: BTreeMap<String, Package> = BTreeMap::new();
    let mut above: Vec<String> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let mut parts = line.split('\t');
        let (depth, package, license) = (parts.next()?.parse::<usize>().ok()?, parts.next()?, parts.next()?);
        let mut words = package.split(' ');
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        let key = format!("{name}@{version}");
        above.truncate(depth);
        if let Some(user) = above.last().and_then(|user| packages.get_mut(user)) {
            user.uses.insert(key.clone());
        }
        above.push(key.clone());
        packages.entry(key.clone()).or_insert_with(|| Package {
            name: name.to_owned(),
            version: version.to_owned(),
            // The older form of two licences to choose from.
            license: license.replace('/', " OR "),
            archive: archives.get(&key).cloned(),
            uses: BTreeSet::new(),
        });
    }
    (!packages.is_empty()).then_some(packages)
}

/// The digests in a `Cargo.lock`, which cargo writes in one form: `name`, `version` and `checksum` each on a line of their own.
fn archives(lock: &str) -> BTreeMap<String, String> {
    let blocks = lock.split("[[package]]");
    let value = |block: &str, key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    blocks
        .filter_map(|block| {
            let key = format!("{}@{}", value(block, "name")?, value(block, "version")?);
            Some((key, value(block, "checksum")?))
        })
        .collect()
}
