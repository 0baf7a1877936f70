use std::collections::{BTreeMap, BTreeSet};

use crate::outcome::{Problem, ProblemClass};

/// Vanished resources of one unit that are read by id in one run. A unit that lost more has most likely lost its guard
/// too, and what was not read stays, marked missing, for the next run: the cap costs time, never a wrong deletion.
pub const READINGS_PER_UNIT_MAX: usize = 1_000;

/// What reading a vanished resource by id gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBack {
    /// It was not read: not needed, or past the cap.
    NotAsked,
    /// The service says, in its own code, that there is none.
    Gone,
    /// It is there: the listing hid it.
    There,
    /// No answer that proves anything.
    Unanswered(ProblemClass),
}

/// What one `read-resources` call proves about the ids it was asked for.
///
/// Gone is only what a *whole* page leaves out without a word: a page that is not whole, a problem about that id, or a
/// problem about nothing in particular prove nothing for what is not in the page.
#[must_use]
pub fn read_back(
    asked: &[String],
    returned: &BTreeSet<String>,
    whole: bool,
    problems: &[Problem],
) -> BTreeMap<String, ReadBack> {
    let general = problems.iter().find(|p| p.subject.is_none()).map(|p| p.class);
    let fault = if whole { general } else { general.or(Some(ProblemClass::BadAnswer)) };
    let answer = |id: &String| {
        let own = problems.iter().find(|p| p.subject.as_ref() == Some(id)).map(|p| p.class);
        match own.or(fault) {
            _ if returned.contains(id) => ReadBack::There,
            Some(class) => ReadBack::Unanswered(class),
            None => ReadBack::Gone,
        }
    };
    asked.iter().map(|id| (id.clone(), answer(id))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(class: ProblemClass, subject: Option<&str>) -> Problem {
        let text = String::new;
        let subject = subject.map(str::to_owned);
        Problem {
            class,
            operation: text(),
            region: None,
            code: text(),
            message: text(),
            request_id: None,
            subject,
            count: 1,
        }
    }

    #[test]
    fn silence_proves_only_in_a_whole_page_without_problems_about_it() {
        let asked = ["a".to_owned(), "b".to_owned()];
        let returned = BTreeSet::from(["a".to_owned()]);
        let denied = ProblemClass::Denied;
        for (whole, problems, expected) in [
            (true, vec![], ReadBack::Gone),
            (true, vec![problem(denied, Some("a"))], ReadBack::Gone),
            (true, vec![problem(denied, Some("b"))], ReadBack::Unanswered(denied)),
            (true, vec![problem(denied, None)], ReadBack::Unanswered(denied)),
            (false, vec![], ReadBack::Unanswered(ProblemClass::BadAnswer)),
            (false, vec![problem(denied, Some("a"))], ReadBack::Unanswered(ProblemClass::BadAnswer)),
        ] {
            let answers = read_back(&asked, &returned, whole, &problems);
            assert_eq!(answers["b"], expected, "whole {whole}, {problems:?}");
            assert_eq!(answers["a"], ReadBack::There);
        }
    }
}
