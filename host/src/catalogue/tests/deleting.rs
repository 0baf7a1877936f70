use super::*;

const GONE: &str = "SELECT id, missing_since IS NOT NULL, deleted_at IS NOT NULL FROM resources ORDER BY id";

#[test]
fn second_run_missing_once_stays_and_missing_twice_goes() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let both = [(queues(), vec![queue("a"), queue("b")])];
    let one = [(queues(), vec![queue("a")])];
    let go = |catalogue: &mut Catalogue, number, pages: &[_]| run(catalogue, number, pages, Confirm::SecondRun).1;
    go(&mut catalogue, 1, &both);
    assert_eq!(go(&mut catalogue, 2, &one), Applied { deleted: 0, marked: 1, withheld: 0 });
    assert_eq!(rows(&catalogue, "SELECT id, missing_since IS NOT NULL FROM current"), ["a|0", "b|1"]);
    // It is back: the mark goes, and the count begins anew.
    go(&mut catalogue, 3, &both);
    assert_eq!(rows(&catalogue, GONE), ["a|0|0", "b|0|0"]);
    assert_eq!(go(&mut catalogue, 4, &one), Applied { deleted: 0, marked: 1, withheld: 0 });
    assert_eq!(go(&mut catalogue, 5, &one), Applied { deleted: 1, marked: 0, withheld: 0 });
    assert_eq!(rows(&catalogue, "SELECT id FROM current"), ["a"]);
    assert_eq!(
        rows(&catalogue, "SELECT run_id, id, grounds, outcome FROM deletions"),
        ["run-5|b|absent-twice|deleted"]
    );
    assert_eq!(rows(&catalogue, "SELECT change, id FROM changed_last_run"), ["gone|b"]);
    // What is there again is another thing: nothing says that it is the same.
    let (counts, _) = run(&mut catalogue, 6, &both, Confirm::SecondRun);
    assert_eq!((counts.new, counts.unchanged), (1, 1));
    assert_eq!(rows(&catalogue, "SELECT count(*), count(deleted_at) FROM resources WHERE id = 'b'"), ["2|1"]);
}

#[test]
fn describe_decides_by_the_services_answer() {
    for (read, expected) in [
        (ReadBack::Gone, Applied { deleted: 1, marked: 0, withheld: 0 }),
        (ReadBack::There, Applied::default()),
        (ReadBack::Unanswered(ProblemClass::Throttled), Applied { deleted: 0, marked: 1, withheld: 0 }),
    ] {
        let mut catalogue = Catalogue::in_memory().unwrap();
        run(&mut catalogue, 1, &[(queues(), vec![queue("a"), queue("b")])], Confirm::Describe);
        let now = begin(&mut catalogue, 2);
        catalogue.store_page(&page(&queues(), vec![queue("a")], now)).unwrap();
        catalogue.finish_unit(&queues(), &end(Ended::AtItsEnd), now).unwrap();
        let plan = plan(&mut catalogue, Confirm::Describe, |_| read, &BTreeSet::new());
        assert_eq!(catalogue.apply(&plan, now).unwrap(), expected, "{read:?}");
        let seen_now = rows(&catalogue, "SELECT run_id FROM resources WHERE id = 'b'") == ["run-2"];
        assert_eq!(seen_now, read == ReadBack::There, "{read:?}");
    }
}

#[test]
fn one_observation_where_the_user_wants_it() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    run(&mut catalogue, 1, &[(queues(), vec![queue("a"), queue("b")])], Confirm::Off);
    let (_, applied) = run(&mut catalogue, 2, &[(queues(), vec![queue("a")])], Confirm::Off);
    assert_eq!(applied.deleted, 1);
}

