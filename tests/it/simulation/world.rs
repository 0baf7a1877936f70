//! One seed: an estate, its runs one after the other, and what is checked after each.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use portolan::config::settings::Settings;
use portolan::credentials::Environment;
use portolan::run::{
    Cancellation, Embedded, Report, RunStart, SourceFacts, StandIn, StartError, Surroundings, Task, now_ms, sync,
};

use super::aws::Aws;
use super::dice::Dice;
use super::estate::{Estate, HOME, MANAGEMENT};
use super::faults::{Faults, Sky};
use super::oracle::{Checked, Ending, differing};
use super::sandbox::Sandbox;
use super::stored::Stored;
use super::told::Told;

/// Runs of a seed before the sky clears.
const RUNS: u64 = 28;
/// Runs whose story is told when something does not hold.
const TOLD_RUNS: usize = 4;

/// How a run is ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Never,
    /// As by Ctrl-C.
    Asked,
    /// As by `kill -9`: what was being done is never done.
    Killed,
}

pub struct World<'a> {
    sandbox: &'a Sandbox,
    seed: u64,
    file: PathBuf,
    estate: Estate,
    settings: Settings,
    told: Told,
    story: Vec<Vec<String>>,
}

impl<'a> World<'a> {
    pub fn new(sandbox: &'a Sandbox, seed: u64) -> Self {
        let file = sandbox.file(seed);
        let estate = Estate::new(Dice::new(seed, 0));
        let wary = Dice::new(seed, 0).one_in(4, "wary", "");
        let settings = sandbox.settings(&file, &estate, wary);
        Self { sandbox, seed, file, estate, settings, told: Told { seeds: 1, ..Told::default() }, story: Vec::new() }
    }

    /// All runs of the seed; what did not hold, with its story.
    pub fn play(mut self) -> Result<Told, String> {
        let mut withheld = None;
        for number in 1..=RUNS {
            let dice = Dice::new(self.seed, number);
            let changes = self.estate.change(dice);
            let skies = [Sky::Clear, Sky::Fair, Sky::Fair, Sky::Rough, Sky::Rough, Sky::Storm];
            let sky = dice.of(&skies, "sky", "").copied().unwrap_or(Sky::Clear);
            self.story.push(vec![format!("run {number}, {sky:?}")]);
            self.tell(changes);
            // Somebody looks at what was withheld and lets it go, a run too late perhaps.
            self.settings.allow_mass_delete = withheld.take().filter(|_| dice.one_in(2, "released", ""));
            if let Some(run) = &self.settings.allow_mass_delete {
                let line = format!("what {run} withheld may go");
                self.tell([line]);
            }
            let report = self.run(number, sky)?;
            withheld = report.filter(|report| !report.tripped.is_empty()).map(|report| report.run_id);
            self.settings.allow_mass_delete = None;
        }
        for (second, number) in [(false, RUNS + 1), (true, RUNS + 2)] {
            self.story.push(vec![format!("run {number}, nothing changes and nothing goes wrong")]);
            let report = self.run(number, Sky::Clear)?;
            if let Some(report) = report.filter(|report| !report.tripped.is_empty()) {
                self.settings.allow_mass_delete = Some(report.run_id.clone());
                self.run(number + 100, Sky::Clear)?;
                self.settings.allow_mass_delete = None;
            }
            let faults = Faults::new(Dice::new(self.seed, number), Sky::Clear, &self.estate);
            let wrong = differing(&self.estate, &faults, &Stored::read(&self.file), second);
            self.check(wrong)?;
        }
        for ending in ["", "-wal", "-shm", ".lock"] {
            let _ = std::fs::remove_file(format!("{}{ending}", self.file.display()));
        }
        Ok(self.told)
    }

    fn tell(&mut self, lines: impl IntoIterator<Item = String>) {
        if let Some(story) = self.story.last_mut() {
            story.extend(lines);
        }
    }

    fn check(&self, wrong: Vec<String>) -> Result<(), String> {
        if wrong.is_empty() {
            return Ok(());
        }
        let from = self.story.len().saturating_sub(TOLD_RUNS);
        let story: Vec<String> = self.story[from..].iter().map(|run| run.join("\n    ")).collect();
        Err(format!("{}\nThe story:\n  {}", wrong.join("\n"), story.join("\n  ")))
    }

