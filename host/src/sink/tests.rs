use std::path::{Path, PathBuf};
use std::sync::Arc;

use portolan_names::AccountId;

use super::*;
use crate::catalogue::{Catalogue, CatalogueError};
use crate::outcome::Ended;
use crate::page_lines;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("portolan-sink-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn unit() -> UnitKey {
    UnitKey { kind: "AWS::S3::Bucket".to_owned(), account: AccountId::parse("111122223333").unwrap(), region: None }
}

fn page(ids: &[&str]) -> Arc<PageRecord> {
    let line = |id: &&str| {
        format!(
            r#"{{"id":"{id}","resource":{{"Type":"AWS::S3::Bucket","Properties":{{"z":1,"a":"{id}"}},"__ExtraContext":{{}}}}}}"#
        )
    };
    let text = ids.iter().map(line).collect::<Vec<_>>().join("\n");
    let lines = page_lines::parse(&text).unwrap();
    Arc::new(PageRecord {
        unit: unit(),
        lines,
        mapped: None,
        problems: vec![],
        whole: true,
        next: None,
        calls: 1,
        now: 2,
    })
}

fn ended(interrupted: bool) -> RunEnd {
    RunEnd { interrupted, exit_status: 0, summary: "{}".to_owned(), now: 3 }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_file_takes_its_place_when_the_run_is_done() {
    let folder = Folder::new("done");
    let path = folder.0.join("estate.ndjson");
    std::fs::write(&path, "before\n").unwrap();
    let sink = NdjsonSink::open(&NdjsonTarget::File(path.clone())).unwrap();
    sink.store(page(&["one", "two", "one"])).await.unwrap();
    sink.store(page(&["two", "three"])).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before\n");
    sink.finish(ended(false)).await.unwrap();
    let line = |id| format!(r#"{{"Type":"AWS::S3::Bucket","Properties":{{"z":1,"a":"{id}"}}}}"#);
    let expected: String = ["one", "two", "three"].iter().map(|id| line(id) + "\n").collect();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    assert_eq!(names(&folder.0), ["estate.ndjson"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn an_interrupted_run_leaves_what_was_there() {
    let folder = Folder::new("interrupted");
    let path = folder.0.join("estate.ndjson");
    std::fs::write(&path, "before\n").unwrap();
    // A killed run's half file is in the way.
    std::fs::write(folder.0.join("estate.ndjson.part"), "half").unwrap();
    let sink = NdjsonSink::open(&NdjsonTarget::File(path.clone())).unwrap();
    sink.store(page(&["one"])).await.unwrap();
    sink.finish(ended(true)).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before\n");
    assert_eq!(names(&folder.0), ["estate.ndjson"]);
}

#[tokio::test]
async fn sinks_of_both_kinds_take_the_same_pages() {
    let folder = Folder::new("both");
    let catalogue = CatalogueSink::open(&folder.0.join("portolan.db")).unwrap();
    let ndjson = NdjsonSink::open(&NdjsonTarget::File(folder.0.join("x.ndjson"))).unwrap();
    let sinks: [&dyn Sink; 2] = [&catalogue, &ndjson];
    for sink in sinks {
        let start = RunStart { run_id: "r".to_owned(), started: 1, partition: "aws".to_owned(), ..RunStart::default() };
        sink.begin(start).await.unwrap();
        let counts = sink.store(page(&["one", "two"])).await.unwrap();
        assert_eq!(counts.map(|c| c.new), if sink.name().starts_with("sqlite") { Some(2) } else { None });
        let end = UnitEnd { ended: Ended::AtItsEnd, problem: None, calls: 0 };
        sink.end_unit(unit(), end, 2).await.unwrap();
        sink.remove(Arc::new(Plan::default()), 3).await.unwrap();
        sink.finish(ended(false)).await.unwrap();
    }
    // While it is open nobody else gets it; when it is dropped, all is on disk.
    let path = folder.0.join("portolan.db");
    assert!(matches!(CatalogueSink::open(&path), Err(SinkError::Catalogue(CatalogueError::Locked { .. }))));
    drop(catalogue);
    let stored = Catalogue::open(&path).unwrap();
    let count: i64 = stored.connection().query_row("SELECT count(*) FROM aws_s3_bucket", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 2);
}