#[test]
fn a_unit_that_failed_deletes_nothing_however_often() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    run(&mut catalogue, 1, &[(queues(), vec![queue("a"), queue("b")])], Confirm::SecondRun);
    for number in 2..=4 {
        let now = begin(&mut catalogue, number);
        let denied = PageRecord {
            whole: false,
            problems: vec![problem(ProblemClass::Denied)],
            ..page(&queues(), vec![queue("a")], now)
        };
        catalogue.store_page(&denied).unwrap();
        catalogue.finish_unit(&queues(), &end(Ended::AtItsEnd), now).unwrap();
        let plan = plan(&mut catalogue, Confirm::Off, |_| ReadBack::Gone, &BTreeSet::new());
        assert_eq!(catalogue.apply(&plan, now).unwrap(), Applied::default());
        catalogue.finish_run(2, "{}", now).unwrap();
    }
    assert_eq!(rows(&catalogue, GONE), ["a|0|0", "b|0|0"]);
    assert_eq!(rows(&catalogue, "SELECT kind, code, count FROM denied"), ["AWS::SQS::Queue|AccessDenied|1"]);
}

#[test]
fn in_part_deletes_only_below_the_parents_that_were_read() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let unit = unit("AWS::ECS::Service", ACCOUNT, "eu-west-1");
    let service = |id: &str, cluster: &str| line("AWS::ECS::Service", id, json!({}), json!({"parents": [cluster]}));
    let scope = |cluster: &str, whole: bool| {
        page_lines::parse(&json!({"parent": [cluster], "whole": whole}).to_string()).unwrap().remove(0)
    };
    let all = vec![service("s1", "a"), service("s2", "a"), service("s3", "b"), scope("a", true), scope("b", true)];
    run(&mut catalogue, 1, &[(unit.clone(), all)], Confirm::SecondRun);
    for number in 2..=3 {
        let now = begin(&mut catalogue, number);
        let lines = vec![service("s1", "a"), scope("a", true), scope("b", false)];
        let part =
            PageRecord { whole: false, problems: vec![problem(ProblemClass::Denied)], ..page(&unit, lines, now) };
        catalogue.store_page(&part).unwrap();
        catalogue.finish_unit(&unit, &end(Ended::AtItsEnd), now).unwrap();
        let plan = plan(&mut catalogue, Confirm::SecondRun, |_| ReadBack::NotAsked, &BTreeSet::new());
        catalogue.apply(&plan, now).unwrap();
        catalogue.finish_run(2, "{}", now).unwrap();
    }
    assert_eq!(rows(&catalogue, GONE), ["s1|0|0", "s2|1|1", "s3|0|0"]);
}

#[test]
fn a_guard_withholds_keeps_the_upserts_and_is_released_by_run() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let many: Vec<PageLine> = (0..40).map(|n| queue(&format!("q{n:02}"))).collect();
    run(&mut catalogue, 1, &[(queues(), many)], Confirm::Off);
    let few = [(queues(), vec![queue("q00"), queue("new")])];
    let (counts, applied) = run(&mut catalogue, 2, &few, Confirm::Off);
    assert_eq!((counts.new, applied), (1, Applied { deleted: 0, marked: 0, withheld: 39 }));
    assert_eq!(rows(&catalogue, "SELECT count(*) FROM current"), ["41"]);
    // Not by itself, and not by a run that withheld nothing.
    assert_eq!(run(&mut catalogue, 3, &few, Confirm::Off).1.withheld, 39);
    assert!(matches!(catalogue.withheld_by("run-1"), Err(CatalogueError::NoSuchPlan { .. })));
    let now = begin(&mut catalogue, 4);
    catalogue.store_page(&page(&queues(), vec![queue("q00"), queue("new")], now)).unwrap();
    catalogue.finish_unit(&queues(), &end(Ended::AtItsEnd), now).unwrap();
    let released = catalogue.withheld_by("run-2").unwrap();
    let plan = plan(&mut catalogue, Confirm::Off, |_| ReadBack::NotAsked, &released);
    assert_eq!(catalogue.apply(&plan, now).unwrap(), Applied { deleted: 39, marked: 0, withheld: 0 });
}

