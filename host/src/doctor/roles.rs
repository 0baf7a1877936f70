//! The hub role and the listing role.

use super::case::Case;
use super::cause::Cause;
use super::finding::{Answer, Finding};
use super::remedy;
use super::stage::Stage;
use crate::credentials::{AssumeFailure, Identity};

/// The role between the source and all others.
pub(super) async fn hub(case: &mut Case) -> Finding {
    let Some(sessions) = case.sessions.clone() else { return Finding::not_examined(Stage::Hub, "needs the identity") };
    let Some(hub) = sessions.plan().hub.clone() else {
        case.hub_works = true;
        return Finding::not_examined(Stage::Hub, "none is configured: roles are assumed from the source itself");
    };
    match sessions.credentials(&Identity::Management).await {
        // Another role than the hub failed, behind it.
        Err(failure) if failure.role.as_ref() == Some(&hub) => {
            refused(case, Stage::Hub, &Identity::Management, &failure).about(hub.as_str())
        }
        _ => {
            case.hub_works = true;
            let sent = sessions.plan().external_id.is_some();
            case.external_id_works |= sent;
            Finding::works(Stage::Hub, with_or_without("assumed", sent)).about(hub.as_str())
        }
    }
}

/// The role that lists the organization.
pub(super) async fn listing(case: &mut Case) -> Finding {
    let Some(sessions) = case.sessions.clone() else {
        return Finding::not_examined(Stage::Listing, "needs the identity");
    };
    let Some(role) = sessions.plan().list.clone() else {
        case.listing_works = true;
        return Finding::not_examined(Stage::Listing, "none is configured: no organization is listed");
    };
    match sessions.credentials(&Identity::Management).await {
        Ok(_) => {
            case.listing_works = true;
            let sent = case.hops(&Identity::Management).last().is_some_and(|hop| hop.external_id.is_some());
            case.external_id_works |= sent;
            Finding::works(Stage::Listing, with_or_without("assumed", sent)).about(role.as_str())
        }
        Err(failure) => refused(case, Stage::Listing, &Identity::Management, &failure).about(role.as_str()),
    }
}

/// `assumed, with an external id`: whether one was sent, never which.
pub(super) fn with_or_without(what: &str, sent: bool) -> String {
    if sent { format!("{what}, with an external id") } else { format!("{what}, without an external id") }
}

/// A role that was not assumed.
pub(super) fn refused(case: &Case, stage: Stage, who: &Identity, failure: &AssumeFailure) -> Finding {
    let hop = case.failed_hop(who, failure);
    let sent = hop.as_ref().is_some_and(|hop| hop.external_id.is_some());
    let causes = Cause::of_session(failure, sent, case.external_id_works);
    let says = match &hop {
        Some(hop) if hop.by_web_identity => "not assumed with the token".to_owned(),
        Some(_) => with_or_without("not assumed", sent),
        None => "no session".to_owned(),
    };
    let mends = remedy::of_session(case, who, failure, &causes);
    Finding::fails(stage, says).answered(Answer::of_session(failure)).because(causes).mended_by(mends)
}
