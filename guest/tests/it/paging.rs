//! Listings over several pages: tokens, cursors, sizes.

use portolan_guest::host::{Request, SendFailure};
use serde_json::{Value, json};

use crate::script::{Script, config, fault, limits, member, ok, read_all, status, unit, unsent};

const QUEUE: &str = "AWS::SQS::Queue";
const TABLE: &str = "AWS::DynamoDB::Table";
const INSTANCE: &str = "AWS::EC2::Instance";

fn url(name: &str) -> String {
    format!("https://sqs.eu-west-1.amazonaws.com/111122223333/{name}")
}

/// Queues `q000`, …: `pages` pages of `size`.
fn queues(request: &Request, pages: usize, size: usize, value: usize) -> Value {
    match request.operation.as_str() {
        "ListQueues" => {
            let page: usize = member(request, "NextToken").as_str().unwrap_or("0").parse().unwrap();
            let urls: Vec<String> = (page * size..(page + 1) * size).map(|n| url(&format!("q{n:03}"))).collect();
            let mut answer = json!({ "QueueUrls": urls });
            if page + 1 < pages {
                answer["NextToken"] = json!((page + 1).to_string());
            }
            answer
        }
        "GetQueueAttributes" => {
            json!({"Attributes": {"Policy": "x".repeat(value), "QueueArn": format!("arn:aws:sqs:eu-west-1:111122223333:{}", member(request, "QueueUrl").as_str().unwrap().rsplit('/').next().unwrap())}})
        }
        other => panic!("{other}"),
    }
}

#[test]
fn every_page_is_followed_and_every_page_of_ours_stays_small() {
    let host = Script::new(|request| ok(queues(request, 3, 40, 1000)));
    let small = portolan_guest::interface::Limits { page_bytes: 16 << 10, ..limits() };
    let all = read_all(&host, &config(QUEUE, json!([])), small, &unit(QUEUE)).unwrap();
    let expected: Vec<String> = (0..120).map(|n| format!("q{n:03}")).collect();
    assert_eq!(all.ids(), expected);
    assert!(all.whole && all.problems.is_empty());
    assert!(all.pages >= 120 * 1000 / (16 << 10), "{} pages", all.pages);
    // Names are carried in the cursor: no page of AWS is asked for twice.
    assert_eq!(host.count("ListQueues"), 3);
}

