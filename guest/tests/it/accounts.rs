//! The organization: units, states, selections.

use std::collections::BTreeMap;

use portolan_guest::host::{Identity, Request};
use portolan_guest::interface::{AccountPage, AccountRole};
use portolan_guest::problem::Problem;
use serde_json::{Value, json};

use crate::Answer;
use crate::script::{KEY, Script, fault, guest_with, limits, member, ok};

/// Root with the management account; Prod (with Web and Data below), Sandbox. Ids are told apart by their last digit.
const UNITS: [(&str, &str, &str); 4] = [
    ("ou-ab12-0000prod", "Prod", "r-ab12"),
    ("ou-ab12-00000web", "Web", "ou-ab12-0000prod"),
    ("ou-ab12-0000data", "Data", "ou-ab12-0000prod"),
    ("ou-ab12-sandbox0", "Sandbox", "r-ab12"),
];
const ACCOUNTS: [(&str, &str, &str); 6] = [
    ("000000000001", "ACTIVE", "r-ab12"),
    ("000000000002", "ACTIVE", "ou-ab12-0000prod"),
    ("000000000003", "ACTIVE", "ou-ab12-00000web"),
    ("000000000004", "SUSPENDED", "ou-ab12-00000web"),
    ("000000000005", "ACTIVE", "ou-ab12-0000data"),
    ("000000000006", "ACTIVE", "ou-ab12-sandbox0"),
];

fn entry((id, state, _): &(&str, &str, &str)) -> Value {
    json!({"Id": id, "Name": format!("name-{id}"), "Arn": format!("arn:aws:organizations::000000000001:account/o-exampleorgid/{id}"), "Email": "a@example.com", "State": state})
}

fn organization(request: &Request) -> Answer {
    assert_eq!((request.identity, request.region.as_str()), (Identity::Management, "us-east-1"));
    let parent = member(request, "ParentId");
    // One a page, to see that pages are followed.
    let from: usize = member(request, "NextToken").as_str().unwrap_or("0").parse().unwrap();
    let paged = |name: &str, all: Vec<Value>| {
        let mut answer = json!({ name: all.get(from).into_iter().collect::<Vec<_>>() });
        if from + 1 < all.len() {
            answer["NextToken"] = json!((from + 1).to_string());
        }
        ok(answer)
    };
    match request.operation.as_str() {
        "ListRoots" => ok(json!({"Roots": [{"Id": "r-ab12", "Name": "Root"}]})),
        "ListOrganizationalUnitsForParent" => paged(
            "OrganizationalUnits",
            UNITS.iter().filter(|unit| parent == unit.2).map(|unit| json!({"Id": unit.0, "Name": unit.1})).collect(),
        ),
        "ListAccountsForParent" => {
            paged("Accounts", ACCOUNTS.iter().filter(|account| parent == account.2).map(entry).collect())
        }
        "ListAccounts" => paged("Accounts", ACCOUNTS.iter().map(entry).collect()),
        "DescribeOrganizationalUnit" => {
            match UNITS.iter().find(|unit| member(request, "OrganizationalUnitId") == unit.0) {
                Some(unit) => ok(json!({"OrganizationalUnit": {"Id": unit.0, "Name": unit.1}})),
                None => fault("OrganizationalUnitNotFoundException"),
            }
        }
        "ListParents" => {
            let child = member(request, "ChildId");
            let parent = UNITS.iter().find(|unit| child == unit.0).unwrap().2;
            ok(
                json!({"Parents": [{"Id": parent, "Type": if parent == "r-ab12" { "ROOT" } else { "ORGANIZATIONAL_UNIT" }}]}),
            )
        }
        other => panic!("{other}"),
    }
}

fn discover(host: &Script<'_>, accounts: Value) -> Result<AccountPage, Problem> {
    let guest = guest_with(&json!({"version": 1, "redaction_key": KEY, "accounts": accounts}), limits());
    guest.discover_accounts(host, None)
}

/// The last digit of each account and its state.
fn states(page: &AccountPage) -> BTreeMap<String, String> {
    let mut states = BTreeMap::new();
    for account in &page.accounts {
        let details: Value = serde_json::from_str(&account.details).unwrap();
        let before = states.insert(account.id[11..].to_owned(), details["State"].as_str().unwrap().to_owned());
        assert_eq!(before, None, "each once");
    }
    states
}

fn active(page: &AccountPage) -> String {
    states(page).into_iter().filter(|(_, state)| state == "ACTIVE").map(|(id, _)| id).collect()
}

