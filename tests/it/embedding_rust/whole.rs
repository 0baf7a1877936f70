//! Everything, by the library and by the binary: the same resources.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex};

use portolan_tests::binary::Portolan;
use portolan_tests::organization::{KINDS, Organization};
use serde_json::Value;

use super::{canonical, engine, environment, ndjson};

/// What was written, for whoever asks later.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn set<'a>(lines: impl Iterator<Item = &'a str>, pick: impl Fn(&Value) -> &Value) -> BTreeSet<String> {
    lines.map(|line| canonical(pick(&serde_json::from_str(line).unwrap())).to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_reads_what_the_binary_reads() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("embedded-whole", organization);
    // One role cannot be assumed, and one region is denied: both say so.
    portolan.sync(organization, &["--to", "ndjson:binary.ndjson", "--sensitive", "keep"]).expect(2);
    let binary = portolan.read("binary.ndjson");
    let mut environment = environment(organization);
    environment.push(("PORTOLAN_KINDS".to_owned(), KINDS.to_owned()));
    let written = Written::default();
    let report = ndjson::read(engine(), environment, written.clone()).await.unwrap();
    assert_eq!(report.exit_status(), 2, "{}", report.summary());
    assert!(!report.is_complete() && !report.is_interrupted());
    let library = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let of_binary = set(binary.lines(), |line| line);
    assert!(of_binary.len() > 50, "{}", of_binary.len());
    assert_eq!(set(library.lines(), |line| &line["resource"]), of_binary);
    for line in library.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        // The peer's kinds about accounts themselves say it among their properties.
        let context = &line["resource"]["__ExtraContext"]["AccountId"];
        assert!(context.is_null() || *context == line["account"], "{line}");
        assert_eq!(line["resource"]["Type"], line["kind"], "{line}");
    }
}
