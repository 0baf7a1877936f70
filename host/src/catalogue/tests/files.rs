use super::*;

#[cfg(unix)]
#[test]
fn all_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    run(&mut catalogue, 1, &[(queues(), vec![queue("a")])], Confirm::SecondRun);
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
        seen += 1;
    }
    // The catalogue, its log, its shared memory, its lock.
    assert_eq!(seen, 4);
}

#[test]
fn a_second_run_is_told_that_the_first_holds_it() {
    let folder = Folder::new();
    let first = Catalogue::open(&folder.file()).unwrap();
    assert!(matches!(Catalogue::open(&folder.file()), Err(CatalogueError::Locked { .. })));
    drop(first);
    assert!(Catalogue::open(&folder.file()).is_ok());
}

#[test]
fn what_is_not_ours_is_left_as_it_is() {
    let folder = Folder::new();
    std::fs::write(folder.file(), "accounts:\n  - somebody's notes, long enough to look like a header of something\n")
        .unwrap();
    let before = std::fs::read(folder.file()).unwrap();
    assert!(matches!(Catalogue::open(&folder.file()), Err(CatalogueError::NotACatalogue { .. })));
    assert_eq!(std::fs::read(folder.file()).unwrap(), before);

    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    assert!(matches!(Catalogue::open(&other), Err(CatalogueError::NotACatalogue { .. })));
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = Folder::new();
    Catalogue::open(&folder.file()).unwrap().connection().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Catalogue::open(&folder.file()), Err(CatalogueError::TooNew { found: 99, .. })));
}

#[test]
fn the_redaction_key_is_the_ledgers_own_and_stays() {
    let (one, two) = (Folder::new(), Folder::new());
    let key = Catalogue::open(&one.file()).unwrap().redaction_key().unwrap();
    assert_eq!(Catalogue::open(&one.file()).unwrap().redaction_key().unwrap(), key);
    assert_ne!(Catalogue::open(&two.file()).unwrap().redaction_key().unwrap(), key);
    assert_eq!(key.expose().len(), 64);
    assert!(key.expose().bytes().all(|b| b.is_ascii_hexdigit()));
    assert!(!format!("{key:?}").contains(key.expose()));
}
