//! What of the settings the guest is told: what to read, never how to get there.

use serde_json::{Value, json};

use crate::bindings::exports::portolan::aws::sync;
use crate::config::definitions::DefinitionFile;
use crate::config::settings::{Actions, RegionChoice, Sensitive, Settings};
use crate::run::clock::{RunStart, iso};

/// Requests in one batch: a page of 100 items with one detail call each.
const BATCH_MAX: u32 = 100;
/// One answer, and all answers of a batch. The largest pages of AWS's APIs stay below 2 MiB.
pub const RESPONSE_BYTES_MAX: usize = 8 << 20;
/// What a page comes to: small pages keep instances small (linear memory never shrinks).
const PAGE_BYTES: u64 = 128 << 10;
/// A cursor holds AWS's page token (a few KiB at most) and the position of the parents.
const CURSOR_BYTES_MAX: u32 = 64 << 10;

/// The facts of the run, for `configure`.
#[must_use]
pub fn run_facts(start: &RunStart, partition: &str) -> sync::Run {
    sync::Run {
        id: start.id.clone(),
        started_at_ms: start.at_ms,
        partition: partition.to_owned(),
        limits: sync::Limits {
            batch: BATCH_MAX,
            response_bytes: RESPONSE_BYTES_MAX as u64,
            batch_bytes: RESPONSE_BYTES_MAX as u64,
            page_bytes: PAGE_BYTES,
            cursor_bytes: CURSOR_BYTES_MAX,
        },
    }
}

/// The configuration of the guest, as JSON.
#[must_use]
pub fn guest_config(settings: &Settings, start: &RunStart, home_region: &str, redaction_key: &str) -> String {
    let texts = |items: &mut dyn Iterator<Item = &str>| items.map(str::to_owned).collect::<Vec<_>>();
    let accounts = &settings.accounts;
    // Where nobody chose kinds, a mapping does.
    let selected = if settings.mapping_that_drives().is_some() { None } else { Some(&settings.kinds.selected) };
    let kinds: Vec<Value> = selected
        .into_iter()
        .flatten()
        .map(|(kind, choice)| {
            let actions = match &choice.actions {
                Actions::All => json!("all"),
                Actions::Named(names) => json!(names),
            };
            let mut value = json!({ "kind": kind, "actions": actions });
            if let Some(object) = value.as_object_mut() {
                if let Some(regions) = &choice.regions {
                    object.insert("regions".to_owned(), region_choice(regions));
                }
                if let Some(since_s) = choice.since_s {
                    let moment = iso(start.at_ms.saturating_sub(since_s.saturating_mul(1_000)));
                    object.insert("since".to_owned(), json!(moment));
                }
            }
            value
        })
        .collect();
    let mut regions = region_choice(&settings.regions.choice);
    if let Some(object) = regions.as_object_mut() {
        let buckets = if settings.regions.buckets_in_allowed_only { "allowed" } else { "all" };
        object.insert("buckets".to_owned(), json!(buckets));
    }
    let own_regions: serde_json::Map<String, Value> = accounts
        .overrides
        .iter()
        .filter_map(|(id, own)| Some((id.to_string(), region_choice(own.regions.as_ref()?))))
        .collect();
    let mut config = json!({
        "version": 1,
        "accounts": {
            "ous": {
                "include": texts(&mut accounts.ous_include.iter().map(portolan_names::OuId::as_str)),
                "exclude": texts(&mut accounts.ous_exclude.iter().map(portolan_names::OuId::as_str)),
            },
            "include": texts(&mut accounts.include.iter().map(portolan_names::AccountId::as_str)),
            "exclude": texts(&mut accounts.exclude.iter().map(portolan_names::AccountId::as_str)),
        },
        "kinds": kinds,
        "include_defaults": settings.kinds.include_defaults,
        "definitions": settings.kinds.definitions.iter().map(DefinitionFile::json).collect::<Vec<_>>(),
        "regions": regions,
        "account_regions": own_regions,
        "home_region": home_region,
        "sensitive": match settings.sensitive { Sensitive::Redact => "redact", Sensitive::Keep => "keep" },
        "redaction_key": redaction_key,
    });
    if let (Some(mapping), Some(members)) = (&settings.mapping, config.as_object_mut()) {
        members.insert("mapping".to_owned(), mapping.json());
    }
    config.to_string()
}

fn region_choice(choice: &RegionChoice) -> Value {
    let names = |regions: &[portolan_names::Region]| regions.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({ "allow": names(&choice.allow), "deny": names(&choice.deny) })
}
