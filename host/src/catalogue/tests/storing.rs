use super::*;

#[test]
fn a_second_run_of_the_same_changes_nothing() {
    let folder = Folder::new();
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    let tagged = |order: bool| {
        let properties = if order {
            json!({"QueueName": "b", "Tags": {"Owner": "web"}, "Delay": 1.5})
        } else {
            json!({"Delay": 1.5, "Tags": {"Owner": "web"}, "QueueName": "b"})
        };
        line("AWS::SQS::Queue", "b", properties, json!({}))
    };
    let (first, _) = run(&mut catalogue, 1, &[(queues(), vec![queue("a"), tagged(true)])], Confirm::SecondRun);
    assert_eq!((first.new, first.found()), (2, 2));
    let but_times = "SELECT resource_key, properties, tags, first_seen, changed_at, missing_since, deleted_at, stale_since FROM resources";
    let before = rows(&catalogue, but_times);
    // AWS gives members in any order.
    let (second, applied) = run(&mut catalogue, 2, &[(queues(), vec![tagged(false), queue("a")])], Confirm::SecondRun);
    assert_eq!((second.new, second.changed, second.unchanged), (0, 0, 2));
    assert_eq!(applied, Applied::default());
    assert_eq!(rows(&catalogue, but_times), before);
    assert!(rows(&catalogue, "SELECT * FROM changed_last_run").is_empty());
    assert_eq!(rows(&catalogue, "SELECT DISTINCT run_id FROM resources"), ["run-2"]);
    assert_eq!(
        rows(&catalogue, "SELECT * FROM resource_tags"),
        ["aws/111122223333/eu-west-1/AWS::SQS::Queue/b|Owner|web"]
    );
}

#[test]
fn an_item_on_two_pages_is_one() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let (counts, _) = run(&mut catalogue, 1, &[(queues(), vec![queue("a"), queue("a")])], Confirm::SecondRun);
    assert_eq!((counts.new, counts.repeated, counts.found()), (1, 1, 1));
    assert_eq!(rows(&catalogue, "SELECT count(*) FROM resources"), ["1"]);
}

#[test]
fn gaps_keep_the_last_known_values_and_say_since_when() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let full = line("AWS::SQS::Queue", "q", json!({"Delay": 1, "Tags": {"Owner": "web"}}), json!({}));
    let gap = line("AWS::SQS::Queue", "q", json!({"Delay": 2}), json!({"gaps": ["ListQueueTagsAction"]}));
    let stale = "SELECT properties ->> 'Delay', tags, stale_since IS NOT NULL, stale_actions FROM current";
    run(&mut catalogue, 1, &[(queues(), vec![full.clone()])], Confirm::SecondRun);
    let (counts, _) = run(&mut catalogue, 2, &[(queues(), vec![gap.clone()])], Confirm::SecondRun);
    assert_eq!(counts.changed, 1);
    assert_eq!(rows(&catalogue, stale), [r#"2|{"Owner":"web"}|1|["ListQueueTagsAction"]"#]);
    let since = rows(&catalogue, "SELECT stale_since FROM stale");
    assert_eq!(rows(&catalogue, "SELECT membership, freshness FROM units WHERE run_id = 'run-2'"), ["whole|stale"]);
    // Still stale: since the first time.
    let (counts, _) = run(&mut catalogue, 3, &[(queues(), vec![gap])], Confirm::SecondRun);
    assert_eq!(counts.unchanged, 1);
    assert_eq!(rows(&catalogue, "SELECT stale_since FROM stale"), since);
    // Read again: fresh, and tags that are gone are gone.
    let bare = line("AWS::SQS::Queue", "q", json!({"Delay": 2}), json!({}));
    run(&mut catalogue, 4, &[(queues(), vec![bare])], Confirm::SecondRun);
    assert_eq!(rows(&catalogue, stale), ["2||0|"]);
    assert!(rows(&catalogue, "SELECT * FROM resource_tags").is_empty());
}

#[test]
fn another_generation_closes_the_old_row() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let made = |created: Option<&str>| {
        let more = created.map_or(json!({}), |created| json!({"created": created}));
        line("AWS::SQS::Queue", "q", json!({"Tags": {"at": created}}), more)
    };
    let go = |catalogue: &mut Catalogue, number, created| {
        run(catalogue, number, &[(queues(), vec![made(created)])], Confirm::SecondRun).0
    };
    go(&mut catalogue, 1, Some("2024-01-01T00:00:00Z"));
    // A detail call that failed leaves the generation unknown: the same thing.
    assert_eq!(go(&mut catalogue, 2, None).replaced, 0);
    assert_eq!(go(&mut catalogue, 3, Some("2024-01-01T00:00:00Z")).replaced, 0);
    assert_eq!(rows(&catalogue, "SELECT count(*) FROM resources"), ["1"]);
    let counts = go(&mut catalogue, 4, Some("2024-06-01T00:00:00Z"));
    assert_eq!((counts.new, counts.replaced, counts.changed), (1, 1, 0));
    assert_eq!(
        rows(&catalogue, "SELECT created_at, first_seen > '2024-11-22T04' FROM current"),
        ["2024-06-01T00:00:00Z|1"]
    );
    let closed = "SELECT d.grounds, d.outcome, r.created_at FROM deletions d JOIN resources r USING (resource_key) WHERE r.deleted_at IS NOT NULL";
    assert_eq!(rows(&catalogue, closed), ["replaced|replaced|2024-01-01T00:00:00Z"]);
    assert_eq!(rows(&catalogue, "SELECT count(DISTINCT resource_key) FROM resource_tags"), ["2"]);
}

