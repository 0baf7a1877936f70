use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Stdout, Write};
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;

use sha2::{Digest, Sha256};

use crate::catalogue::file::{beside, private_options};
use crate::catalogue::{PageCounts, PageRecord};
use crate::page_lines::{PageLine, ResourceLine};
use crate::unit::UnitKey;

use super::{NdjsonTarget, RunEnd, Sink, SinkError, Worker};

/// One resource envelope a line, in the order in which they were read; each resource of a unit once.
///
/// A file is written beside its place (mode 0600) and takes it when the run is done: whoever reads it never sees half.
/// A run that was interrupted leaves what was there before.
pub struct NdjsonSink {
    name: String,
    worker: Worker<Writer>,
}

enum Place {
    Stdout(Stdout),
    File { part: BufWriter<File>, at: PathBuf, path: PathBuf },
}

struct Writer {
    place: Place,
    /// The first 16 bytes of a digest of each resource written: an item on two pages, or a unit that began again, must
    /// not write it twice. 16 bytes instead of a key of a hundred, and no two of a million alike.
    written: HashSet<[u8; 16]>,
}

impl NdjsonSink {
    /// Opens the stream, or the file beside its place.
    ///
    /// # Errors
    /// No access to the folder; no thread.
    pub fn open(target: &NdjsonTarget) -> Result<Self, SinkError> {
        let (name, place) = match target {
            NdjsonTarget::Stdout => ("ndjson:-".to_owned(), Ok(Place::Stdout(io::stdout()))),
            NdjsonTarget::File(path) => (format!("ndjson:{}", path.display()), file_beside(path.clone())),
        };
        let failed = |source| SinkError::Io { what: name.clone(), source };
        let writer = Writer { place: place.map_err(failed)?, written: HashSet::new() };
        let worker = Worker::start(&name, writer).map_err(failed)?;
        Ok(Self { name, worker })
    }
}

fn file_beside(path: PathBuf) -> io::Result<Place> {
    let at = beside(&path, ".part");
    // Left by a run that was killed. Made anew rather than cut, so that its mode is ours and it is no link elsewhere.
    match fs::remove_file(&at) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let part = private_options().create_new(true).open(&at)?;
    Ok(Place::File { part: BufWriter::new(part), at, path })
}

impl Writer {
    /// Writes the page's resources. All of a page goes out in one write, so that an error leaves no line in two.
    fn store(&mut self, page: &PageRecord) -> io::Result<()> {
        let mut lines = Vec::new();
        let mut new = Vec::new();
        for line in &page.lines {
            let PageLine::Resource(line) = line else { continue };
            let digest = digest(&page.unit, line);
            if self.written.contains(&digest) || new.contains(&digest) {
                continue;
            }
            serde_json::to_writer(&mut lines, &line.envelope())?;
            lines.push(b'\n');
            new.push(digest);
        }
        match &mut self.place {
            Place::Stdout(stdout) => {
                let mut stdout = stdout.lock();
                stdout.write_all(&lines)?;
                stdout.flush()?;
            }
            Place::File { part, .. } => part.write_all(&lines)?,
        }
        self.written.extend(new);
        Ok(())
    }

    fn finish(&mut self, interrupted: bool) -> io::Result<()> {
        match &mut self.place {
            Place::Stdout(stdout) => stdout.flush(),
            Place::File { at, .. } if interrupted => fs::remove_file(at),
            Place::File { part, at, path } => {
                part.flush()?;
                part.get_ref().sync_all()?;
                fs::rename(at, path)
            }
        }
    }
}

fn digest(unit: &UnitKey, line: &ResourceLine) -> [u8; 16] {
    let region = unit.region.as_ref().map_or("", |region| region.as_str());
    let mut hash = Sha256::new();
    for part in [unit.kind.as_str(), unit.account.as_str(), region, line.id.as_str()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut digest = [0; 16];
    for (to, from) in digest.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    digest
}

impl Sink for NdjsonSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn store(&self, page: Arc<PageRecord>) -> BoxFuture<'_, Result<Option<PageCounts>, SinkError>> {
        Box::pin(async move {
            let stored = self.worker.with(move |writer| writer.store(&page)).await?;
            stored.map(|()| None).map_err(|source| SinkError::Io { what: self.name.clone(), source })
        })
    }

    fn finish(&self, end: RunEnd) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(async move {
            let finished = self.worker.with(move |writer| writer.finish(end.interrupted)).await?;
            finished.map_err(|source| SinkError::Io { what: self.name.clone(), source })
        })
    }
}
