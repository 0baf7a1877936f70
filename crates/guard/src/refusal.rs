//! What is said when a request does not pass.

use crate::limits;

/// The rule that refused. Each is one sentence of the guard's contract and one family of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A length or a count is over its limit.
    Limit,
    /// The service is not in the host's tables.
    Service,
    /// The region is not the name of a region.
    Region,
    /// The label before the host name is not the operation's.
    HostPrefix,
    /// The path and query are not in their one canonical form.
    Target,
    /// A header that belongs to the host, is unknown, repeated or not canonical.
    Header,
    /// The body is not what the operation takes.
    Body,
    /// The wire names no operation of the tables.
    NoOperation,
    /// The wire can be read as more than one operation.
    Ambiguous,
    /// A parameter that the operation does not have, or that is given twice.
    Parameter,
    /// The operation's name does not begin with List, Describe, Get or `BatchGet`.
    Verb,
    /// The service authorization data does not call its action List or Read.
    Access,
    /// The reviewed list of reads that are not inventory denies it.
    DeniedRead,
    /// It is allowed only with parameters other than these.
    Constraint,
    /// The loaded kinds do not declare it, or the operator's grant does not cover it.
    Grant,
    /// The identity that was asked for does not fit.
    Identity,
    /// Cloud Control is asked about a type of which it is not known that its handlers read nothing else than inventory.
    Type,
}

impl Rule {
    /// A short stable name for reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Service => "service",
            Self::Region => "region",
            Self::HostPrefix => "host-prefix",
            Self::Target => "target",
            Self::Header => "header",
            Self::Body => "body",
            Self::NoOperation => "no-operation",
            Self::Ambiguous => "ambiguous",
            Self::Parameter => "parameter",
            Self::Verb => "verb",
            Self::Access => "access",
            Self::DeniedRead => "denied-read",
            Self::Constraint => "constraint",
            Self::Grant => "grant",
            Self::Identity => "identity",
            Self::Type => "type",
        }
    }
}

/// A request that does not pass, and why.
///
/// The text contains nothing that the guest wrote except names, cut and without control characters, so
/// it can go to a terminal and into a report as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation} refused by rule {}: {message}{}", rule.as_str(), grant_hint(grant_that_would_allow.as_deref()))]
pub struct Refusal {
    /// `sqs:DeleteQueue`: from the wire where it says so, else the guest's word in quotes.
    pub operation: String,
    /// Which rule said no.
    pub rule: Rule,
    /// What is wrong, with what would have been right.
    pub message: String,
    /// What to write where so that it passes; none where nothing would.
    pub grant_that_would_allow: Option<String>,
}

fn grant_hint(grant: Option<&str>) -> String {
    grant.map(|text| format!("; to allow it: {text}")).unwrap_or_default()
}

/// A refusal while it is not yet known which operation was meant.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) rule: Rule,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(rule: Rule, message: impl Into<String>) -> Self {
        Self { rule, message: message.into() }
    }
}

/// Text of the guest in a form that can be shown: cut, control and non-ASCII characters replaced.
pub(crate) fn shown(text: &str) -> String {
    let mut out: String = text
        .chars()
        .take(limits::QUOTED_CHARS)
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' })
        .collect();
    if text.chars().nth(limits::QUOTED_CHARS).is_some() {
        out.push_str("...");
    }
    out
}
