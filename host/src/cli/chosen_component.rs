//! Which component is run: the one inside, or another build of it whose digest was given.

use std::borrow::Cow;
use std::path::PathBuf;

use clap::Args;

use crate::engine::{COMPONENT, digest_of, file};

/// The flags that choose it, which every command takes.
#[derive(Debug, Clone, Default, Args)]
pub struct ChosenComponent {
    /// Run another build of the component than the one inside; give its digest as well
    #[arg(long, global = true, value_name = "FILE", help_heading = "Component")]
    pub component: Option<PathBuf>,
    /// Digest of that build; another is refused
    #[arg(long, global = true, value_name = "sha256:…", help_heading = "Component")]
    pub component_digest: Option<String>,
    /// Run that build whatever its digest; the guard checks its requests like any other's
    #[arg(long, global = true, help_heading = "Component")]
    pub allow_unverified: bool,
}

impl ChosenComponent {
    /// The component's bytes: those inside, or those of the file where they are the ones that were asked for.
    ///
    /// # Errors
    /// What is wrong with the choice, and what to do. Nothing of the file was run.
    pub fn bytes(&self) -> Result<Cow<'static, [u8]>, String> {
        let Some(path) = &self.component else {
            if self.component_digest.is_some() || self.allow_unverified {
                return Err(
                    "--component-digest and --allow-unverified are about another component: name its file with \
                    --component FILE"
                        .to_owned(),
                );
            }
            return Ok(Cow::Borrowed(COMPONENT));
        };
        let shown = path.display();
        let bytes = file::read(path).map_err(|why| format!("--component {shown}: {why}"))?;
        let digest = digest_of(&bytes);
        match &self.component_digest {
            Some(given) if file::same_digest(given, &digest) => Ok(Cow::Owned(bytes)),
            Some(given) => Err(format!(
                "--component {shown} is not run: it is another component than the one asked for\n  \
                 --component-digest  {given}\n  the file's digest   {digest}"
            )),
            None if self.allow_unverified => Ok(Cow::Owned(bytes)),
            None => Err(format!(
                "--component {shown} is not run: nothing says that it is the one that you mean\n  \
                 the file's digest   {digest}\n\
                 Give the digest that whoever built it has published (--component-digest sha256:…), or --allow-unverified"
            )),
        }
    }
}
