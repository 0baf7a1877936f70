//! Parents that no call lists: enumerated ones, and a kind's own items where it is a tree.

use std::collections::{BTreeSet, VecDeque};

use super::cursor::Task;
use super::walk::Walk;
use crate::catalog::{Parent, Reach};
use crate::limits::TREE_LEVELS;
use crate::problem::{Problem, ProblemClass};

impl Walk<'_, '_> {
    /// Puts the enumerated parents in the place of the task that stands for them.
    pub(super) fn expand(&mut self, tasks: &mut VecDeque<Task>) {
        while let Some(task) = tasks.front()
            && let Some(Parent::Values(parent)) = self.reading.definition().parents.get(task.parents.len())
            && let Some(task) = tasks.pop_front()
        {
            let below = |value: &String| {
                let parents = task.parents.iter().chain([value]).cloned().collect();
                Task { parents, ..Task::default() }
            };
            let global = self.reading.definition().scope != Reach::Region;
            if self.reading.is_home() {
                parent.home_values.iter().rev().for_each(|value| tasks.push_front(below(value)));
            } else if global {
                // They are this unit's, and another region than theirs stands in for them.
                for value in &parent.home_values {
                    let problem =
                        Problem::new(ProblemClass::Unavailable, "answers in the global services' region only");
                    self.page.missing(problem.about(value));
                    self.page.scope(&below(value).parents, false);
                }
            }
            parent.values.iter().rev().for_each(|value| tasks.push_front(below(value)));
        }
    }

    /// Whether no call has answered for this task's parents: they are enumerated, or there are none.
    pub(super) fn is_outermost(&self, task: &Task) -> bool {
        let above = self.reading.definition().parents.iter().take(task.parents.len());
        task.depth == 0 && above.into_iter().all(|parent| parent.call().is_none())
    }

    /// The listings below these items, for a kind that is its own parent.
    pub(super) fn below(&mut self, task: &Task, ids: Vec<Option<String>>) -> Vec<Task> {
        let depth = task.depth + 1;
        let mut seen = BTreeSet::new();
        let mut below = Vec::with_capacity(ids.len());
        for id in ids.into_iter().flatten().filter(|id| seen.insert(id.clone())) {
            let mut parents = task.parents.clone();
            parents.pop();
            parents.push(id);
            if depth < TREE_LEVELS {
                below.push(Task { parents, depth, ..Task::default() });
                continue;
            }
            let message = format!("more than {TREE_LEVELS} levels below each other");
            let problem = Problem::new(ProblemClass::Limit, message);
            self.page.missing(problem.about(parents.last().map_or("", String::as_str)));
            self.page.scope(&parents, false);
        }
        below
    }
}
