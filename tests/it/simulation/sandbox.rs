//! What all seeds share: the engine with the compiled component, the kinds, a runtime of one thread, a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::BoxFuture;
use portolan::bindings::portolan::aws::signed_http::{Request, Response, SendError};
use portolan::cli::flags::Flags;
use portolan::config::accept::Day;
use portolan::config::files::{FileText, Files};
use portolan::config::kinds::KnownKinds;
use portolan::config::settings::Settings;
use portolan::config::{Sources, load};
use portolan::engine::{COMPONENT, Engine};
use portolan::imports::{CallScope, Outbound};
use portolan::instance::Instances;
use portolan::manifest::Manifest;
use portolan_tests::folders::{self, Scratch};
use tokio::runtime::Runtime;

use super::estate::{EXCLUDED, Estate, MANAGEMENT};
use super::mapping;

/// Units read side by side. Each takes an instance, which has to be configured in each run: that is what a run costs.
const INSTANCES: u32 = 2;
/// Guards that trip over little, so that they trip often.
const WARY: &str = "deletion: { unit: { at_least: 2, share: 0.3 }, account: { at_least: 3, share: 0.2 }, run: { at_least: 4, share: 0.1 } }\n";

/// See the head of this file.
pub struct Sandbox {
    pub engine: Engine,
    known: KnownKinds,
    pub runtime: Runtime,
    folder: Folder,
}

/// Where the catalogues are: in memory where the system has a file system for that, since a run waits for the disk several
/// times and does little else.
struct Folder {
    path: PathBuf,
    _scratch: Option<Scratch>,
}

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!("/dev/shm/portolan-simulation-{}-{number}", std::process::id()));
        if std::fs::create_dir(&path).is_ok() {
            return Self { path, _scratch: None };
        }
        let scratch = Scratch::new("simulation");
        Self { path: scratch.path().to_path_buf(), _scratch: Some(scratch) }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// For calls that send nothing.
struct Nowhere;

impl Outbound for Nowhere {
    fn send<'a>(&'a self, _: &'a CallScope, _: Vec<Request>) -> BoxFuture<'a, Vec<Result<Response, SendError>>> {
        Box::pin(async { Vec::new() })
    }
}

/// The configuration and the mapping of a seed.
struct TwoFiles(String, String);

impl Files for TwoFiles {
    fn read(&self, path: &Path) -> std::io::Result<FileText> {
        let text = if path == Path::new(mapping::FILE) { &self.1 } else { &self.0 };
        Ok(FileText { text: text.clone(), others_can_read: false })
    }

    fn names(&self, _: &Path) -> std::io::Result<Vec<String>> {
        Ok(Vec::new())
    }
}

impl Sandbox {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let cache = folders::target().join("cache");
        let engine = Engine::with_instances(COMPONENT, Some(&cache), INSTANCES).unwrap();
        let described = runtime.block_on(Instances::describe(&engine, Arc::new(Nowhere))).unwrap();
        let manifest = serde_json::to_value(Manifest::parse(&described).unwrap()).unwrap();
        let known = KnownKinds::from_manifest(&manifest).unwrap();
        Self { engine, known, runtime, folder: Folder::new() }
    }

    /// The settings of a seed; `wary` with guards that trip over little.
    pub fn settings(&self, file: &Path, estate: &Estate, wary: bool) -> Settings {
        let kinds: Vec<&str> = estate.sorts.iter().filter_map(|sort| sort.facts().kind).collect();
        let text = format!(
            "version: 1\nmapping: {}\nroles: {{ list: 'arn:aws:iam::{MANAGEMENT}:role/Read' }}\naccounts: {{ from: organization }}\n\
             regions: {{ deny: [{EXCLUDED}] }}\nkinds: {{ default: none, include: ['AWS::Organizations::Account', '{}'] }}\n\
             to: ['sqlite:{}']\n{}",
            mapping::FILE,
            kinds.join("', '"),
            file.display(),
            if wary { WARY } else { "" }
        );
        let loaded = load(Sources {
            env: &BTreeMap::new(),
            files: &TwoFiles(text, mapping::text(&estate.sorts)),
            flags: &Flags::default(),
            kinds: &self.known,
            today: Day::parse("2026-11-22").unwrap(),
            cores: 1,
        });
        loaded.unwrap_or_else(|refused| panic!("{refused:?}")).settings
    }

    /// The catalogue of a seed.
    pub fn file(&self, seed: u64) -> PathBuf {
        self.folder.path.join(format!("{seed}.db"))
    }
}
