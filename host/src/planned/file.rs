//! The file of `sync --plan-out`.
//!
//! Three parts, all of them lines of JSON: a header ([`PlanHeader`]: what the plan was made from and what it comes to), the
//! recording of the run (see `aws/recording`: what AWS answered, **values that the catalogue redacts included**), and a last
//! line with a digest of all that stands before it. So the file is readable by its owner alone, and is to be kept as the
//! catalogue is. The form has a number; another form is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Changes;
use crate::aws::{RecordingError, Replay};
use crate::catalogue::file::{beside, private_options};
use crate::config::settings::Settings;

/// The form of the file.
pub const FORM: u32 = 1;

/// How old a plan may be when it is carried out: long enough to be read and released by somebody the next morning, short
/// enough that what AWS said then is worth writing down.
pub const PLAN_AGE_MAX: Duration = Duration::from_hours(24);

/// The last line, but for the digest in it; so its length is fixed.
const LAST: (&str, &str) = (r#"{"portolan_plan_end":1,"sha256":""#, "\"}\n");
/// Hex digits of a SHA-256.
const DIGEST_CHARS: usize = 64;
/// The header lists every deletion with its key, half a KiB each; a million of them.
const HEADER_BYTES_MAX: u64 = 512 << 20;

/// What a plan was made from: all of it has to be the same when it is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeFrom {
    /// The version of this program.
    pub version: String,
    /// The component's digest.
    pub component: String,
    /// The component's own digest of its configuration.
    pub fingerprint: String,
    /// Digests of the settings that decide about rows, by their section.
    pub settings: BTreeMap<String, String>,
    /// What the catalogue held.
    pub catalogue: String,
}

/// The first line of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanHeader {
    /// [`FORM`].
    pub portolan_plan: u32,
    /// What the reader of the file should know.
    pub notice: String,
    /// The run that the plan is of; it appears in the catalogue under this id when it is carried out.
    pub run_id: String,
    /// When it was made, in milliseconds since 1970.
    pub made_at_ms: u64,
    /// What it was made from.
    #[serde(flatten)]
    pub made_from: MadeFrom,
    /// The keys of all resources that go: carrying it out must come to exactly these.
    pub deletions: BTreeSet<String>,
    /// What would change.
    #[serde(flatten)]
    pub changes: Changes,
}

/// A plan that is whole.
pub struct PlanFile {
    /// Its header.
    pub header: PlanHeader,
    /// What AWS answered.
    pub answers: Replay,
}

/// Why a plan is not carried out, or could not be kept. The catalogue is as it was.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file cannot be read or written.
    #[error("{}: {source}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No plan, or not all of it.
    #[error("{}: {reason}; make the plan again with --plan-out", file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The recording in it cannot be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// It was made by, from or for something else.
    #[error(
        "the plan {run_id} is not carried out, and nothing was written: {reason}; make the plan again with --plan-out"
    )]
    Refused {
        /// The plan's run.
        run_id: String,
        /// What is not the same.
        reason: String,
    },
}

impl PlanHeader {
    /// The header of a plan that was just made.
    #[must_use]
    pub fn new(
        run_id: String,
        made_at_ms: u64,
        made_from: MadeFrom,
        deletions: BTreeSet<String>,
        changes: Changes,
    ) -> Self {
        let notice = "This file holds what AWS answered about the estate, values that the catalogue redacts included. \
            Keep it as you keep the catalogue, and remove it when it was carried out.";
        Self { portolan_plan: FORM, notice: notice.to_owned(), run_id, made_at_ms, made_from, deletions, changes }
    }

    /// Whether the plan may be carried out now, from this. The first thing that differs is the reason why not.
    ///
    /// # Errors
    /// [`PlanError::Refused`].
    pub fn check(&self, now: &MadeFrom, now_ms: u64) -> Result<(), PlanError> {
        let was = &self.made_from;
        let age = Duration::from_millis(now_ms.saturating_sub(self.made_at_ms));
        let differing: Vec<&str> = was
            .settings
            .iter()
            .filter(|(name, digest)| now.settings.get(*name) != Some(digest))
            .map(|(name, _)| name.as_str())
            .collect();
        let reason = if was.version != now.version {
            format!("portolan {} made it, and this is {}", was.version, now.version)
        } else if was.component != now.component {
            "another component made it".to_owned()
        } else if !differing.is_empty() {
            format!("it was made with other settings ({}): give the same flags and the same file", differing.join(", "))
        } else if was.fingerprint != now.fingerprint {
            "it was made with another choice of kinds or of their actions, regions or definitions: give the same flags \
             and the same file"
                .to_owned()
        } else if was.catalogue != now.catalogue {
            "the catalogue has changed since it was made".to_owned()
        } else if age > PLAN_AGE_MAX {
            let hours = PLAN_AGE_MAX.as_secs() / 3_600;
            format!("it is {} hours old, and what AWS said is taken for {hours}", age.as_secs() / 3_600)
        } else {
            return Ok(());
        };
        Err(PlanError::Refused { run_id: self.run_id.clone(), reason })
    }
}

/// Digests of the settings that decide about rows and that the component's fingerprint does not know, by their section.
#[must_use]
pub fn settings_digests(settings: &Settings) -> BTreeMap<String, String> {
    let limits = settings.limits.pages_per_unit;
    // `Debug` shows all that these hold, in a fixed order, and of secrets that there is one.
    [
        ("accounts", format!("{:?}", settings.accounts)),
        ("regions", format!("{:?}", settings.regions)),
        ("deletion", format!("{:?}", settings.deletion)),
        ("sensitive", format!("{:?}", settings.sensitive)),
        ("limits.pages_per_unit", limits.to_string()),
        ("--allow-mass-delete", format!("{:?}", settings.allow_mass_delete)),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), hex(&Sha256::digest(text.as_bytes()))))
    .collect()
}