#[test]
fn a_page_never_exceeds_its_limit_by_more_than_one_resource() {
    let host = Script::new(|request| ok(queues(request, 2, 50, 3000)));
    let limit = 20_000;
    let small = portolan_guest::interface::Limits { page_bytes: limit, ..limits() };
    let guest = crate::script::guest_with(&config(QUEUE, json!([])), small);
    let mut cursor = None;
    loop {
        let page = guest.sync_page(&host, &crate::script::account(), &unit(QUEUE), cursor.as_deref()).unwrap();
        assert!(page.resources.len() as u64 <= limit, "{}", page.resources.len());
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
}

fn instances(pages: usize, request: &Request) -> String {
    let page: usize =
        request.body.split('&').find_map(|p| p.strip_prefix("NextToken=")).unwrap_or("0").parse().unwrap();
    let items: String = (page * 10..page * 10 + 10)
        .map(|n| format!("<item><instanceId>i-{n:03}</instanceId><keyName>{}</keyName></item>", "k".repeat(2000)))
        .collect();
    let next = if page + 1 < pages { format!("<nextToken>{}</nextToken>", page + 1) } else { String::new() };
    format!(
        "<DescribeInstancesResponse><reservationSet><item><reservationId>r</reservationId><ownerId>111122223333</ownerId><instancesSet>{items}</instancesSet></item></reservationSet>{next}</DescribeInstancesResponse>"
    )
}

#[test]
fn items_too_large_for_a_cursor_are_asked_for_again_by_identity() {
    let host = Script::new(|request| ok(instances(3, request)));
    let small = portolan_guest::interface::Limits { page_bytes: 9_000, ..limits() };
    let all = read_all(&host, &config(INSTANCE, json!([])), small, &unit(INSTANCE)).unwrap();
    let expected: Vec<String> = (0..30).map(|n| format!("i-{n:03}")).collect();
    assert_eq!(all.ids(), expected);
    assert!(all.whole);
    assert!(host.count("DescribeInstances") <= all.pages + 2, "at most one page again for each page of ours");
}

#[test]
fn a_listing_that_shifts_between_two_pages_loses_nothing() {
    let asked = std::cell::Cell::new(0);
    let host = Script::new(|request| {
        asked.set(asked.get() + 1);
        let body = instances(1, request);
        // The second time, the first three instances are gone and the answer begins elsewhere.
        let gone = if asked.get() > 1 { 3 } else { 0 };
        let cut = (0..gone).fold(body, |body, n| {
            body.replace(
                &format!("<item><instanceId>i-{n:03}</instanceId><keyName>{}</keyName></item>", "k".repeat(2000)),
                "",
            )
        });
        ok(cut)
    });
    let small = portolan_guest::interface::Limits { page_bytes: 7_000, ..limits() };
    let all = read_all(&host, &config(INSTANCE, json!([])), small, &unit(INSTANCE)).unwrap();
    for n in 3..10 {
        assert!(all.ids().contains(&format!("i-{n:03}").as_str()), "{:?}", all.ids());
    }
}

#[test]
fn a_repeated_token_ends_the_unit_with_unknown_membership() {
    for cycle in [vec!["a"], vec!["a", "b"], vec!["a", "b", "c"]] {
        let host = Script::new(|request| match request.operation.as_str() {
            "ListTables" => {
                let given = member(request, "ExclusiveStartTableName");
                let at = cycle.iter().position(|token| given == *token).map_or(0, |at| (at + 1) % cycle.len());
                ok(json!({"TableNames": [format!("t-{}", cycle[at])], "LastEvaluatedTableName": cycle[at]}))
            }
            _ => ok(json!({"Table": {"TableName": member(request, "TableName")}})),
        });
        let all = read_all(&host, &config(TABLE, json!([])), limits(), &unit(TABLE)).unwrap();
        assert!(!all.whole);
        assert_eq!(all.problems(), ["bad-answer dynamodb:ListTables x1"]);
        assert!(host.count("ListTables") <= 4 * cycle.len() + 2);
        assert!(cycle.iter().all(|name| all.ids().contains(&format!("t-{name}").as_str())), "what was read stays");
    }
}

#[test]
fn an_empty_token_is_the_end() {
    let host = Script::new(|_| ok(json!({"QueueUrls": [], "NextToken": ""})));
    let all = read_all(&host, &config(QUEUE, json!([])), limits(), &unit(QUEUE)).unwrap();
    assert!(all.whole && all.ids().is_empty() && host.count("ListQueues") == 1);
}

#[test]
fn a_stale_token_begins_the_unit_again() {
    let host = Script::new(|request| match member(request, "nextToken") {
        Value::Null => ok(json!({"clusterArns": [], "nextToken": "old"})),
        _ => fault("ExpiredNextTokenException"),
    });
    let error = read_all(&host, &config("AWS::ECS::Cluster", json!([])), limits(), &unit("AWS::ECS::Cluster")).err();
    assert_eq!(
        error.map(|problem| crate::script::described(&problem)).as_deref(),
        Some("stale-cursor ecs:ListClusters x1")
    );
}

#[test]
fn answers_that_are_none_are_problems_and_prove_nothing() {
    for body in [
        "<html><body>Sign in</body></html>",
        "{\"QueueUrls\": [\"https://sqs.eu-west-1.amaz",
        "",
        "[]",
        "{\"QueueUrls\": 5}",
        "{\"QueueUrls\": [{\"not\": \"a name\"}]}",
    ] {
        let host = Script::new(|_| ok(body));
        let error = read_all(&host, &config(QUEUE, json!([])), limits(), &unit(QUEUE)).err();
        let error = error.unwrap_or_else(|| panic!("{body:?} was taken for an answer"));
        assert_eq!(crate::script::described(&error), "bad-answer sqs:ListQueues x1", "{body:?}");
    }
}

#[test]
fn an_error_inside_200_is_an_error() {
    let host = Script::new(|_| {
        ok("<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>")
    });
    let unit = portolan_guest::interface::Unit { kind: "AWS::S3::Bucket".to_owned(), region: None };
    assert!(read_all(&host, &config("AWS::S3::Bucket", json!([])), limits(), &unit).is_err());
}

#[test]
fn a_later_page_that_fails_keeps_the_earlier_ones_and_proves_nothing() {
    let host = Script::new(|request| {
        if request.operation == "ListQueues" && !member(request, "NextToken").is_null() {
            return fault("ThrottlingException");
        }
        ok(queues(request, 2, 3, 1))
    });
    let all = read_all(&host, &config(QUEUE, json!([])), limits(), &unit(QUEUE)).unwrap();
    assert_eq!((all.ids().len(), all.whole), (3, false));
    assert_eq!(all.problems(), ["throttled sqs:ListQueues x1"]);
}

#[test]
fn what_the_host_refuses_is_said() {
    let host = Script::new(|_| unsent(SendFailure::Refused));
    let error = read_all(&host, &config(QUEUE, json!([])), limits(), &unit(QUEUE)).err().unwrap();
    assert_eq!(error.class, portolan_guest::problem::ProblemClass::Refused);
}

#[test]
fn an_item_listed_twice_is_in_the_page_once() {
    let host = Script::new(|request| match request.operation.as_str() {
        "ListQueues" => ok(json!({"QueueUrls": [url("a"), url("a"), url("b")]})),
        _ => ok(json!({"Attributes": {}})),
    });
    let all = read_all(&host, &config(QUEUE, json!([])), limits(), &unit(QUEUE)).unwrap();
    assert_eq!(all.ids(), ["a", "b"]);
}

#[test]
fn a_foreign_cursor_is_refused() {
    let host = Script::new(|_| status(500, ""));
    let guest = crate::script::guest(QUEUE, json!([]));
    let error = guest.sync_page(&host, &crate::script::account(), &unit(QUEUE), Some("{\"v\":99}")).err().unwrap();
    assert_eq!(error.class, portolan_guest::problem::ProblemClass::BadCall);
    assert!(host.asked.borrow().is_empty());
}
