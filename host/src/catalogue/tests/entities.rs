//! Entities: who writes one, when it goes, what keeps it.

use super::*;
use crate::deletion::GuardSettings;
use crate::entity_lines;

const GUARD: GuardSettings = GuardSettings { at_least: 3, share: 0.2 };
const THERE: &str =
    "SELECT identifier, title, sources FROM entities WHERE deleted_at IS NULL ORDER BY blueprint, identifier";

fn entity(of: &str, mapping: u32, identifier: &str, title: &str) -> serde_json::Value {
    json!({"of": of, "mapping": mapping, "identifier": identifier, "blueprint": "thing",
        "entity": {"title": title, "relations": {"account": ACCOUNT, "many": ["x", "y"], "looked_up": {"combinator": "and"}, "none": null}}})
}

fn failed(of: &str, mapping: u32) -> serde_json::Value {
    json!({"of": of, "mapping": mapping, "failed": "identifier"})
}

fn mapped(mapping: &str, lines: &[serde_json::Value]) -> Option<Mapped> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    Some(Mapped { mapping: mapping.to_owned(), lines: entity_lines::parse(&text).unwrap() })
}

/// One run over these units, each one whole page, and its end.
fn sync(
    catalogue: &mut Catalogue,
    number: u64,
    pages: &[(UnitKey, Vec<PageLine>, Option<Mapped>)],
    released: Option<&str>,
) -> EntityChanges {
    let now = begin(catalogue, number);
    for (unit, lines, mapped) in pages {
        catalogue.store_page(&PageRecord { mapped: mapped.clone(), ..page(unit, lines.clone(), now) }).unwrap();
        catalogue.finish_unit(unit, &end(Ended::AtItsEnd), now + 1).unwrap();
    }
    let plan = plan(catalogue, Confirm::Off, |_| ReadBack::NotAsked, &BTreeSet::new());
    catalogue.apply(&plan, now + 2).unwrap();
    let settled = catalogue.settle_entities(&format!("run-{number}"), GUARD, released, now + 2).unwrap();
    catalogue.finish_run(0, "{}", now + 3).unwrap();
    settled.changes
}

fn changes(total: u64, new: u64, changed: u64, gone: u64) -> EntityChanges {
    EntityChanges { total, new, changed, gone, withheld: 0 }
}

#[test]
fn an_entity_that_several_units_make_lives_until_none_does_and_does_not_flap() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let (here, there) = (queues(), unit("AWS::SQS::Queue", ACCOUNT, "us-east-1"));
    let of = |unit: &UnitKey, lines: Vec<PageLine>, title: &str| {
        (
            unit.clone(),
            lines.clone(),
            mapped("m", &lines.iter().map(|_| entity("q", 0, "shared", title)).collect::<Vec<_>>()),
        )
    };
    let both = [of(&there, vec![queue("q")], "there"), of(&here, vec![queue("q")], "here")];
    assert_eq!(sync(&mut catalogue, 1, &both, None), changes(1, 1, 0, 0));
    // The smaller unit writes it, whoever was read last.
    assert_eq!(rows(&catalogue, THERE), ["shared|here|2"]);
    let other_order = [both[1].clone(), both[0].clone()];
    assert_eq!(sync(&mut catalogue, 2, &other_order, None), changes(1, 0, 0, 0));
    assert_eq!(rows(&catalogue, "SELECT changed_at = first_seen, run_id FROM entities"), ["1|run-1"]);
    let settled = catalogue.settle_entities("run-2", GUARD, None, 1).unwrap();
    let collision = settled.collision.unwrap();
    assert_eq!((collision.entities, collision.identifier.as_str(), collision.sources), (1, "shared", 2));
    // It goes in one of the two: the other writes it. In both: it goes.
    assert_eq!(sync(&mut catalogue, 3, &[both[0].clone(), of(&here, vec![], "")], None), changes(1, 0, 1, 0));
    assert_eq!(rows(&catalogue, THERE), ["shared|there|1"]);
    assert_eq!(
        rows(&catalogue, "SELECT type, to_key FROM relations"),
        [format!("account|{ACCOUNT}"), "many|x".into(), "many|y".into()]
    );
    assert_eq!(sync(&mut catalogue, 4, &[of(&there, vec![], ""), of(&here, vec![], "")], None), changes(0, 0, 0, 1));
    assert!(rows(&catalogue, "SELECT * FROM relations").is_empty());
    // A run's deletions undone: its entities are back as well.
    catalogue.restore("run-4", None, 9).unwrap();
    assert_eq!(rows(&catalogue, THERE), ["shared|there|1"]);
}

