//! The interface's records as JSON, members and cases by their names in WIT.

use std::fmt::Debug;

use portolan::bindings::exports::portolan::aws::sync::{
    AccountPage, AccountPlan, Configured, Failure, Mapped, Page, Problem,
};
use serde_json::{Value, json};

use crate::opened::Failed;

/// A member that is a text; empty where it is none.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A member that is a number; 0 where it is none.
pub fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or_default()
}

pub fn configured(configured: &Configured) -> Value {
    let warnings: Vec<Value> = configured
        .warnings
        .iter()
        .map(|warning| {
            json!({ "at": warning.at, "offset": warning.offset, "message": warning.message, "instead": warning.instead })
        })
        .collect();
    json!({ "manifest": configured.manifest, "fingerprint": configured.fingerprint, "warnings": warnings })
}

pub fn page(answer: Result<Page, Failure>) -> Result<Value, Failed> {
    let page = answer.map_err(failed)?;
    Ok(json!({ "resources": page.resources, "entities": page.entities, "problems": problems(&page.problems),
        "whole": page.whole, "next": page.next }))
}

pub fn mapped(answer: Result<Mapped, Failure>) -> Result<Value, Failed> {
    let mapped = answer.map_err(failed)?;
    Ok(json!({ "entities": mapped.entities, "problems": problems(&mapped.problems) }))
}

pub fn account_page(answer: Result<AccountPage, Failure>) -> Result<Value, Failed> {
    let page = answer.map_err(failed)?;
    let account = |account: &portolan::bindings::exports::portolan::aws::sync::Account| json!({ "id": account.id, "name": account.name, "role": case(&account.role), "details": account.details });
    let accounts: Vec<Value> = page.accounts.iter().map(account).collect();
    Ok(json!({ "accounts": accounts, "problems": problems(&page.problems), "whole": page.whole, "next": page.next }))
}

pub fn account_plan(answer: Result<AccountPlan, Failure>) -> Result<Value, Failed> {
    let plan = answer.map_err(failed)?;
    let regions = plan.regions.iter().map(|region| json!({ "name": region.name, "enabled": region.enabled }));
    let kinds = plan
        .kinds
        .iter()
        .map(|planned| json!({ "kind": planned.kind, "fate": case(&planned.fate), "regions": planned.regions }));
    Ok(json!({ "regions": regions.collect::<Vec<_>>(), "whole": plan.whole, "kinds": kinds.collect::<Vec<_>>(),
        "problems": problems(&plan.problems) }))
}

fn failed(failure: Failure) -> Failed {
    Failed::of_guest(problem(&failure.problem))
}

fn problems(problems: &[Problem]) -> Vec<Value> {
    problems.iter().map(problem).collect()
}

fn problem(problem: &Problem) -> Value {
    json!({ "class": case(&problem.class), "operation": problem.operation, "region": problem.region,
        "code": problem.code, "message": problem.message, "request-id": problem.request_id,
        "subject": problem.subject, "count": problem.count })
}

/// A case by its name in WIT, out of the generated name in Rust: `ProblemClass::BadAnswer`, `bad-answer`.
fn case(of: &impl Debug) -> String {
    let name = format!("{of:?}");
    let name = name.rsplit("::").next().unwrap_or_default();
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}
