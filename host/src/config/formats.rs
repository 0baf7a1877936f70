//! The forms that text settings have, by the `format` names of the schema.

use portolan_names::{AccountId, OuId, Region, RoleArn};

use super::accept::{CLASSES, Day};
use super::age;
use super::kinds::KnownKinds;
use super::mistake::nearest;
use super::port::{IntegrationName, PortUrl};
use super::read_sinks::check_map_key;
use super::sinks;
use super::webhook::WebhookUrl;
use crate::credentials::SourceSetting;
use crate::http_client::AddressRange;

/// What is wrong with a text, and what to write instead.
pub(super) type Wrong = (String, Option<String>);

/// Role names end here, as IAM has it.
const ROLE_NAME_MAX: usize = 64;
/// Paths end here, as IAM has it.
const ROLE_PATH_MAX: usize = 512;
/// Session names and source identities, as STS has it.
const SESSION_NAME: std::ops::RangeInclusive<usize> = 2..=64;
/// What `{run}` comes to: the length of a run's id.
const RUN_ID_SAMPLE: &str = "0123456789abcdef";
/// External ids, as STS has it.
const EXTERNAL_ID: std::ops::RangeInclusive<usize> = 2..=1224;

fn named(error: &portolan_names::NameError) -> Wrong {
    (error.to_string(), None)
}

/// Checks a text against a format of the schema; unknown formats pass, as JSON Schema has it.
///
/// # Errors
/// What is wrong, with the text: never call it with a secret.
pub(super) fn check(format: &str, text: &str, kinds: &KnownKinds) -> Result<(), Wrong> {
    match format {
        "role-arn" => RoleArn::parse(text).map(drop).map_err(|e| named(&e)),
        "region" => Region::parse(text).map(drop).map_err(|e| named(&e)),
        "ou" => OuId::parse(text).map(drop).map_err(|e| named(&e)),
        "account-id" => AccountId::parse(text).map(drop).map_err(|e| named(&e)),
        "organization" => organization(text),
        "role-name" => role_name(text),
        "session-name" => session_name(&text.replace("{run}", RUN_ID_SAMPLE), text),
        "source-identity" => session_name(text, text),
        "credential-source" => text.parse::<SourceSetting>().map(drop).map_err(|e| (e.to_string(), None)),
        "kind" => kinds.refuse(text).map_or(Ok(()), Err),
        "action" => action(text, kinds),
        "sink" => sinks::check(text),
        "sink-name" => check_map_key(text),
        "webhook-url" => WebhookUrl::parse(text).map(drop),
        "port-url" => PortUrl::parse(text).map(drop),
        "integration-name" => IntegrationName::parse(text).map(drop),
        "address-range" => text
            .parse::<AddressRange>()
            .map(drop)
            .map_err(|message| (message, Some("write an address or a range, as 10.1.2.3 or 10.0.0.0/8".to_owned()))),
        "date" => Day::parse(text).map(drop).ok_or_else(|| {
            (format!("{text:?} is not a date"), Some("write year, month and day as 2027-03-31".to_owned()))
        }),
        "span" => age::seconds(text).map(drop).map_err(|wrong| (wrong, Some("write it as 30d, 12h or 2w".to_owned()))),
        "class" => one_of(text, CLASSES.iter().copied()),
        _ => Ok(()),
    }
}

/// Refuses a text that is not among the names, with the nearest.
///
/// # Errors
/// It is not among them.
pub(super) fn one_of<'a>(text: &str, names: impl Iterator<Item = &'a str> + Clone) -> Result<(), Wrong> {
    if names.clone().any(|name| name == text) {
        return Ok(());
    }
    let all = names.clone().collect::<Vec<_>>().join(", ");
    Err((format!("{text:?} is not one of {all}"), nearest(text, names).map(|near| format!("did you mean {near}?"))))
}

/// What an external id may be, without saying what it was.
///
/// # Errors
/// Its length or its characters are not those that STS takes.
pub(super) fn external_id(text: &str) -> Result<(), Wrong> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b);
    if EXTERNAL_ID.contains(&text.len()) && text.bytes().all(allowed) {
        return Ok(());
    }
    Err(("not an external id: 2 to 1224 letters, digits and _+=,.@:/- (the value is not shown)".to_owned(), None))
}

fn organization(text: &str) -> Result<(), Wrong> {
    let right = text.strip_prefix("o-").is_some_and(|rest| {
        (10..=32).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
    });
    if right { Ok(()) } else { Err((format!("{text:?} is not an organization's id (o-exampleorgid)"), None)) }
}

fn role_name(text: &str) -> Result<(), Wrong> {
    if text.starts_with("arn:") {
        let advice = RoleArn::parse(text).ok().map(|role| format!("write {}", role.path_and_name()));
        return Err((format!("{text:?} is an ARN; here stands a name that is the same in every account"), advice));
    }
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b);
    let right = (1..=ROLE_NAME_MAX).contains(&name.len())
        && name.bytes().all(allowed)
        && path.len() <= ROLE_PATH_MAX
        && path.bytes().all(|b| b.is_ascii_graphic());
    if right { Ok(()) } else { Err((format!("{text:?} is not a role's name (PortOceanReadRole, ops/Read)"), None)) }
}

fn session_name(text: &str, written: &str) -> Result<(), Wrong> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    if SESSION_NAME.contains(&text.len()) && text.bytes().all(allowed) {
        return Ok(());
    }
    Err((format!("{written:?}: STS takes 2 to 64 letters, digits and _+=,.@- here"), None))
}

fn action(text: &str, kinds: &KnownKinds) -> Result<(), Wrong> {
    let actions = kinds.actions();
    if actions.contains(&text) {
        return Ok(());
    }
    let advice = nearest(text, actions).map(|near| format!("did you mean {near}?"));
    Err((format!("no kind has an action {text:?}"), advice.or(Some("`portolan kinds --json` lists them".to_owned()))))
}

#[cfg(test)]
mod tests {
    use super::{check, external_id};
    use crate::config::kinds::tests::known;

    #[test]
    fn each_format_takes_its_own_and_refuses_the_rest() {
        for (format, right, wrong) in [
            ("role-arn", "arn:aws:iam::111111111111:role/Read", "arn:aws:iam::1:role/Read"),
            ("region", "eu-west-1", "EU-WEST-1"),
            ("ou", "ou-ab12-11111111", "ou-ab12"),
            ("account-id", "012345678901", "12345678901"),
            ("organization", "o-exampleorgid", "o-x"),
            ("role-name", "ops/Read", "arn:aws:iam::111111111111:role/Read"),
            ("session-name", "portolan-{run}", "portolan {run}"),
            ("source-identity", "ci@example", "{run}"),
            ("credential-source", "profile:dev", "magic"),
            ("kind", "AWS::S3::Bucket", "AWS::S3::Buckt"),
            ("action", "GetBucketEncryptionAction", "GetBucketEncriptionAction"),
            ("sink", "ndjson:-", "ftp:x"),
            ("date", "2027-03-31", "2027-02-30"),
            ("class", "role-denied", "sad"),
        ] {
            assert_eq!(check(format, right, &known()), Ok(()), "{format}");
            assert!(check(format, wrong, &known()).is_err(), "{format}");
        }
    }

    #[test]
    fn a_wrong_external_id_is_not_repeated() {
        let (message, _) = external_id("my secret").unwrap_err();
        assert!(!message.contains("my secret"));
        assert!(external_id("a:b/c-d").is_ok());
    }
}