#[test]
fn what_a_mapping_could_not_tell_stays_and_the_rest_is_taken() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let page = |lines: &[serde_json::Value]| [(queues(), vec![queue("q")], mapped("m", lines))];
    let three = [entity("q", 0, "a", "1"), entity("q", 0, "b", "1"), entity("q", 1, "c", "1")];
    sync(&mut catalogue, 1, &page(&three), None);
    assert_eq!(rows(&catalogue, THERE), ["a|1|1", "b|1|1", "c|1|1"]);
    // One item of the first mapping fails, another is as it should be; the second mapping makes another entity.
    let partly = [entity("q", 0, "a", "2"), failed("q", 0), entity("q", 1, "d", "1")];
    assert_eq!(sync(&mut catalogue, 2, &page(&partly), None), changes(3, 1, 1, 1));
    assert_eq!(rows(&catalogue, THERE), ["a|2|1", "b|1|1", "d|1|1"]);
    // A selector that says no is an answer.
    assert_eq!(sync(&mut catalogue, 3, &page(&[failed("q", 0)]), None), changes(2, 0, 0, 1));
    assert_eq!(rows(&catalogue, THERE), ["a|2|1", "b|1|1"]);
}

#[test]
fn a_unit_that_was_not_read_keeps_its_entities() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let whole = [(queues(), vec![queue("q")], mapped("m", &[entity("q", 0, "q", "1")]))];
    sync(&mut catalogue, 1, &whole, None);
    let now = begin(&mut catalogue, 2);
    let denied = PageRecord {
        whole: false,
        problems: vec![problem(ProblemClass::Denied)],
        mapped: mapped("m", &[]),
        ..page(&queues(), vec![], now)
    };
    catalogue.store_page(&denied).unwrap();
    catalogue.finish_unit(&queues(), &end(Ended::AtItsEnd), now).unwrap();
    let settled = catalogue.settle_entities("run-2", GUARD, None, now).unwrap();
    assert_eq!(settled.changes, changes(1, 0, 0, 0));
}

#[test]
fn gaps_and_another_mapping_are_mapped_from_the_rows() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let tagged = |tags: serde_json::Value, more: serde_json::Value| {
        let mut properties = json!({"QueueName": "q"});
        if !tags.is_null() {
            properties["Tags"] = tags;
        }
        line("AWS::SQS::Queue", "q", properties, more)
    };
    let gap = json!({"gaps": ["ListQueueTagsAction"]});
    let read = |lines: PageLine, made: &[serde_json::Value]| [(queues(), vec![lines], mapped("m", made))];
    sync(&mut catalogue, 1, &read(tagged(json!([1]), json!({})), &[entity("q", 0, "q", "1")]), None);
    assert!(catalogue.unmapped("m", "", 10).unwrap().is_empty());
    // Something else changed, and the tags could not be read: the row is filled, and its line says that nothing is missing.
    let now = begin(&mut catalogue, 2);
    let changed = line("AWS::SQS::Queue", "q", json!({"QueueName": "q", "Size": 2}), gap.clone());
    catalogue.store_page(&PageRecord { mapped: mapped("m", &[]), ..page(&queues(), vec![changed], now) }).unwrap();
    let left = catalogue.unmapped("m", "", 10).unwrap();
    let sent: serde_json::Value = serde_json::from_str(&left[0].line).unwrap();
    assert_eq!((&sent["gaps"], &sent["resource"]["Properties"]["Tags"]), (&json!([]), &json!([1])));
    assert_eq!(sent["resource"]["Type"], "AWS::SQS::Queue");
    catalogue.put_mapped(&left, &mapped("m", &[entity(&left[0].key, 0, "q", "2")]).unwrap()).unwrap();
    assert!(catalogue.unmapped("m", "", 10).unwrap().is_empty());
    assert_eq!(catalogue.settle_entities("run-2", GUARD, None, now).unwrap().changes, changes(1, 0, 1, 0));
    // A resource that never was read whole: what is missing is unknown.
    let now = begin(&mut catalogue, 3);
    let new = line("AWS::SQS::Queue", "new", json!({"QueueName": "new"}), gap);
    catalogue.store_page(&PageRecord { mapped: mapped("m", &[]), ..page(&queues(), vec![new], now) }).unwrap();
    let left = catalogue.unmapped("m", "", 10).unwrap();
    let sent: serde_json::Value = serde_json::from_str(&left[0].line).unwrap();
    assert_eq!((left.len(), &sent["gaps"]), (1, &json!(["ListQueueTagsAction"])));
    // Another mapping: all that this run has not seen is to be mapped again, page by page.
    let first = catalogue.unmapped("n", "", 1).unwrap();
    let second = catalogue.unmapped("n", &first[0].key, 1).unwrap();
    assert!(first[0].id == "new" && second[0].id == "q", "{first:?} {second:?}");
}

#[test]
fn a_mapping_that_makes_much_less_is_stopped_and_can_be_released() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let ids = ["a", "b", "c", "d"];
    let page = |mapping: &str, made: &[&str]| {
        let lines: Vec<_> = made.iter().map(|id| entity(id, 0, id, "1")).collect();
        [(queues(), ids.iter().map(|id| queue(id)).collect::<Vec<_>>(), mapped(mapping, &lines))]
    };
    sync(&mut catalogue, 1, &page("m", &ids), None);
    // Two are too few for the guard; of three and more than a fifth none goes.
    assert_eq!(sync(&mut catalogue, 2, &page("n", &["a", "b"]), None), changes(2, 0, 0, 2));
    sync(&mut catalogue, 3, &page("m", &ids), None);
    let withheld = EntityChanges { withheld: 3, ..changes(4, 0, 0, 0) };
    assert_eq!(sync(&mut catalogue, 4, &page("n", &["a"]), None), withheld);
    // Nothing changed since: they are looked at again, and still kept.
    assert_eq!(sync(&mut catalogue, 5, &page("n", &["a"]), Some("run-3")), withheld);
    assert!(catalogue.withheld_by("run-4").is_err());
    assert_eq!(catalogue.withheld_by("run-5").unwrap(), BTreeSet::new());
    assert_eq!(sync(&mut catalogue, 6, &page("n", &["a"]), Some("run-5")), changes(1, 0, 0, 3));
}

