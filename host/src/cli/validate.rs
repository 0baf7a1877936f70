//! `portolan validate`, and how mistakes are printed everywhere.

use super::args::ValidateArgs;
use super::judge;
use crate::config::Loaded;
use crate::config::files::Disk;
use crate::config::mapping::MappingFile;
use crate::config::mistake::Refused;
use crate::config::node::Origin;
use crate::engine::Engine;

/// What a command that makes no call prints, and its exit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// For standard output.
    pub out: String,
    /// For standard error.
    pub err: String,
    /// 0, or 1: a mistake in the configuration.
    pub status: u8,
}

impl Printed {
    /// Text for standard output.
    #[must_use]
    pub const fn done(out: String) -> Self {
        Self { out, err: String::new(), status: 0 }
    }

    /// All mistakes, one a line, and how many there are.
    #[must_use]
    pub fn refused(refused: &Refused) -> Self {
        let count = refused.mistakes.len();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        Self { out: String::new(), err: format!("{refused}\n{count} {noun} in the configuration\n"), status: 1 }
    }
}

/// What is said of a configuration and a mapping that a run would take: notices, warnings, and that nothing is wrong.
#[must_use]
pub fn validate(loaded: &Loaded, warnings: &[String]) -> Printed {
    let lines = loaded.notices.iter().chain(warnings).map(|line| format!("{line}\n"));
    Printed::done(lines.chain(["no mistakes\n".to_owned()]).collect())
}

/// What the component warns of.
///
/// # Errors
/// What it, or the reading of the mapping, says against the files: a line for each mistake.
pub(super) async fn judged(engine: Engine, args: &ValidateArgs, loaded: &Loaded) -> Result<Vec<String>, String> {
    judge::settings(engine.clone(), &loaded.settings).await?;
    let Some(file) = &args.mapping else { return Ok(Vec::new()) };
    let mapping = MappingFile::read(file, &Disk, &Origin::Flag("--mapping")).map_err(|mistake| mistake.to_string())?;
    let (_, warnings) = judge::mapping(engine, &mapping, &loaded.settings.kinds.definitions).await?;
    Ok(warnings.into_iter().map(|warning| format!("warning: {warning}")).collect())
}
