//! Who calls, and whether they may: as much as can be told without computing signatures.

use hyper::http::request::Parts;
use portolan_scripted_aws::{Denied, Estate, Options, kinds};

use super::error::Trouble;
use super::operation::{Operation, Source};
use super::request::Scope;
use super::session::Session;
use super::time;

/// AWS accepts this much difference between its clock and the signature's, in seconds.
const SKEW_MAX: u64 = 300;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The account, by its place.
    pub(crate) account: u32,
    /// None: the source identity, a user of the management account.
    pub(crate) session: Option<Session>,
}

impl Caller {
    pub(crate) fn of(scope: &Scope<'_>) -> Self {
        let session = Session::of(scope.key_id);
        Self { account: session.map_or(0, |session| session.account), session }
    }

    /// The ARN, with which STS answers and denials speak.
    pub(crate) fn arn(&self) -> String {
        let account = Estate::account_id(self.account);
        match self.session {
            Some(_) => format!("arn:aws:sts::{account}:assumed-role/reader/portolan"),
            None => format!("arn:aws:iam::{account}:user/source"),
        }
    }
}

/// Whether the request is what a client of AWS sends; what is wrong with it otherwise.
pub(crate) fn check(
    operation: &Operation,
    scope: &Scope<'_>,
    head: &Parts,
    caller: &Caller,
    estate: &Estate,
    options: &Options,
) -> Result<(), Trouble> {
    let signed = head.headers.get("x-amz-date").and_then(|value| value.to_str().ok()).and_then(time::signed);
    let Some(signed) = signed else { return Err(Trouble::Unsigned) };
    let now = time::now().saturating_add_signed(options.clock_offset);
    if now.abs_diff(signed) > SKEW_MAX {
        return Err(Trouble::Skewed);
    }
    if !time::iso(signed).replace('-', "").starts_with(scope.date) {
        return Err(Trouble::WrongScope);
    }
    if caller.account >= estate.accounts() {
        return Err(Trouble::UnknownKey);
    }
    let token = head.headers.get("x-amz-security-token").map(|value| value.as_bytes());
    match caller.session {
        Some(session) if token != Some(session.token().as_bytes()) => return Err(Trouble::UnknownKey),
        // Sessions of somebody else.
        None if token.is_some() || scope.key_id.starts_with("ASIA") => return Err(Trouble::UnknownKey),
        Some(session) => {
            let life = options.session_dies_after.unwrap_or(options.session_seconds);
            if time::now().saturating_sub(session.issued) >= life {
                return Err(Trouble::Expired);
            }
        }
        None => {}
    }
    place(operation, scope, caller, estate, options)
}

/// Whether the region is one of the operation's, enabled, and open.
fn place(
    operation: &Operation,
    scope: &Scope<'_>,
    caller: &Caller,
    estate: &Estate,
    options: &Options,
) -> Result<(), Trouble> {
    let global = match operation.source {
        Source::Kind(kind) => {
            kinds().get(usize::from(kind)).is_some_and(|kind| !kind.regional) && operation.service != "s3"
        }
        Source::Regions => operation.service == "account",
        Source::Caller | Source::Session => false,
        _ => true,
    };
    if global && scope.region != "us-east-1" {
        return Err(Trouble::WrongScope);
    }
    if !global && estate.region_number(scope.region).is_none() && operation.service != "sts" {
        return Err(Trouble::NotEnabled);
    }
    let management = matches!(
        operation.source,
        Source::Management
            | Source::Units
            | Source::Unit
            | Source::AccountsOfUnit
            | Source::Accounts
            | Source::Account
            | Source::Parent
    );
    if management && caller.account != 0 {
        return Err(Trouble::Denied);
    }
    // No service control policy binds the management account.
    let account = Estate::account_id(caller.account).to_string();
    let closes = |denied: &Denied| {
        denied.account.as_ref().is_none_or(|denied| *denied == account)
            && denied.region.as_ref().is_none_or(|denied| denied == scope.region)
    };
    if caller.account != 0 && operation.service != "sts" && !global && options.denied.iter().any(closes) {
        return Err(Trouble::DeniedByPolicy);
    }
    Ok(())
}
