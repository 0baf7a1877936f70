//! What all rows share: the binary, a folder, how large the large ones are.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::scratch::Scratch;
use crate::sync::Sync;
use crate::{binary, child};

/// What a row is measured with.
#[derive(Debug)]
pub struct Bench {
    /// The portolan that is measured.
    pub portolan: PathBuf,
    /// Compiled code, there from the start: what a process finds that is not the first of its version.
    pub cache: PathBuf,
    /// Accounts of the large rows.
    pub accounts: u32,
    _folder: Scratch,
}

impl Bench {
    /// Brings the binary up to date, where none is given, and has the component compiled once.
    ///
    /// # Errors
    /// When it cannot be built or does not run.
    pub fn new(portolan: Option<PathBuf>, accounts: u32) -> Result<Self> {
        let portolan = match portolan {
            Some(given) => given.canonicalize().unwrap_or(given),
            None => binary::portolan()?,
        };
        let folder = Scratch::new("bench")?;
        let cache = folder.path().join("cache");
        let made = Self { portolan, cache, accounts, _folder: folder };
        let sync = Sync::new(&made)?;
        let used = child::run(&mut sync.command(&["kinds".to_owned()])?, sync.longest)?;
        ensure!(used.status == Some(0), "{} kinds ended with {:?}", made.portolan.display(), used.status);
        Ok(made)
    }

    /// Processors that a process may use.
    #[expect(clippy::unused_self, reason = "a row asks the bench for all that it is measured with")]
    pub fn cores(&self) -> u32 {
        std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX))
    }
}