#[test]
fn a_page_and_its_units_progress_are_stored_together() {
    let folder = Folder::new();
    let unit = queues();
    {
        let mut catalogue = Catalogue::open(&folder.file()).unwrap();
        let now = begin(&mut catalogue, 1);
        let first = PageRecord {
            whole: false,
            problems: vec![problem(ProblemClass::Denied)],
            next: Some("page 2".to_owned()),
            ..page(&unit, vec![queue("a")], now)
        };
        catalogue.store_page(&first).unwrap();
        // Killed here.
    }
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    let now = begin(&mut catalogue, 1);
    let progress = catalogue.begin_unit(&unit, now).unwrap();
    assert_eq!((progress.pages, progress.cursor.as_deref(), progress.ended), (1, Some("page 2"), false));
    catalogue.store_page(&page(&unit, vec![queue("b")], now)).unwrap();
    let outcome = catalogue.finish_unit(&unit, &end(Ended::AtItsEnd), now).unwrap();
    // The page before the kill was not whole, and that is not forgotten.
    assert_eq!(outcome.membership, crate::outcome::Membership::Unknown(ProblemClass::Denied));
    assert_eq!(catalogue.outcomes().unwrap()[&unit], outcome);
    assert_eq!(catalogue.outcomes_of([unit.clone()].into()).unwrap(), catalogue.outcomes().unwrap());
    assert_eq!(rows(&catalogue, "SELECT class, code, message FROM units"), ["denied|AccessDenied|not authorized"]);
}

#[test]
fn a_unit_that_begins_again_proves_by_its_new_pages_alone() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let now = begin(&mut catalogue, 1);
    let unit = queues();
    let first = PageRecord { whole: false, next: Some("x".to_owned()), ..page(&unit, vec![queue("a")], now) };
    catalogue.store_page(&first).unwrap();
    catalogue.restart_unit(&unit).unwrap();
    catalogue.store_page(&page(&unit, vec![queue("a")], now)).unwrap();
    let outcome = catalogue.finish_unit(&unit, &end(Ended::AtItsEnd), now).unwrap();
    assert_eq!(outcome.membership, crate::outcome::Membership::Whole);
}

#[test]
fn an_end_that_is_none_proves_nothing() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let now = begin(&mut catalogue, 1);
    let (unit, other) = (queues(), unit("AWS::SNS::Topic", ACCOUNT, "eu-west-1"));
    let outcome = catalogue.finish_unit(&other, &end(Ended::AtItsEnd), now).unwrap();
    assert_eq!(outcome.membership, crate::outcome::Membership::Unknown(ProblemClass::BadCall));
    catalogue.store_page(&PageRecord { next: Some("x".to_owned()), ..page(&unit, vec![], now) }).unwrap();
    let outcome = catalogue.finish_unit(&unit, &end(Ended::AtItsEnd), now).unwrap();
    assert_eq!(outcome.membership, crate::outcome::Membership::Unknown(ProblemClass::BadCall));
}

#[test]
fn what_units_were_is_remembered_for_what_is_new() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let (good, bad) = (queues(), unit("AWS::SNS::Topic", ACCOUNT, "eu-west-1"));
    for number in 1..=3 {
        let now = begin(&mut catalogue, number);
        let mut before = BTreeMap::new();
        catalogue.each_previous_unit(|unit, was| before.extend([(unit, was)])).unwrap();
        match number {
            1 => assert!(before.is_empty()),
            2 => assert_eq!(before[&good], Before { last_whole: true, ever_whole: true }),
            _ => assert_eq!(before[&good], Before { last_whole: false, ever_whole: true }),
        }
        assert_eq!(before.get(&bad).copied().unwrap_or_default(), Before::default());
        if number == 1 {
            catalogue.store_page(&page(&good, vec![], now)).unwrap();
            catalogue.finish_unit(&good, &end(Ended::AtItsEnd), now).unwrap();
        } else {
            // Begun, and never ended: the run was stopped.
            catalogue.begin_unit(&good, now).unwrap();
        }
        catalogue.finish_unit(&bad, &end(Ended::Before(ProblemClass::NoCredentials)), now).unwrap();
        catalogue.finish_run(2, "{}", now).unwrap();
    }
    assert_eq!(
        rows(&catalogue, "SELECT membership, class FROM units WHERE run_id = 'run-3' AND kind LIKE '%Queue'"),
        ["unknown|cancelled"]
    );
}

#[test]
fn nothing_is_stored_outside_a_run() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    assert!(matches!(catalogue.store_page(&page(&queues(), vec![], 0)), Err(CatalogueError::NoRun)));
}