/// Writes a plan over the recording of its run, whole or not at all; the recording is taken away.
///
/// # Errors
/// [`PlanError::File`].
pub fn write(file: &Path, header: &PlanHeader, recording: &Path) -> Result<(), PlanError> {
    let part = beside(file, ".new");
    let written = write_to(&part, header, recording)
        .and_then(|()| std::fs::rename(&part, file))
        .and_then(|()| std::fs::remove_file(recording));
    written.map_err(|source| PlanError::File { file: file.to_owned(), source })
}

fn write_to(part: &Path, header: &PlanHeader, recording: &Path) -> io::Result<()> {
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut out =
        Summing { inner: BufWriter::new(private_options().create_new(true).open(part)?), digest: Sha256::new() };
    serde_json::to_writer(&mut out, header)?;
    out.write_all(b"\n")?;
    io::copy(&mut File::open(recording)?, &mut out)?;
    let Summing { inner: mut out, digest } = out;
    let (before, after) = LAST;
    write!(out, "{before}{}{after}", hex(&digest.finalize()))?;
    out.flush()?;
    out.get_ref().sync_all()
}

/// Adds up what passes.
struct Summing<I> {
    inner: I,
    digest: Sha256,
}

impl<I: Write> Write for Summing<I> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl PlanFile {
    /// Reads a plan, if all of it is there and as it was written.
    ///
    /// # Errors
    /// [`PlanError::File`], [`PlanError::Damaged`], [`PlanError::Recording`].
    pub fn open(file: &Path) -> Result<Self, PlanError> {
        let failed = |source| PlanError::File { file: file.to_owned(), source };
        let damaged = |reason: String| PlanError::Damaged { file: file.to_owned(), reason };
        let mut opened = File::open(file).map_err(failed)?;
        let length = opened.metadata().map_err(failed)?.len();
        let last = (LAST.0.len() + DIGEST_CHARS + LAST.1.len()) as u64;
        let Some(body) = length.checked_sub(last) else {
            return Err(damaged("this is no plan made by --plan-out".to_owned()));
        };
        let header = header(&opened).map_err(failed)?;
        let header = match header.as_deref().map(serde_json::from_slice::<PlanHeader>) {
            Some(Ok(header)) if header.portolan_plan == FORM => header,
            Some(Ok(header)) => {
                let found = header.portolan_plan;
                return Err(damaged(format!("form {found} of plans; this version reads form {FORM}")));
            }
            Some(Err(_)) | None => return Err(damaged("this is no plan made by --plan-out".to_owned())),
        };
        opened.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut sum = Summing { inner: io::sink(), digest: Sha256::new() };
        io::copy(&mut Read::by_ref(&mut opened).take(body), &mut sum).map_err(failed)?;
        let mut found = String::new();
        // What is not text is not our last line.
        let read = opened.read_to_string(&mut found);
        if read.is_err() || found != format!("{}{}{}", LAST.0, hex(&sum.digest.finalize()), LAST.1) {
            return Err(damaged("the file is damaged: it is not what was written".to_owned()));
        }
        opened.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut lines = BufReader::new(opened.take(body));
        lines.skip_until(b'\n').map_err(failed)?;
        Ok(Self { header, answers: Replay::read(lines, file)? })
    }
}

/// The first line; none where there is no end of it.
fn header(file: &File) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    BufReader::new(file).take(HEADER_BYTES_MAX).read_until(b'\n', &mut line)?;
    Ok(line.ends_with(b"\n").then_some(line))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: u64 = 1_795_309_323_000;

    fn from(version: &str, component: &str, fingerprint: &str, accounts: &str, catalogue: &str) -> MadeFrom {
        MadeFrom {
            version: version.to_owned(),
            component: component.to_owned(),
            fingerprint: fingerprint.to_owned(),
            settings: BTreeMap::from([("accounts".to_owned(), accounts.to_owned())]),
            catalogue: catalogue.to_owned(),
        }
    }

    #[test]
    fn a_plan_fits_what_it_was_made_from_and_nothing_else() {
        let made = from("1", "c", "f", "a", "empty");
        let header = PlanHeader::new("r".to_owned(), MADE, made.clone(), BTreeSet::new(), Changes::default());
        let age = u64::try_from(PLAN_AGE_MAX.as_millis()).unwrap();
        assert!(header.check(&made, MADE + age).is_ok());
        for (now, later, why) in [
            (from("2", "c", "f", "a", "empty"), 0, "portolan 1 made it, and this is 2"),
            (from("1", "d", "f", "a", "empty"), 0, "another component"),
            (from("1", "c", "g", "a", "empty"), 0, "another choice of kinds"),
            (from("1", "c", "g", "b", "empty"), 0, "other settings (accounts)"),
            (from("1", "c", "f", "a", "sha256:1"), 0, "the catalogue has changed"),
            (made, age + 1, "it is 24 hours old"),
        ] {
            let error = header.check(&now, MADE + later).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("nothing was written"), "{error}");
        }
        let line = serde_json::to_string(&header).unwrap();
        assert_eq!(serde_json::from_str::<PlanHeader>(&line).unwrap(), header);
    }
}
