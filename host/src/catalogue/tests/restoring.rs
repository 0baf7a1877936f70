use super::*;

const LATER: u64 = START + 90 * 24 * HOUR;

fn both() -> [(UnitKey, Vec<PageLine>); 1] {
    [(queues(), vec![queue("a"), queue("b")])]
}

fn one() -> [(UnitKey, Vec<PageLine>); 1] {
    [(queues(), vec![queue("a")])]
}

fn became(catalogue: &mut Catalogue, run_id: &str) -> Vec<Restoration> {
    let restored = catalogue.restore(run_id, None, START + 50 * HOUR).unwrap();
    restored.into_iter().map(|(_, became)| became).collect()
}

/// Runs 1 and 2, the second of which deletes `b`.
fn deleted() -> Catalogue {
    let mut catalogue = Catalogue::in_memory().unwrap();
    run(&mut catalogue, 1, &both(), Confirm::Off);
    assert_eq!(run(&mut catalogue, 2, &one(), Confirm::Off).1.deleted, 1);
    catalogue
}

#[test]
fn what_is_put_back_needs_two_runs_to_go_again_and_one_to_be_as_any_other() {
    let mut catalogue = deleted();
    assert_eq!(became(&mut catalogue, "run-2"), [Restoration::Back]);
    assert_eq!(became(&mut catalogue, "run-2"), [Restoration::BackAlready]);
    assert_eq!(run(&mut catalogue, 60, &one(), Confirm::Off).1, Applied { deleted: 0, marked: 1, withheld: 0 });
    assert_eq!(run(&mut catalogue, 61, &one(), Confirm::Off).1, Applied { deleted: 1, marked: 0, withheld: 0 });
    assert_eq!(became(&mut catalogue, "run-2"), [Restoration::DeletedSince]);
    assert_eq!(became(&mut catalogue, "run-61"), [Restoration::Back]);
    // Seen: from now on it is as any other.
    run(&mut catalogue, 62, &both(), Confirm::Off);
    assert_eq!(run(&mut catalogue, 63, &one(), Confirm::Off).1.deleted, 1);
}

#[test]
fn what_is_there_again_or_purged_is_not_put_back() {
    let mut catalogue = deleted();
    run(&mut catalogue, 3, &both(), Confirm::Off);
    assert_eq!(became(&mut catalogue, "run-2"), [Restoration::SeenSince]);
    assert_eq!(rows(&catalogue, "SELECT count(*), count(deleted_at) FROM resources WHERE id = 'b'"), ["2|1"]);

    let mut catalogue = deleted();
    run(&mut catalogue, 3, &one(), Confirm::Off);
    catalogue.connection().execute("DELETE FROM resources WHERE id = 'b'", []).unwrap();
    assert_eq!(became(&mut catalogue, "run-2"), [Restoration::NotKept]);
    catalogue.purge(30, LATER).unwrap();
    let error = catalogue.restore("run-2", None, LATER).unwrap_err();
    assert!(matches!(error, CatalogueError::NothingToRestore { .. }), "{error}");
    assert!(catalogue.deleting_runs().unwrap().is_empty());
}

#[test]
fn runs_that_deleted_are_listed_the_newest_first() {
    let mut catalogue = deleted();
    run(&mut catalogue, 3, &both(), Confirm::Off);
    run(&mut catalogue, 4, &one(), Confirm::Off);
    became(&mut catalogue, "run-4");
    let listed: Vec<(String, u64, u64)> =
        catalogue.deleting_runs().unwrap().into_iter().map(|run| (run.run_id, run.deleted, run.restored)).collect();
    assert_eq!(listed, [("run-4".to_owned(), 1, 1), ("run-2".to_owned(), 1, 0)]);
}
