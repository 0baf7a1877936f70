//! What IAM's own simulator says of the sample's roles. Advice alone: it knows neither service control policies of other
//! accounts' nor every condition, so nothing fails by it, and nothing works by it.
//!
//! The request is the doctor's own, as those to STS are: a fixed read, which no component can ask for.

use std::collections::BTreeSet;
use std::sync::Arc;

use portolan_guard::Method;
use portolan_names::AccountId;
use serde_json::json;

use super::case::{Case, Sampled};
use super::finding::{Answer, Finding};
use super::mend::Mend;
use super::stage::Stage;
use crate::aws::{Call, Exchange};
use crate::credentials::{Identity, SessionPolicy, allowing};
use crate::http_client::percent_encoded;
use crate::iam::Role;
use crate::outcome::{Problem, ProblemClass};
use crate::run::own_problem;

const STAGE: Stage = Stage::Simulate;
const ACTION: &str = "iam:SimulatePrincipalPolicy";
/// Actions in one request: as many results as one answer has unless it is told otherwise.
const ACTIONS_A_CALL: usize = 100;
/// Requests for one role; every action of every kind is a thousand and a few.
const CALLS_MAX: usize = 20;

pub(super) async fn examine(case: &Case) -> Finding {
    let (Some(look), Some(exchange)) = (&case.look, &case.exchange) else {
        return Finding::not_examined(STAGE, "needs the accounts");
    };
    let calls = look.manifest().calls.iter().filter(|call| Role::of(call) == Some(Role::Member));
    let actions: Vec<&str> = calls.map(|call| call.action.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let mut below = Vec::new();
    for sampled in &case.sample {
        below.push(of_account(case, exchange, sampled, &actions).await);
    }
    Finding::works(STAGE, format!("advice only: {} actions of {} roles", actions.len(), below.len())).over(below)
}

async fn of_account(case: &Case, exchange: &Arc<dyn Exchange>, sampled: &Sampled, actions: &[&str]) -> Finding {
    let id = &sampled.found.id;
    let subject = format!("{id} {}", sampled.found.account.name);
    let role = case.role_in(id);
    if portolan_names::RoleArn::parse(&role).is_err() {
        return Finding::not_examined(STAGE, "the source reads this account itself, and not with a role")
            .about(subject);
    }
    let mut denied = Vec::new();
    for chunk in actions.chunks(ACTIONS_A_CALL).take(CALLS_MAX) {
        match ask(case, exchange, id, &role, chunk).await {
            Ok(more) => denied.extend(more),
            Err(problem) => {
                let denied = portolan_errors::denial(&problem.code, &problem.message).is_some();
                let mends = denied.then(|| Mend::allow(&role, [ACTION], &role));
                return Finding::not_examined(
                    STAGE,
                    "the simulator gives no answer; allow the role to ask it, or do without",
                )
                .about(subject)
                .answered(Answer::of_problem(&problem))
                .mended_by(mends.into_iter().collect());
            }
        }
    }
    if denied.is_empty() {
        return Finding::works(STAGE, format!("{role} would be allowed all of them")).about(subject);
    }
    let names = denied.iter().map(String::as_str);
    Finding::notable(STAGE, format!("{role} would be denied {} of them", denied.len())).about(subject).mended_by(vec![
        Mend::allow(&role, names, "*"),
        Mend::run("portolan iam policy   # all that the chosen kinds need"),
    ])
}

/// Of these actions, those that the simulator would not let pass.
async fn ask(
    case: &Case,
    exchange: &Arc<dyn Exchange>,
    id: &AccountId,
    role: &str,
    actions: &[&str],
) -> Result<Vec<String>, Problem> {
    let mut body =
        format!("Action=SimulatePrincipalPolicy&Version=2010-05-08&PolicySourceArn={}", percent_encoded(role));
    for (number, action) in (1..).zip(actions) {
        body.push_str(&format!("&ActionNames.member.{number}={}", percent_encoded(action)));
    }
    let region = case.ground.as_ref().map(|ground| ground.place.region.to_string()).unwrap_or_default();
    let call = Call {
        identity: Identity::Account(id.clone()),
        policy: SessionPolicy::inline(&allowing(&[ACTION], &json!("*"))),
        service: "iam".to_owned(),
        region,
        operation: "SimulatePrincipalPolicy".to_owned(),
        host_prefix: None,
        method: Method::Post,
        target: "/".to_owned(),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded; charset=utf-8".to_owned())],
        body,
        dropped: Vec::new(),
    };
    let answer =
        exchange.exchange(&call, 0).await.map_err(|error| own_problem(ProblemClass::Unreachable, error.to_string()))?;
    let text = String::from_utf8_lossy(&answer.body);
    if let Some(error) = portolan_errors::read(portolan_tables::Protocol::Query, answer.status, &answer.headers, &text)
    {
        let mut problem = own_problem(ProblemClass::Denied, error.message);
        (problem.code, problem.request_id) = (error.code, error.request_id);
        return Err(problem);
    }
    let bad = || own_problem(ProblemClass::BadAnswer, "the answer is not the simulator's");
    let root = portolan_xml::parse(&text).map_err(|_| bad())?;
    let result = root.child("SimulatePrincipalPolicyResult").ok_or_else(bad)?;
    let results = result.child("EvaluationResults").ok_or_else(bad)?;
    let denied = results.children_named("member").filter_map(|member| {
        let text = |name: &str| member.child(name).map(|child| child.text.trim());
        (text("EvalDecision")? != "allowed").then(|| text("EvalActionName").map(str::to_owned))?
    });
    Ok(denied.collect())
}
