//! What the organization answers: its units, and which accounts are below them.

use portolan::aws::Answer;
use serde_json::{Value, json};

use super::answers::Asking;
use super::estate::{Account, MANAGEMENT, State, UNITS};
use super::identity::{account_arn, account_name};
use super::wire::{error, well};

const ROOT: &str = "r-abcd";

/// The answer; none to an operation that the model does not know.
pub fn organization(asking: &Asking<'_>) -> Option<Answer> {
    let asked = &asking.asked;
    let token = asked.text("NextToken");
    let listed = |unit: Option<&str>| {
        let accounts = asking.estate.accounts.iter().filter(|(id, account)| {
            account.state != State::Left
                && !asking.faults.hidden_accounts.contains(*id)
                && unit.is_none_or(|unit| unit == place_of(id, account))
        });
        let accounts: Vec<(String, Value)> =
            accounts.map(|(id, account)| (id.clone(), described(id, account))).collect();
        let page = asking.page(&accounts, token);
        let mut body = json!({ "Accounts": page.items });
        if let Some(next) = page.next {
            body["NextToken"] = json!(next);
        }
        well(body.to_string())
    };
    let units = |of: &[&str]| {
        let units = of.iter().map(|id| json!({ "Id": id, "Name": id, "Arn": format!("arn:aws:organizations::{MANAGEMENT}:ou/o-exampleorgid/{id}") }));
        well(json!({ "OrganizationalUnits": units.collect::<Vec<_>>() }).to_string())
    };
    Some(match asking.call.operation.as_str() {
        "ListRoots" => {
            let arn = format!("arn:aws:organizations::{MANAGEMENT}:root/o-exampleorgid/{ROOT}");
            well(json!({ "Roots": [{ "Id": ROOT, "Name": "Root", "Arn": arn }] }).to_string())
        }
        "ListOrganizationalUnitsForParent" if asked.text("ParentId") == Some(ROOT) => units(&UNITS),
        "ListOrganizationalUnitsForParent" => units(&[]),
        "ListAccountsForParent" => listed(asked.text("ParentId")),
        "ListAccounts" => listed(None),
        "DescribeAccount" => {
            let id = asked.text("AccountId")?;
            match asking.estate.accounts.get(id).filter(|account| account.state != State::Left) {
                Some(account) => well(json!({ "Account": described(id, account) }).to_string()),
                None => {
                    error("organizations", 400, "AccountNotFoundException", "No such account in this organization.")
                }
            }
        }
        _ => return None,
    })
}

fn place_of(id: &str, account: &Account) -> &'static str {
    if id == MANAGEMENT { ROOT } else { account.unit }
}

fn described(id: &str, account: &Account) -> Value {
    json!({
        "Id": id, "Arn": account_arn(id), "Name": account_name(account), "Email": format!("{id}@example.com"),
        "State": account.state.name(), "Status": if account.state == State::Active { "ACTIVE" } else { "SUSPENDED" },
    })
}
