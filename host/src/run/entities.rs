//! The end of a run, for entities: what no page could tell is mapped from the stored rows, then all are brought in step.

use super::context::{Context, Failed};
use super::convert::{own_problem, problem};
use crate::bindings::exports::portolan::aws::sync;
use crate::catalogue::{Catalogue, Mapped, SettledEntities, Unmapped};
use crate::entity_lines;
use crate::outcome::{Problem, ProblemClass};
use crate::run::clock::now_ms;
use crate::unit::UnitKey;

/// Rows that are fetched at a time; and bytes of them that one call is given, so that instances stay small.
const ROWS_AT_ONCE: usize = 200;
const CALL_BYTES_MAX: usize = 256 << 10;

/// Maps what is not mapped yet, and brings the entities in step. None where there are neither a mapping nor entities.
/// `all_read` says that every account was read in every region that it has.
///
/// # Errors
/// When the catalogue fails.
pub(super) async fn settle_entities(context: &Context, all_read: bool) -> Result<Option<SettledEntities>, Failed> {
    if let Some(mapping) = &context.mapping {
        map_the_rest(context, mapping).await?;
    }
    let run_id = context.start.id.clone();
    let (guard, released) = (context.settings.deletion.run, context.settings.allow_mass_delete.clone());
    let settle =
        move |catalogue: &mut Catalogue| catalogue.settle_entities(&run_id, guard, released.as_deref(), now_ms());
    let mut settled = context.store.with(settle).await??;
    if context.mapping.is_some() {
        let whole = all_read && settled.changes.withheld == 0;
        let released = context.settings.allow_mass_delete.clone();
        let judge =
            move |catalogue: &mut Catalogue| catalogue.judge_adopted(whole, guard, released.as_deref(), now_ms());
        settled.adopted = context.store.with(judge).await??;
    }
    if let Some(collision) = &settled.collision {
        tracing::warn!(
            "{} entities are made more than once, {:?} of blueprint {:?} by {} lines of the mapping, and the first of these \
             writes it; put the account or the region into the identifier",
            collision.entities,
            collision.identifier,
            collision.blueprint,
            collision.sources
        );
    }
    let is_concerned = context.mapping.is_some() || settled.changes.total > 0 || settled.changes.gone > 0;
    Ok(Some(settled).filter(|_| is_concerned))
}

async fn map_the_rest(context: &Context, mapping: &str) -> Result<(), Failed> {
    let mut after = String::new();
    loop {
        let (of, from) = (mapping.to_owned(), after.clone());
        let next = move |catalogue: &mut Catalogue| catalogue.unmapped(&of, &from, ROWS_AT_ONCE);
        let rows = context.store.with(next).await??;
        let Some(last) = rows.last() else { return Ok(()) };
        after.clone_from(&last.key);
        for unit in in_calls(rows) {
            map_rows(context, mapping, unit).await?;
        }
    }
}

/// Rows of one unit's kind and region together, as far as they fit into a call.
fn in_calls(rows: Vec<Unmapped>) -> Vec<Vec<Unmapped>> {
    let mut calls: Vec<Vec<Unmapped>> = Vec::new();
    let mut bytes = 0;
    for row in rows {
        bytes += row.line.len();
        let together = |call: &Vec<Unmapped>| call.first().is_some_and(|first| first.unit == row.unit);
        match calls.last_mut().filter(|call| together(call) && bytes <= CALL_BYTES_MAX) {
            Some(call) => call.push(row),
            None => {
                bytes = row.line.len();
                calls.push(vec![row]);
            }
        }
    }
    calls
}

async fn map_rows(context: &Context, mapping: &str, rows: Vec<Unmapped>) -> Result<(), Failed> {
    let Some(unit) = rows.first().map(|row| row.unit.clone()) else { return Ok(()) };
    let lines = if context.manifest.kind(&unit.kind).is_none() {
        // Where the mapping chooses the kinds, it names this one no longer. Where others do, it is merely not read now.
        if context.settings.mapping_that_drives().is_none() {
            return Ok(());
        }
        Ok(Vec::new())
    } else {
        match made_of(context, &unit, &rows).await {
            Ok((lines, problems)) => {
                note(context, &unit, problems).await?;
                Ok(lines)
            }
            Err(problem) => Err(problem),
        }
    };
    match lines {
        Ok(lines) => {
            let mapped = Mapped { mapping: mapping.to_owned(), lines };
            Ok(context.store.with(move |catalogue| catalogue.put_mapped(&rows, &mapped)).await??)
        }
        // What was made of them before stays, and the next run tries again.
        Err(problem) => note(context, &unit, vec![problem]).await,
    }
}

async fn note(context: &Context, unit: &UnitKey, problems: Vec<Problem>) -> Result<(), Failed> {
    context.tally.problems(Some(unit), None, &problems);
    let unit = unit.clone();
    Ok(context.store.with(move |catalogue| catalogue.put_problems(Some(&unit), None, &problems, now_ms())).await??)
}

async fn made_of(
    context: &Context,
    unit: &UnitKey,
    rows: &[Unmapped],
) -> Result<(Vec<entity_lines::EntityLine>, Vec<Problem>), Problem> {
    let bad = |error: &dyn std::fmt::Display| own_problem(ProblemClass::BadCall, error.to_string());
    let mut lease = context.instances().lease_for(&unit.kind).await.map_err(|error| bad(&error))?;
    let asked = sync::Unit { kind: unit.kind.clone(), region: unit.region.as_ref().map(ToString::to_string) };
    let text = rows.iter().map(|row| row.line.as_str()).collect::<Vec<_>>().join("\n");
    let answer = lease.map_resources(&asked, &text).await.map_err(|error| bad(&error))?;
    let mapped = answer.map_err(|failure| problem(failure.problem))?;
    let lines = entity_lines::parse(&mapped.entities)
        .map_err(|error| own_problem(ProblemClass::BadAnswer, error.to_string()))?;
    Ok((lines, mapped.problems.into_iter().map(problem).collect()))
}
