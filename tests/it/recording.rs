//! A run recorded and replayed gives the same, byte for byte, with no identity and no network.

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::organization::Organization;
use serde_json::Value;

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn without_times(run: &Run) -> Value {
    let mut report = run.report().clone();
    report.as_object_mut().unwrap().remove("times");
    report
}

#[test]
fn a_replay_gives_the_same_lines_and_the_same_report() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("recorded", organization);
    let sinks = ["--to", "ndjson:recorded.ndjson", "--to", "sqlite:recorded.db"];
    let more: Vec<&str> =
        sinks.iter().chain(&["--record", "all.recording", "--include-actions", "all"]).copied().collect();
    let recorded = portolan.sync(organization, &more).expect(2);
    let first = portolan.read("all.recording").lines().next().unwrap_or_default().to_owned();
    assert!(first.to_lowercase().contains("about the estate"), "the first line says what it holds: {first}");

    // No endpoint, no keys: nobody can be asked.
    let replaying = Portolan::new("replayed");
    replaying.write("external-id", "another-external-id");
    std::fs::copy(portolan.file("all.recording"), replaying.file("all.recording")).unwrap();
    let sinks = ["--to", "ndjson:replayed.ndjson", "--to", "sqlite:replayed.db"];
    for _ in 0..2 {
        let _ = std::fs::remove_file(replaying.file("replayed.db"));
        let more: Vec<&str> =
            sinks.iter().chain(&["--replay", "all.recording", "--include-actions", "all"]).copied().collect();
        let replayed = replaying.sync(organization, &more).expect(2);
        assert_eq!(sorted(&replaying.read("replayed.ndjson")), sorted(&portolan.read("recorded.ndjson")));
        let (theirs, ours) = (without_times(&recorded), without_times(&replayed));
        for (name, value) in theirs.as_object().unwrap() {
            assert_eq!(&ours[name], value, "{name}");
        }
        assert_eq!(ours.to_string(), theirs.to_string());
    }
}
