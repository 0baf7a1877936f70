//! Which source of credentials was chosen and why, what the plan of roles makes of it, and who AWS says it is.

use std::sync::Arc;

use super::case::Case;
use super::cause::Cause;
use super::finding::{Answer, Finding};
use super::mend::Mend;
use super::remedy;
use super::stage::Stage;
use super::token::Claims;
use crate::config::SourceFacts;
use crate::credentials::{
    Chosen, CredentialsError, Identity, PlanError, RolePlan, Sessions, WebIdentity, choose, read_token,
};
use crate::run::{check_endpoints, now_ms, role_plan};

const STAGE: Stage = Stage::Identity;

pub(super) async fn examine(case: &mut Case) -> Finding {
    let Some(ground) = &case.ground else { return Finding::not_examined(STAGE, "needs the endpoint") };
    let chosen = match choose(&ground.sources, &ground.sts).await {
        Ok(chosen) => chosen,
        Err(error) => return nothing_chosen(&error),
    };
    let (why, sts) = (chosen.why.clone(), ground.sts.clone());
    if let Err(error) = check_endpoints(chosen.kind, &ground.place, &case.settings.endpoints) {
        return Finding::fails(STAGE, why).answered(Answer::of_text(error)).because(vec![Cause::Settings]).mended_by(
            vec![Mend::act("unset AWS_ENDPOINT_URL and its like, or name another source with --credentials")],
        );
    }
    let plan = role_plan(&case.settings, &case.start.id);
    if let Some(finding) = unfit(case, &chosen, &plan, &why) {
        return finding;
    }
    let mut below = Vec::new();
    if let Some(web) = chosen.web_identity.clone() {
        below.push(token(case, &web).await);
    }
    let sessions = Arc::new(Sessions::new(plan, chosen, sts));
    case.sessions = Some(Arc::clone(&sessions));
    let finding = match sessions.source_identity().await {
        Ok(identity) => {
            let says = format!("{why}; AWS knows it as {identity}");
            case.caller = Some(identity);
            Finding::works(STAGE, says)
        }
        Err(failure) => {
            let sent = case.failed_hop(&Identity::Management, &failure).is_some_and(|hop| hop.external_id.is_some());
            let causes = Cause::of_session(&failure, sent, false);
            let mends = remedy::of_session(case, &Identity::Management, &failure, &causes);
            Finding::fails(STAGE, format!("{why}; AWS does not take it"))
                .answered(Answer::of_session(&failure))
                .because(causes)
                .mended_by(mends)
        }
    };
    finding.over(below)
}

fn nothing_chosen(error: &CredentialsError) -> Finding {
    let finding = Finding::fails(STAGE, "no source of credentials can be used");
    match error {
        CredentialsError::Failed(failure) => finding
            .answered(Answer::of_session(failure))
            .because(Cause::of_session(failure, false, false))
            .mended_by(vec![Mend::act(failure.next())]),
        other => finding.answered(Answer::of_text(other)).because(vec![Cause::NoSource]).mended_by(vec![
            Mend::run("aws sts get-caller-identity   # what AWS's own tools find here"),
            Mend::act(
                "name the source with --credentials: task, instance, web-identity, keys, profile or profile:NAME",
            ),
        ]),
    }
}

/// What of the roles cannot work with this source, found before any call: what a run would refuse to begin with.
fn unfit(case: &Case, chosen: &Chosen, plan: &RolePlan, why: &str) -> Option<Finding> {
    let facts =
        SourceFacts { web_identity: chosen.web_identity.is_some(), is_role_session: chosen.is_role == Some(true) };
    let by_settings = case.settings.against_source(facts).err().map(|refused| refused.to_string());
    let by_plan = plan.check(chosen.facts()).err().unwrap_or_default();
    let said: Vec<String> = by_plan.iter().map(ToString::to_string).collect();
    let text = match by_settings {
        Some(text) => text,
        None if said.is_empty() => return None,
        None => said.join("; "),
    };
    let cause = by_plan.first().map_or(Cause::Settings, |error| match error {
        PlanError::ChainedDuration { .. } | PlanError::Duration { .. } => Cause::SessionTooLong,
        PlanError::Partition { .. } => Cause::WrongPartition,
        PlanError::ExternalIdWithWebIdentity => Cause::ExternalId,
        PlanError::SourceIdentityWithWebIdentity => Cause::SourceIdentity,
        _ => Cause::Settings,
    });
    let mend = match cause {
        Cause::SessionTooLong => "leave --session-duration (roles.duration_s) out, or set 3600 or less",
        Cause::WrongPartition => "name roles of one partition; run once for each",
        Cause::ExternalId => "take the external id out and restrict the trust by the token's subject, or set roles.hub",
        Cause::SourceIdentity => "take the source identity out, or set roles.hub",
        _ => "change the setting that the message names",
    };
    let finding = Finding::fails(STAGE, format!("{why}; the roles cannot be assumed from it"));
    Some(finding.answered(Answer::of_text(text)).because(vec![cause]).mended_by(vec![Mend::act(mend)]))
}

/// What the token says of itself. It is read as for an exchange, and never shown.
async fn token(case: &mut Case, web: &WebIdentity) -> Finding {
    let subject = format!("token of {}", web.token_file.display());
    let text = match read_token(&web.token_file).await {
        Ok(text) => text,
        Err(why) => {
            return Finding::fails(STAGE, "it cannot be read")
                .about(subject)
                .answered(Answer::of_text(why))
                .because(vec![Cause::NoSource])
                .mended_by(vec![Mend::act(
                    "let AWS_WEB_IDENTITY_TOKEN_FILE name the mounted token of the service account",
                )]);
        }
    };
    let Some(claims) = Claims::read(text.expose()) else {
        return Finding::notable(STAGE, "it is no JSON web token, so nothing is known of it").about(subject);
    };
    let says = format!("issuer {}, audience {}, subject {}", claims.issuer, claims.audience, claims.subject);
    let ended = claims.expires.is_some_and(|end| end < now_ms() / 1_000);
    case.claims = Some(claims);
    if ended {
        return Finding::fails(STAGE, format!("{says}; it has expired"))
            .about(subject)
            .because(vec![Cause::ExpiredToken])
            .mended_by(vec![remedy::renewed_token()]);
    }
    Finding::works(STAGE, says).about(subject)
}
