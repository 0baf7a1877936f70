use std::path::PathBuf;

/// Why the catalogue could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Another run holds it: exit status 6.
    #[error("another run holds {}", path.display())]
    Locked {
        /// The catalogue.
        path: PathBuf,
    },
    /// The file is something else; it was not touched.
    #[error("{} is not a catalogue of portolan's, and was left as it is", path.display())]
    NotACatalogue {
        /// The file.
        path: PathBuf,
    },
    /// A newer portolan wrote it.
    #[error("{} has schema version {found}; this portolan knows {known}: use the newer one", path.display())]
    TooNew {
        /// The catalogue.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The file could not be made or opened.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A call that needs a run came before `begin_run`.
    #[error("no run has begun")]
    NoRun,
    /// `--allow-mass-delete` names a run that withheld nothing.
    #[error("run {run_id} withheld no deletions here")]
    NoSuchPlan {
        /// As it was given.
        run_id: String,
    },
    /// `restore` names a run that deleted nothing, or nothing of that kind, that is still on record.
    #[error(
        "run {run_id} deleted nothing{} here that is still on record; `portolan restore` without --run lists the runs that did",
        kind.as_ref().map(|kind| format!(" of {kind}")).unwrap_or_default()
    )]
    NothingToRestore {
        /// As it was given.
        run_id: String,
        /// As it was given.
        kind: Option<String>,
    },
    /// SQLite refused a transaction of several writes at its end: a full disk, a damaged file. Nothing of it was stored.
    #[error("the catalogue: not committed: {0}")]
    NotCommitted(String),
    /// SQLite refused: a full disk, a damaged file. Nothing of the transaction was stored.
    #[error("the catalogue: {0}")]
    Sqlite(#[from] rusqlite::Error),
}
