//! What the threat model claims is held by tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

use portolan_tests::folders;

/// The documents whose claims name tests.
const DOCUMENTS: &[&str] = &["SECURITY.md", "docs/threat-model.md", "docs/guard.md", "wit/VERSIONING.md"];

/// What stands between backticks and is a test: `tests/it/misbehaving.rs`, or with a function: `tests/it/x.rs::name`.
fn named_tests(text: &str) -> BTreeSet<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter(|word| !word.contains(char::is_whitespace) && word.contains('/'))
        .filter(|word| {
            word.contains(".rs")
                || word.starts_with("host/")
                || word.starts_with("crates/")
                || word.starts_with("tests/")
        })
        .map(str::to_owned)
        .collect()
}

/// Whether a file below the root has a test of that name.
fn has_test(file: &Path, name: &str) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        if line.contains("#[test]") || line.contains("#[tokio::test") {
            marked = true;
        } else if marked && line.contains("fn ") {
            if line.contains(&format!("fn {name}(")) {
                return true;
            }
            marked = false;
        }
    }
    false
}

#[test]
fn every_claim_of_the_threat_model_names_tests_that_exist() {
    let root = folders::workspace();
    let mut count = 0;
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root.join(document)).unwrap_or_else(|error| panic!("{document}: {error}"));
        for named in named_tests(&text) {
            let (path, function) = named.split_once("::").unwrap_or((&named, ""));
            let file = root.join(path);
            assert!(file.exists(), "{document} names {path}, which is not there");
            if !function.is_empty() {
                assert!(has_test(&file, function), "{document}: {path} has no test {function}");
                count += 1;
            }
        }
    }
    assert!(count >= 40, "only {count} claims name a test");
}

/// Every row of a table of claims ends with the tests that hold it, or says that none does.
#[test]
fn every_row_of_the_threat_model_names_its_test() {
    let text = std::fs::read_to_string(folders::workspace().join("docs/threat-model.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| --- "));
    let mut count = 0;
    for row in rows.filter(|row| !row.starts_with("| it ")) {
        let last = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        assert!(last.contains("::") || last.contains("*not "), "no test in: {row}");
        count += 1;
    }
    assert!(count >= 30, "only {count} rows");
}