#[test]
fn a_thing_of_the_same_name_makes_the_entity_anew() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let born = |created: &str, title: &str| {
        let line = line("AWS::SQS::Queue", "q", json!({"QueueName": "q", "T": title}), json!({ "created": created }));
        [(queues(), vec![line], mapped("m", &[entity("q", 0, "q", title)]))]
    };
    sync(&mut catalogue, 1, &born("2024-01-01T00:00:00Z", "old"), None);
    assert_eq!(sync(&mut catalogue, 2, &born("2025-01-01T00:00:00Z", "new"), None), changes(1, 0, 1, 0));
    assert_eq!(rows(&catalogue, THERE), ["q|new|1"]);
}

#[test]
fn sinks_of_entities_get_what_differs_and_what_is_gone() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let limits = BatchLimits { changes: 10, bytes: 1 << 20 };
    let page = |made: &[serde_json::Value]| [(queues(), vec![queue("a"), queue("b")], mapped("m", made))];
    sync(&mut catalogue, 1, &page(&[entity("a", 0, "a", "1"), entity("b", 0, "b", "1")]), None);
    let deliver = |catalogue: &mut Catalogue, number| {
        begin(catalogue, number);
        let mut pass = catalogue.begin_pass("port", Delivered::Entities).unwrap();
        let mut sent = Vec::new();
        while let Some((changes, next)) = catalogue.next_changes("port", pass, limits, 1).unwrap() {
            catalogue.accepted("port", &changes, 1).unwrap();
            sent.extend(changes.into_iter().map(|change| (change.key, change.action)));
            pass = next;
        }
        sent
    };
    let key = |id: &str| json!(["thing", id]).to_string();
    let all = [(key("a"), Action::Upsert), (key("b"), Action::Upsert)];
    assert_eq!(deliver(&mut catalogue, 2), all);
    assert_eq!(deliver(&mut catalogue, 3), []);
    sync(&mut catalogue, 4, &page(&[entity("a", 0, "a", "2")]), None);
    assert_eq!(deliver(&mut catalogue, 5), [(key("a"), Action::Upsert), (key("b"), Action::Delete)]);
    assert_eq!(deliver(&mut catalogue, 6), []);
}

#[test]
fn what_a_destination_has_of_ours_goes_after_two_whole_runs_and_not_in_masses() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    let owned = |ids: &[&str]| ids.iter().map(|id| ("thing".to_owned(), (*id).to_owned())).collect();
    let page = [(queues(), vec![queue("a")], mapped("m", &[entity("a", 0, "a", "1")]))];
    catalogue.adopt("port", &owned(&["a", "stray"])).unwrap();
    assert!(catalogue.has_adopted("port").unwrap() && !catalogue.has_adopted("other").unwrap());
    let mut judge = |number, whole, released: Option<&str>| {
        sync(&mut catalogue, number, &page, None);
        begin(&mut catalogue, number);
        let now = START + number * HOUR + 100;
        (catalogue.judge_adopted(whole, GUARD, released, now).unwrap(), catalogue.has_adopted("port").unwrap())
    };
    let waiting = |waiting| (AdoptedCounts { waiting, ..AdoptedCounts::default() }, true);
    assert_eq!(judge(1, false, None), waiting(1), "what is made here is no stray");
    assert_eq!(judge(2, true, None), waiting(1));
    assert_eq!(judge(3, false, None), waiting(1), "a run that is not whole says nothing");
    assert_eq!(judge(4, true, None), (AdoptedCounts { gone: 1, ..AdoptedCounts::default() }, true));
    assert_eq!(rows(&catalogue, "SELECT resource_key FROM deliveries"), [json!(["thing", "stray"]).to_string()]);
    assert_eq!(rows(&catalogue, THERE), ["a|1|1"]);
    // Three of four are too many for the guard, unless that very run is released.
    catalogue.adopt("port", &owned(&["x", "y", "z"])).unwrap();
    let mut judge = |number, released: Option<&str>| {
        sync(&mut catalogue, number, &page, None);
        begin(&mut catalogue, number);
        catalogue.judge_adopted(true, GUARD, released, START + number * HOUR + 100).unwrap()
    };
    judge(5, None);
    assert_eq!(judge(6, None), AdoptedCounts { withheld: 3, ..AdoptedCounts::default() });
    assert_eq!(judge(7, Some("run-5")), AdoptedCounts { withheld: 3, ..AdoptedCounts::default() });
    assert_eq!(judge(8, Some("run-7")), AdoptedCounts { gone: 3, ..AdoptedCounts::default() });
}