#[test]
fn deleted_rows_are_purged_when_their_time_is_over() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let tagged = line("AWS::SQS::Queue", "b", json!({"Tags": {"k": "v"}}), json!({}));
    run(&mut catalogue, 1, &[(queues(), vec![queue("a"), tagged])], Confirm::Off);
    run(&mut catalogue, 2, &[(queues(), vec![queue("a")])], Confirm::Off);
    let days = |n: u64| START + 2 * HOUR + n * 24 * HOUR + HOUR;
    assert_eq!(catalogue.purge(30, days(29)).unwrap(), 0);
    assert_eq!(catalogue.purge(30, days(30)).unwrap(), 1);
    assert_eq!(rows(&catalogue, "SELECT id FROM resources"), ["a"]);
    assert!(rows(&catalogue, "SELECT * FROM resource_tags").is_empty());
    // The last run is what the answers rest on; it stays.
    assert_eq!(rows(&catalogue, "SELECT run_id FROM runs"), ["run-2"]);
    assert_eq!(rows(&catalogue, "SELECT DISTINCT run_id FROM units"), ["run-2"]);
}

#[test]
fn accounts_and_regions_are_gone_only_by_whole_lists() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let account = |id: &str, state: &str| AccountRow {
        id: AccountId::parse(id).unwrap(),
        name: None,
        email: None,
        state: state.to_owned(),
        ou_path: None,
        tags: None,
        is_management: false,
    };
    let (a, b) = (account(ACCOUNT, "ACTIVE"), account("222222222222", "ACTIVE"));
    let gone = |catalogue: &Catalogue| {
        let known = catalogue.known_accounts().unwrap();
        known.iter().map(|account| (account.listed, account.gone_since.is_some())).collect::<Vec<_>>()
    };
    let now = begin(&mut catalogue, 1);
    catalogue.put_accounts(&[a.clone(), b.clone()], true, now).unwrap();
    assert_eq!(gone(&catalogue), [(true, false), (true, false)]);
    let now = begin(&mut catalogue, 2);
    catalogue.put_accounts(std::slice::from_ref(&a), false, now).unwrap();
    assert_eq!(gone(&catalogue), [(true, false), (false, false)]);
    let now = begin(&mut catalogue, 3);
    catalogue.put_accounts(std::slice::from_ref(&a), true, now).unwrap();
    assert_eq!(gone(&catalogue), [(true, false), (false, true)]);
    let now = begin(&mut catalogue, 4);
    catalogue.put_accounts(&[account(ACCOUNT, "CLOSED"), b], true, now).unwrap();
    assert_eq!(gone(&catalogue), [(true, true), (true, false)]);
    catalogue.retire_account(&a.id, now).unwrap();
    assert_eq!(catalogue.known_accounts().unwrap().len(), 1);

    let region = |name: &str, enabled: bool| RegionRow { region: Region::parse(name).unwrap(), enabled };
    let missing = |catalogue: &Catalogue| {
        rows(catalogue, "SELECT region, opt_status, reachable, missing_since IS NOT NULL FROM regions ORDER BY region")
    };
    catalogue.put_regions(&a.id, &[region("eu-west-1", true), region("me-south-1", false)], true, now).unwrap();
    catalogue.put_regions(&a.id, &[region("eu-west-1", true)], false, now + 1).unwrap();
    assert_eq!(missing(&catalogue), ["eu-west-1|guessed|1|0", "me-south-1|disabled|0|0"]);
    catalogue.put_regions(&a.id, &[region("eu-west-1", true)], true, now + 2).unwrap();
    assert_eq!(missing(&catalogue), ["eu-west-1|enabled|1|0", "me-south-1|disabled|0|1"]);
    assert_eq!(catalogue.known_regions().unwrap()[1].missing_since, Some(now + 2));
}
