//! Region and endpoint of STS, and whether anybody answers there; the clock by that answer.

use super::case::Case;
use super::cause::Cause;
use super::finding::{Answer, Finding};
use super::mend::Mend;
use super::reach::{self, SLOW_MS};
use super::stage::Stage;
use crate::credentials::PlaceError;
use crate::run::{GroundError, ground};

/// Off by more, and AWS refuses signatures; its own tools draw the line a minute earlier than AWS does.
const CLOCK_OFF_MS: u64 = portolan_errors::SKEW_THRESHOLD_MS.unsigned_abs();
/// Off by more, and it will get worse.
const CLOCK_DRIFTS_MS: u64 = 30_000;

pub(super) async fn examine(case: &mut Case) -> Finding {
    let made = match ground(&case.settings, case.environment.clone()) {
        Ok(made) => made,
        Err(error) => return without_ground(&error),
    };
    let (region, address) = (made.place.region.clone(), made.place.endpoint.clone());
    let from = match (&case.settings.credentials.sts_region, &case.settings.aws_region) {
        (Some(_), _) => "credentials.sts_region",
        (None, Some(aws)) if *aws == region => "AWS_REGION",
        (None, Some(_)) => "the roles' partition: AWS_REGION lies in another",
        (None, None) => "the partition's first: AWS_REGION is not set",
    };
    let place = format!("STS at {address}, region {region} ({from})");
    let reached = reach::reach(&made.http, &format!("{}/", address.trim_end_matches('/'))).await;
    let finding = match reached {
        Ok(reached) => {
            case.ahead_ms = reached.ahead_ms;
            let says = format!("{place}: answered in {} ms", reached.ms);
            if reached.ms > SLOW_MS {
                let mend = Mend::act("set credentials.sts_region (or AWS_REGION) to the region that is nearest");
                Finding::notable(Stage::Endpoint, says).because(vec![Cause::Slow]).mended_by(vec![mend])
            } else {
                Finding::works(Stage::Endpoint, says)
            }
        }
        Err(error) => {
            let causes = Cause::of_http(&error, case.is_proxied(&address));
            let mends = reach::mends(&causes, &address);
            return Finding::fails(Stage::Endpoint, format!("{place}: no answer"))
                .answered(Answer::of_text(error))
                .because(causes)
                .mended_by(mends);
        }
    };
    case.ground = Some(made);
    finding
}

fn without_ground(error: &GroundError) -> Finding {
    let cause = match error {
        GroundError::Place(PlaceError::Region { .. } | PlaceError::Partition(_)) => Cause::WrongPartition,
        GroundError::Tls(_) => Cause::Certificate,
        GroundError::Place(_) | GroundError::Environment(_) => Cause::Settings,
    };
    let mend = match cause {
        Cause::WrongPartition => {
            "set credentials.sts_region to a region of the roles' partition, or name roles of the other one"
        }
        Cause::Certificate => "let AWS_CA_BUNDLE name a file of PEM certificates, or unset it",
        _ => "change the variable that the message names",
    };
    Finding::fails(Stage::Endpoint, "there is no place to ask STS")
        .answered(Answer::of_text(error))
        .because(vec![cause])
        .mended_by(vec![Mend::act(mend)])
}

/// This machine's clock, by the `Date` of the endpoint's answer.
pub(super) fn clock(case: &Case) -> Finding {
    let Some(ahead_ms) = case.ahead_ms else {
        return Finding::notable(Stage::Clock, "the answer bears no date, so the clock was not compared");
    };
    let (off_ms, seconds) = (ahead_ms.unsigned_abs(), ahead_ms.unsigned_abs() / 1_000);
    let which = if ahead_ms > 0 { "behind AWS's" } else { "ahead of AWS's" };
    let mend = || {
        vec![Mend::run("sudo chronyc makestep   # or whatever sets this machine's clock by NTP; then keep it running")]
    };
    if off_ms > CLOCK_OFF_MS {
        Finding::fails(
            Stage::Clock,
            format!("this machine's clock is {seconds} s {which}; AWS refuses signatures beyond 5 minutes"),
        )
        .because(vec![Cause::Clock])
        .mended_by(mend())
    } else if off_ms > CLOCK_DRIFTS_MS {
        Finding::notable(Stage::Clock, format!("this machine's clock is {seconds} s {which}"))
            .because(vec![Cause::Clock])
            .mended_by(mend())
    } else {
        Finding::works(Stage::Clock, "this machine's clock agrees with AWS's to within half a minute")
    }
}
