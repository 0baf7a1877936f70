//! Which incomplete scopes are accepted, which are new, and whether they count.

use std::collections::HashMap;

use portolan_names::Region;

use super::clock::iso;
use super::context::{Context, Failed};
use super::exit::Facts;
use super::scope::Scope;
use crate::catalogue::Before;
use crate::config::accept::{self, Day};
use crate::config::settings::FailOn;
use crate::unit::UnitKey;

/// Whether a unit of the scope was read whole in the last run, and whether any ever was.
#[derive(Clone, Copy, Default)]
struct Was {
    whole: bool,
    ever_whole: bool,
}

/// The scopes of a run, by account: what units were before is looked at one by one, since there may be a million.
struct Judged {
    scopes: Vec<Scope>,
    by_account: HashMap<String, Vec<usize>>,
    was: Vec<Was>,
}

impl Judged {
    fn new(scopes: Vec<Scope>) -> Self {
        let mut by_account: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, scope) in scopes.iter().enumerate() {
            by_account.entry(scope.account.clone()).or_default().push(index);
        }
        Self { was: vec![Was::default(); scopes.len()], scopes, by_account }
    }

    fn heed(&mut self, unit: &UnitKey, before: Before) {
        for &index in self.by_account.get(unit.account.as_str()).into_iter().flatten() {
            let (Some(scope), Some(was)) = (self.scopes.get(index), self.was.get_mut(index)) else { continue };
            let is_of_it = scope.kind.as_ref().is_none_or(|kind| {
                *kind == unit.kind && scope.region.as_deref() == unit.region.as_ref().map(Region::as_str)
            });
            if is_of_it {
                was.whole |= before.last_whole;
                was.ever_whole |= before.ever_whole;
            }
        }
    }
}

/// Says of each scope whether it is accepted and new, and of the run whether any counts.
///
/// # Errors
/// When the catalogue fails.
pub(super) async fn judge_scopes(context: &Context, scopes: &mut [Scope], facts: &mut Facts) -> Result<(), Failed> {
    if scopes.is_empty() {
        return Ok(());
    }
    let mut judged = Judged::new(scopes.to_vec());
    let was = context
        .store
        .with(move |catalogue| {
            catalogue.each_previous_unit(|unit, before| judged.heed(&unit, before)).map(|()| judged.was)
        })
        .await??;
    let Some(today) = Day::parse(iso(context.start.at_ms).get(..10).unwrap_or_default()) else { return Ok(()) };
    for (scope, was) in scopes.iter_mut().zip(was) {
        let place = accept::Scope {
            account: &scope.account,
            region: scope.region.as_deref(),
            kind: scope.kind.as_deref(),
            class: &scope.class,
        };
        let accepting = context.settings.accept.iter().find(|accept| accept.covers(place, today));
        scope.accepted = accepting.map(|accept| accept.reason.clone());
        scope.new = was.whole || !was.ever_whole;
        facts.incomplete |= scope.accepted.is_none()
            && match context.settings.fail_on {
                FailOn::New => scope.new,
                FailOn::Any => true,
                FailOn::None => false,
            };
    }
    Ok(())
}