#[test]
fn the_whole_organization_with_paths_and_states() {
    let host = Script::new(organization);
    let page = discover(&host, json!({})).unwrap();
    assert!(page.whole && page.problems.is_empty() && page.next.is_none());
    assert_eq!((active(&page).as_str(), states(&page)["4"].as_str()), ("12356", "SUSPENDED"));
    let web = page.accounts.iter().find(|account| account.id.ends_with('3')).unwrap();
    let details: Value = serde_json::from_str(&web.details).unwrap();
    assert_eq!(details["OuPath"], "Root/Prod/Web");
    assert_eq!(details["OuIds"], json!(["r-ab12", "ou-ab12-0000prod", "ou-ab12-00000web"]));
    assert_eq!(details["Email"], "a@example.com");
    let managing: Vec<&str> = page
        .accounts
        .iter()
        .filter(|account| account.role == AccountRole::Management)
        .map(|account| account.id.as_str())
        .collect();
    assert_eq!(managing, ["000000000001"]);
}

#[test]
fn selections_keep_what_they_leave_out_in_sight() {
    let prod = "ou-ab12-0000prod";
    let web = "ou-ab12-00000web";
    for (selection, expected) in [
        (json!({"ous": {"include": [prod]}}), "235"),
        (json!({"ous": {"include": [prod, web]}}), "235"),
        (json!({"ous": {"include": [prod], "exclude": [web]}}), "25"),
        (json!({"ous": {"include": [web], "exclude": [prod]}}), "3"),
        (json!({"ous": {"exclude": [prod]}}), "16"),
        (json!({"ous": {"include": ["r-ab12"], "exclude": [prod]}}), "16"),
        (json!({"ous": {"include": [web]}, "include": ["000000000006"]}), "36"),
        (json!({"include": ["000000000006", "000000000003"]}), "36"),
        (json!({"exclude": ["000000000006"]}), "1235"),
        (json!({"ous": {"include": [web]}, "exclude": ["000000000003"]}), ""),
    ] {
        let host = Script::new(organization);
        let page = discover(&host, selection.clone()).unwrap();
        assert_eq!(active(&page), expected, "{selection}");
        assert!(page.whole, "{selection}");
        assert_eq!(states(&page).len(), 6, "all are known to exist: {selection}");
        for (id, state) in states(&page) {
            assert!(expected.contains(&id) || state != "ACTIVE", "{selection} {id}");
        }
    }
}

#[test]
fn an_account_below_a_chosen_unit_knows_its_whole_path() {
    let host = Script::new(organization);
    let page = discover(&host, json!({"ous": {"include": ["ou-ab12-00000web"]}})).unwrap();
    let details: Value = serde_json::from_str(&page.accounts[0].details).unwrap();
    assert_eq!(details["OuPath"], "Root/Prod/Web");
}

#[test]
fn a_listing_that_fails_is_a_failure() {
    let host = Script::new(|_| fault("AWSOrganizationsNotInUseException"));
    assert!(discover(&host, json!({})).is_err());
    let host = Script::new(|_| fault("AccessDeniedException"));
    assert!(discover(&host, json!({})).is_err());
}

#[test]
fn a_unit_that_fails_retires_nobody() {
    let denied = |request: &Request| {
        let sandbox = member(request, "ParentId") == "ou-ab12-sandbox0";
        if sandbox || request.operation == "ListAccounts" {
            fault("AccessDeniedException")
        } else {
            organization(request)
        }
    };
    let page = discover(&Script::new(denied), json!({})).unwrap();
    assert!(!page.whole && !page.problems.is_empty());
    assert_eq!(active(&page), "1235");
    let missing = Script::new(organization);
    let page = discover(&missing, json!({"ous": {"include": ["ou-ab12-99999999"]}})).unwrap();
    assert!(!page.whole, "a unit that does not exist is not an empty one");
}

#[test]
fn without_the_tree_the_list_of_accounts_is_as_good() {
    let host = Script::new(|request| match request.operation.as_str() {
        "ListAccounts" => organization(request),
        _ => fault("AccessDeniedException"),
    });
    let page = discover(&host, json!({})).unwrap();
    assert!(page.whole);
    assert_eq!(active(&page), "12356");
}

#[test]
fn a_unit_without_accounts_is_an_empty_answer() {
    let host = Script::new(|request| match request.operation.as_str() {
        "ListAccountsForParent" | "ListAccounts" => ok(json!({"Accounts": []})),
        _ => organization(request),
    });
    let page = discover(&host, json!({"ous": {"include": ["ou-ab12-00000web"]}})).unwrap();
    assert!(page.whole && page.accounts.is_empty() && page.problems.is_empty());
}

#[test]
fn a_repeated_token_does_not_loop() {
    let host = Script::new(|request| match request.operation.as_str() {
        "ListAccountsForParent" => ok(json!({"Accounts": [], "NextToken": "again"})),
        _ => organization(request),
    });
    let page = discover(&host, json!({"ous": {"include": ["ou-ab12-00000web"]}})).unwrap();
    assert!(!page.whole);
}