    /// One run, perhaps stopped, perhaps killed and gone on with; what holds is checked.
    fn run(&mut self, number: u64, sky: Sky) -> Result<Option<Report>, String> {
        let dice = Dice::new(self.seed, number);
        let stop = match dice.below(12, "stop", "") {
            _ if sky == Sky::Clear => Stop::Never,
            0 => Stop::Asked,
            1 | 2 => Stop::Killed,
            _ => Stop::Never,
        };
        let stop_at = (stop != Stop::Never).then(|| 1 + dice.below(60, "stop at", ""));
        let faults = Faults::new(dice, sky, &self.estate);
        let aws = Arc::new(Aws::new(self.estate.clone(), faults.clone(), stop_at));
        let before = Stored::read(&self.file);
        let mut report = self.sync(number, &aws, stop, Task::Sync)?;
        if report.is_none() {
            self.checked(&faults, &before, Ending::Killed)?;
            if dice.one_in(2, "resumed", "") {
                self.tell(["resumed".to_owned()]);
                self.told.resumed += 1;
                report = self.sync(number, &aws, Stop::Never, Task::Resume)?;
            }
        }
        let told: Vec<String> = std::mem::take(&mut aws.seen().story);
        self.tell(told);
        if let Some(report) = &report {
            let scopes = report.incomplete.iter().map(|scope| {
                format!(
                    "incomplete: {} {:?} {:?} {} {}",
                    scope.account, scope.region, scope.kind, scope.class, scope.message
                )
            });
            self.tell(scopes.chain([format!("exit status {}", report.exit_status)]).collect::<Vec<_>>());
            self.told.tripped += u64::from(!report.tripped.is_empty());
            self.checked(&faults, &before, Ending::Report(report))?;
        }
        let seen = aws.seen();
        self.told.calls += seen.calls;
        for (name, count) in &seen.injected {
            *self.told.faults.entry(name).or_default() += count;
        }
        for (name, count) in [
            ("hidden from listings", faults.hidden.len() + faults.hidden_accounts.len() + faults.hidden_regions.len()),
            ("gone while read", faults.dying.len()),
        ] {
            *self.told.faults.entry(name).or_default() += count as u64;
        }
        if !seen.unknown.is_empty() {
            return Err(format!("the model does not know {:?}", seen.unknown));
        }
        drop(seen);
        self.after(&faults, &before);
        Ok(report)
    }

    fn checked(&mut self, faults: &Faults, before: &Stored, ending: Ending<'_>) -> Result<(), String> {
        let after = Stored::read(&self.file);
        let wrong = Checked { estate: &self.estate, faults, before, after: &after, ending }.wrong();
        self.check(wrong)
    }

    /// What the run leaves behind: things that died are gone; what it saw has been seen, and may be hidden again.
    fn after(&mut self, faults: &Faults, before: &Stored) {
        let stored = Stored::read(&self.file);
        self.told.deleted += before.alive.keys().filter(|key| !stored.alive.contains_key(key)).count() as u64;
        for place in &faults.dying {
            self.estate.remove(place);
        }
        let seen =
            |key| stored.alive.get(&key).is_some_and(|row| row.run_id == stored.run_id && row.missing_since.is_none());
        for (place, thing) in &mut self.estate.things {
            match place.sort.facts().kind {
                Some(kind) if seen(super::oracle::key(kind, place)) => thing.unseen = false,
                Some(_) => thing.unseen |= faults.hidden.contains(place),
                // No row shows whether it was seen: what is below it does.
                None => thing.unseen = false,
            }
        }
        for (id, account) in &mut self.estate.accounts {
            let known = stored.accounts.get(id);
            account.unseen = known.is_none_or(|known| known.unseen);
            account.region_unseen = known.is_none_or(|known| known.region_unseen);
        }
    }

    /// One run of the product; none where it was killed.
    fn sync(&mut self, number: u64, aws: &Arc<Aws>, stop: Stop, task: Task) -> Result<Option<Report>, String> {
        let cancelled = Cancellation::default();
        let surroundings = Surroundings {
            environment: Environment::new(|_| None),
            at_terminal: false,
            cancelled: cancelled.clone(),
            replay: None,
            stand_in: Some(StandIn {
                exchange: Arc::clone(aws) as Arc<dyn portolan::aws::Exchange>,
                source: SourceFacts {
                    arn: format!("arn:aws:iam::{MANAGEMENT}:user/portolan"),
                    account: MANAGEMENT.to_owned(),
                    why: "simulated".to_owned(),
                },
                partition: "aws".to_owned(),
                home_region: HOME.to_owned(),
                start: RunStart { id: format!("run-{number:03}"), at_ms: now_ms() },
            }),
            embedded: Embedded::default(),
        };
        self.told.runs += 1;
        let resuming = matches!(task, Task::Resume);
        let run = sync(self.sandbox.engine.clone(), self.settings.clone(), surroundings, task);
        let begun = Instant::now();
        let ended = self.sandbox.runtime.block_on(async {
            tokio::select! {
                ended = run => Some(ended),
                () = async {
                    aws.stopping.notified().await;
                    if stop == Stop::Asked {
                        cancelled.cancel();
                        std::future::pending::<()>().await;
                    }
                } => None,
            }
        });
        self.told.product += begun.elapsed();
        // A run that is dropped has tasks that its runtime still has to end; until then they hold the catalogue and their instances.
        self.sandbox.runtime.block_on(async {
            while self.sandbox.runtime.metrics().num_alive_tasks() > 0 {
                tokio::task::yield_now().await;
            }
        });
        match ended {
            None => {
                self.told.stopped += 1;
                self.tell(["killed".to_owned()]);
                Ok(None)
            }
            Some(Ok(report)) => {
                self.told.stopped += u64::from(report.interrupted);
                Ok(Some(report))
            }
            Some(Err(StartError::Usage(why))) if resuming => {
                self.tell([why]);
                Ok(None)
            }
            Some(Err(error)) => Err(format!("the run did not begin: {error}")),
        }
    }
}
