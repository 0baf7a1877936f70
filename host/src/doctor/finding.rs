//! What was found: a tree of stages, and below them of roles, accounts, regions, services and sinks.

use serde::Serialize;

use super::cause::Cause;
use super::mend::Mend;
use super::stage::Stage;
use crate::credentials::AssumeFailure;
use crate::outcome::Problem;

/// How it stands with something, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It works.
    Works,
    /// It was not looked at: what it needs does not work, or there is nothing of the sort.
    NotExamined,
    /// It works, and somebody should know something about it.
    Notable,
    /// It does not work.
    Fails,
}

/// AWS's own reason, or another's who answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Its code; empty where nobody answered.
    pub code: String,
    /// Its text.
    pub message: String,
    /// The request's id.
    pub request_id: Option<String>,
}

impl Answer {
    /// Why a role was not assumed.
    #[must_use]
    pub fn of_session(failure: &AssumeFailure) -> Self {
        Self { code: failure.code.clone(), message: failure.message.clone(), request_id: failure.request_id.clone() }
    }

    /// What a call came to.
    #[must_use]
    pub fn of_problem(problem: &Problem) -> Self {
        Self { code: problem.code.clone(), message: problem.message.clone(), request_id: problem.request_id.clone() }
    }

    /// Words without a code.
    #[must_use]
    pub fn of_text(message: impl ToString) -> Self {
        Self { code: String::new(), message: message.to_string(), request_id: None }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stage that it belongs to.
    pub stage: Stage,
    /// The role, account, region, service or sink; empty for the stage itself.
    pub subject: String,
    /// How it stands, the worst of what is below it included.
    pub state: State,
    /// What was found, in one line.
    pub says: String,
    /// AWS's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// Likely causes, the likeliest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// What mends it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mends: Vec<Mend>,
    /// Its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub below: Vec<Finding>,
}

impl Finding {
    fn new(stage: Stage, state: State, says: impl Into<String>) -> Self {
        let (subject, says) = (String::new(), says.into());
        Self { stage, subject, state, says, answer: None, causes: Vec::new(), mends: Vec::new(), below: Vec::new() }
    }

    /// It works.
    pub fn works(stage: Stage, says: impl Into<String>) -> Self {
        Self::new(stage, State::Works, says)
    }

    /// It works, but.
    pub fn notable(stage: Stage, says: impl Into<String>) -> Self {
        Self::new(stage, State::Notable, says)
    }

    /// It does not work.
    pub fn fails(stage: Stage, says: impl Into<String>) -> Self {
        Self::new(stage, State::Fails, says)
    }

    /// It was not looked at.
    pub fn not_examined(stage: Stage, says: impl Into<String>) -> Self {
        Self::new(stage, State::NotExamined, says)
    }

    /// About this role, account, region, service or sink.
    #[must_use]
    pub fn about(self, subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), ..self }
    }

    /// With what AWS said.
    #[must_use]
    pub fn answered(self, answer: Answer) -> Self {
        Self { answer: Some(answer), ..self }
    }

    /// With the likely causes.
    #[must_use]
    pub fn because(self, causes: Vec<Cause>) -> Self {
        Self { causes, ..self }
    }

    /// With what mends it.
    #[must_use]
    pub fn mended_by(self, mends: Vec<Mend>) -> Self {
        Self { mends, ..self }
    }

    /// With its parts, the worst of which decides.
    #[must_use]
    pub fn over(mut self, below: Vec<Self>) -> Self {
        let worst = below.iter().map(|finding| finding.state).filter(|state| *state != State::NotExamined).max();
        self.state = worst.map_or(self.state, |worst| worst.max(self.state));
        self.below = below;
        self
    }

    /// Whether it does not work, or a part of it does not.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.state == State::Fails
    }
}
