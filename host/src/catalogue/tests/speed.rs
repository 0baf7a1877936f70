//! What storing and delivering cost, in instructions of SQLite: the same on every machine, unlike time.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::*;

/// Growth of a row's cost, in percent, from a small catalogue to one eight times as large: trees are a little deeper there.
/// A lookup without its index costs eight times as much.
const GROWTH_PERCENT_MAX: u64 = 130;

#[test]
fn a_row_costs_no_more_in_a_large_catalogue() {
    let (small, large) = (costs(250), costs(2_000));
    for ((what, small), (_, large)) in small.into_iter().zip(large) {
        println!("{what}: {small}, then {large} instructions a row");
        assert!(large * 100 <= small.max(1) * GROWTH_PERCENT_MAX, "{what}: {small} became {large}");
    }
}

/// Instructions for each of so many rows.
fn costs(rows: usize) -> Vec<(&'static str, u64)> {
    const PAGE: usize = 50;
    let mut catalogue = Catalogue::in_memory().unwrap();
    let counter = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&counter);
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    catalogue.connection.progress_handler(1, Some(count)).unwrap();
    let mut costs = Vec::new();
    let spent = |what, costs: &mut Vec<(&'static str, u64)>| {
        costs.push((what, counter.swap(0, Ordering::Relaxed) / rows as u64));
    };
    let ids: Vec<String> = (0..rows).map(|number| format!("q-{number:06}")).collect();
    for (number, what) in [(1, "new"), (2, "unchanged")] {
        let now = begin(&mut catalogue, number);
        spent("", &mut Vec::new());
        for ids in ids.chunks(PAGE) {
            let lines = ids
                .iter()
                .map(|id| line("AWS::SQS::Queue", id, json!({"QueueName": id, "Tags": {"a": "b"}}), json!({})));
            let made: String = ids
                .iter()
                .map(|id| {
                    format!(
                        "{}\n",
                        json!({"of": id, "mapping": 0, "identifier": id, "blueprint": "b", "entity": {"title": id}})
                    )
                })
                .collect();
            let mapped = Some(Mapped { mapping: "m".to_owned(), lines: crate::entity_lines::parse(&made).unwrap() });
            catalogue.store_page(&PageRecord { mapped, ..page(&queues(), lines.collect(), now) }).unwrap();
        }
        spent(what, &mut costs);
        let guard = DeletionSettings::default().run;
        catalogue.settle_entities("r", guard, None, now).unwrap();
        spent(if number == 1 { "new entities" } else { "unchanged entities" }, &mut costs);
        catalogue.finish_run(0, "{}", now).unwrap();
    }
    let limits = BatchLimits { changes: PAGE, bytes: 1 << 20 };
    for (of, what) in [(Delivered::Resources, "delivered"), (Delivered::Entities, "entities delivered")] {
        let now = begin(&mut catalogue, 3);
        for what in [what, "nothing to deliver"] {
            spent("", &mut Vec::new());
            let mut pass = catalogue.begin_pass("sink", of).unwrap();
            while let Some((changes, next)) = catalogue.next_changes("sink", pass, limits, now).unwrap() {
                catalogue.accepted("sink", &changes, now).unwrap();
                pass = next;
            }
            spent(what, &mut costs);
        }
    }
    costs
}
