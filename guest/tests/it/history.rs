//! Kinds with a history: from a configured time on.

use portolan_guest::host::Request;
use serde_json::{Value, json};

use crate::Answer;
use crate::script::{OWN, Script, Whole, limits, member, ok, own, read_all, unit};

/// 2026-01-01 and the days before it, three a page, newest first. The seventh has no time.
fn joined(request: &Request) -> Answer {
    let page: u32 = member(request, "NextToken").as_str().unwrap_or("0").parse().unwrap();
    let entry = |day: u32| match day {
        7 => json!({"Id": "d7"}),
        _ => json!({"Id": format!("d{day}"), "JoinedTimestamp": 1_767_225_600 - i64::from(day) * 86_400}),
    };
    let mut answer = json!({"Accounts": (page * 3..page * 3 + 3).map(entry).collect::<Vec<_>>()});
    if page < 9 {
        answer["NextToken"] = json!((page + 1).to_string());
    }
    ok(answer)
}

fn config(since: Option<&str>, newest_first: bool) -> Value {
    let mut config = own(
        "organizations",
        json!({
            "list": {"operation": "ListAccountsForParent", "input": {"ParentId": "r"}, "items": "Accounts"},
            "id": "{Id}",
            "since": {"at": "JoinedTimestamp", "input": {"ParentId": "since {$since}"}, "newest_first": newest_first},
        }),
    );
    if let Some(since) = since {
        config["kinds"][0]["since"] = json!(since);
    }
    config
}

fn read(host: &Script<'_>, config: &Value) -> Whole {
    read_all(host, config, limits(), &unit(OWN)).unwrap()
}

#[test]
fn without_a_time_all_is_listed() {
    let host = Script::new(joined);
    assert_eq!(read(&host, &config(None, true)).ids().len(), 30);
    assert!(host.asked.borrow().iter().all(|request| member(request, "ParentId") == "r"));
}

#[test]
fn the_listing_ends_after_the_first_page_without_anything_recent() {
    let host = Script::new(joined);
    let all = read(&host, &config(Some("2025-12-29T12:00:00+02:00"), true));
    assert_eq!(all.ids(), ["d0", "d1", "d2"]);
    assert!(all.whole);
    assert_eq!(host.count("ListAccountsForParent"), 2);
    assert!(host.asked.borrow().iter().all(|request| member(request, "ParentId") == "since 2025-12-29T10:00:00Z"));
}

#[test]
fn an_item_without_a_time_is_present_and_ends_nothing() {
    let host = Script::new(joined);
    let all = read(&host, &config(Some("2025-12-27"), true));
    assert_eq!(all.ids(), ["d0", "d1", "d2", "d3", "d4", "d5", "d7"]);
    assert_eq!(host.count("ListAccountsForParent"), 4, "the page of the seventh proves nothing of the next");
}

/// Names alone are listed; when it was, a detail call says.
#[test]
fn the_time_may_come_from_a_detail_call() {
    let mut config = own(
        "dynamodb",
        json!({
            "list": {"operation": "ListTables", "items": "TableNames", "as": "TableName"}, "id": "{TableName}",
            "actions": [{"name": "Describe", "operation": "DescribeTable", "input": {"TableName": "{TableName}"}, "take": "Table"}],
            "since": {"at": "CreationDateTime", "newest_first": true},
        }),
    );
    config["kinds"][0]["since"] = json!("2026-01-01");
    let host = Script::new(|request| match member(request, "TableName").as_str() {
        None => {
            let page: usize = member(request, "ExclusiveStartTableName")
                .as_str()
                .map_or(0, |name| name[1..].parse::<usize>().unwrap() / 2);
            let names = [format!("t{}", page * 2 + 1), format!("t{}", page * 2 + 2)];
            ok(json!({"TableNames": names, "LastEvaluatedTableName": names[1]}))
        }
        Some(name) => {
            let age: i64 = name[1..].parse().unwrap();
            ok(json!({"Table": {"TableName": name, "CreationDateTime": 1_767_225_600 + 3 * 86_400 - age * 86_400}}))
        }
    });
    let all = read(&host, &config);
    assert_eq!(all.ids(), ["t1", "t2", "t3"]);
    assert_eq!(host.count("ListTables"), 3);
}

#[test]
fn a_listing_in_no_order_is_read_to_its_end() {
    let host = Script::new(joined);
    let all = read(&host, &config(Some("2025-12-31"), false));
    assert_eq!(all.ids(), ["d0", "d1", "d7"]);
    assert_eq!(host.count("ListAccountsForParent"), 10);
}
