//! What people come with, and where its causes are looked for. Data: a symptom more is a row more.

use super::stage::Stage;

/// A complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symptom {
    /// As `--symptom` takes it.
    pub name: &'static str,
    /// As the question has it.
    pub says: &'static str,
    /// Where its causes are. What these stages need besides is looked at, and shown only where it does not work.
    pub stages: &'static [Stage],
    /// Whether every account is looked at instead of a sample.
    pub every_account: bool,
}

/// All of them. The first three are the peer's troubleshooting; the others are what users of such tools report.
pub const SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "cannot-assume-role",
        says: "a role cannot be assumed",
        stages: &[Stage::Clock, Stage::Identity, Stage::Hub, Stage::Listing, Stage::Accounts],
        every_account: false,
    },
    Symptom {
        name: "no-resources",
        says: "no resources are found, or fewer than there are",
        stages: &[Stage::Proxy, Stage::Endpoint, Stage::Accounts, Stage::Regions, Stage::Kinds],
        every_account: false,
    },
    Symptom {
        name: "organization-denied",
        says: "access to the organization is denied",
        stages: &[Stage::Identity, Stage::Hub, Stage::Listing, Stage::Organization],
        every_account: false,
    },
    Symptom {
        name: "missing-accounts",
        says: "some accounts are missing",
        stages: &[Stage::Organization, Stage::Accounts],
        every_account: true,
    },
    Symptom { name: "missing-region", says: "a region is missing", stages: &[Stage::Regions], every_account: false },
    Symptom {
        name: "denied",
        says: "calls are denied, or a kind is missing",
        stages: &[Stage::Kinds],
        every_account: false,
    },
    Symptom {
        name: "no-credentials",
        says: "no credentials are found, or the wrong ones",
        stages: &[Stage::Endpoint, Stage::Clock, Stage::Identity],
        every_account: false,
    },
    Symptom {
        name: "expired",
        says: "tokens or signatures have expired",
        stages: &[Stage::Clock, Stage::Identity],
        every_account: false,
    },
    Symptom {
        name: "slow",
        says: "a run is slow, or calls are throttled",
        stages: &[Stage::Endpoint, Stage::Accounts, Stage::Regions, Stage::Kinds],
        every_account: false,
    },
    Symptom {
        name: "no-connection",
        says: "AWS cannot be reached",
        stages: &[Stage::Proxy, Stage::Endpoint, Stage::Clock, Stage::Regions],
        every_account: false,
    },
    Symptom { name: "sink-empty", says: "a sink does not get anything", stages: &[Stage::Sinks], every_account: false },
];

/// The symptom of that name.
#[must_use]
pub fn symptom(name: &str) -> Option<&'static Symptom> {
    SYMPTOMS.iter().find(|symptom| symptom.name == name)
}
