//! What is wrong with settings together, though each is right alone.

use std::collections::BTreeMap;

use portolan_names::{AccountId, RoleArn};

use super::mistake::{Mistake, Refused};
use super::node::{Origin, child};
use super::read::Reader;
use super::settings::{AccountsFrom, Management, Settings};
use super::sinks::SinkUrl;
use super::variables::OCEAN_JSON;

/// STS refuses longer sessions where one role assumes another.
const CHAINED_DURATION_S_MAX: u32 = 3600;

/// Checks them; what is wrong goes to the reader's mistakes.
pub(super) fn check(settings: &Settings, reader: &mut Reader<'_>) {
    accounts(settings, reader);
    roles(settings, reader);
    overrides(settings, reader);
    partition(settings, reader);
    regions(settings, reader);
    keys(reader);
    sinks(settings, reader);
}

fn origin(reader: &Reader<'_>, key: &str) -> Origin {
    reader.tree.at(key).map_or(Origin::Default, |node| node.origin.clone())
}

/// Whether a mistake about this key was already found: then nothing follows from its absence.
fn is_reported(reader: &Reader<'_>, key: &str) -> bool {
    reader.mistakes.iter().any(|mistake| mistake.key.starts_with(key))
}

fn accounts(settings: &Settings, reader: &mut Reader<'_>) {
    let at = origin(reader, "accounts.from");
    match settings.accounts.from {
        Some(AccountsFrom::Organization) if settings.roles.list.is_none() && !is_reported(reader, "roles.list") => {
            let advice = "set roles.list (--account-role-arn) to the role that lists the organization";
            reader.say(&at, "accounts.from", "an organization needs a role that lists it", advice);
        }
        Some(AccountsFrom::Roles) if settings.accounts.roles.is_empty() && !is_reported(reader, "accounts.roles") => {
            reader.say(&at, "accounts.from", "no roles are given", "set accounts.roles (--account-role-arns)");
        }
        _ => {}
    }
    for key in ["accounts.ous.include", "accounts.ous.exclude", "accounts.include", "accounts.exclude"] {
        let units = key.starts_with("accounts.ous");
        let serves = match settings.accounts.from {
            Some(AccountsFrom::Organization) => true,
            Some(AccountsFrom::Roles) | None => !units,
            Some(AccountsFrom::Own) => false,
        };
        let Some(node) = reader.tree.at(key).filter(|node| !node.items().is_empty() && !serves) else { continue };
        let written = node.origin.clone();
        let message = if units { "has no effect without an organization" } else { "has no effect on a single account" };
        // One-off: a flag or a variable chooses other accounts, and what the file says of units rests.
        if matches!((&written, &at), (Origin::File { .. }, Origin::Flag(_) | Origin::Variable(_))) {
            reader.notices.push(format!("{written}: {key} {message} ({at})"));
        } else {
            reader.say(&written, key, message, "take it out, or write accounts.from: organization with roles.list");
        }
    }
    let mut first: BTreeMap<AccountId, &RoleArn> = BTreeMap::new();
    for role in &settings.accounts.roles {
        if let Some(other) = first.insert(role.account(), role) {
            let at = origin(reader, "accounts.roles");
            let message = format!("{other} and {role} are of the same account");
            reader.say(&at, "accounts.roles", message, "keep one role per account");
        }
    }
    if settings.accounts.management == Management::ListRole && settings.roles.list.is_none() {
        let at = origin(reader, "accounts.management");
        reader.say(&at, "accounts.management", "there is no listing role", "set roles.list, or write auto");
    }
}

fn roles(settings: &Settings, reader: &mut Reader<'_>) {
    if let (Some(_), Some(seconds)) = (&settings.roles.hub, settings.roles.duration_s)
        && seconds > CHAINED_DURATION_S_MAX
    {
        let at = origin(reader, "roles.duration_s");
        let message = format!("{seconds} s: behind a hub sessions last an hour at most");
        reader.say(&at, "roles.duration_s", message, "write at most 3600, or null");
    }
}

fn overrides(settings: &Settings, reader: &mut Reader<'_>) {
    for (account, own) in &settings.accounts.overrides {
        let Some(role) = own.role.as_ref().filter(|role| role.account() != *account) else { continue };
        let key = child(&child("accounts.overrides", account.as_str()), "role");
        let at = settings.origins.of(&key).clone();
        let advice = format!("write a role of account {account}");
        reader.say(&at, &key, format!("{role} lies in another account"), advice);
    }
}

/// One run, one partition.
fn partition(settings: &Settings, reader: &mut Reader<'_>) {
    let mut roles: Vec<(String, &RoleArn)> = Vec::new();
    roles.extend(settings.roles.list.iter().map(|role| ("roles.list".to_owned(), role)));
    roles.extend(settings.roles.hub.iter().map(|role| ("roles.hub".to_owned(), role)));
    roles.extend(settings.accounts.roles.iter().map(|role| ("accounts.roles".to_owned(), role)));
    for (account, own) in &settings.accounts.overrides {
        let key = child(&child("accounts.overrides", account.as_str()), "role");
        roles.extend(own.role.iter().map(|role| (key.clone(), role)));
    }
    let (Some(wanted), Some((first, role))) = (settings.partition.as_deref(), roles.first()) else { return };
    // It is the first role's, unless the peer's configuration names it.
    let by = if role.partition() == wanted { first.clone() } else { "AWS_PARTITION".to_owned() };
    for (key, role) in &roles {
        if role.partition() != wanted {
            let message = format!("{role} is of another partition than {wanted} ({by})");
            let at = settings.origins.of(key).clone();
            reader.say(&at, key, message, "run portolan once for each partition");
        }
    }
}

/// A region of another partition is refused: the run's credentials mean nothing there.
fn regions(settings: &Settings, reader: &mut Reader<'_>) {
    let Some(wanted) = settings.partition.as_deref() else { return };
    let choice = &settings.regions.choice;
    let lists = [("regions.allow", &choice.allow), ("regions.deny", &choice.deny)];
    for (key, region) in lists.iter().flat_map(|(key, regions)| regions.iter().map(move |region| (*key, region))) {
        if portolan_tables::partition_of(region.as_str()).is_none_or(|partition| partition.id != wanted) {
            let message = format!("{region} is of another partition than {wanted}, that of the roles");
            let at = settings.origins.of(key).clone();
            reader.say(&at, key, message, "run portolan once for each partition");
        }
    }
}

fn keys(reader: &mut Reader<'_>) {
    let set = |name: &str| reader.tree.at(&format!("credentials.keys.{name}")).map(|node| node.origin.clone());
    let (id, secret, token) = (set("access_key_id"), set("secret_access_key"), set("session_token"));
    let missing = match (&id, &secret) {
        (Some(at), None) => Some((at.clone(), "secret_access_key")),
        (None, Some(at)) => Some((at.clone(), "access_key_id")),
        (None, None) => token.map(|at| (at, "access_key_id")),
        (Some(_), Some(_)) => None,
    };
    if let Some((at, missing)) = missing.filter(|_| !is_reported(reader, "credentials.keys")) {
        reader.say(&at, "credentials.keys", format!("{missing} is missing"), "set it too");
    }
}

fn sinks(settings: &Settings, reader: &mut Reader<'_>) {
    let at = origin(reader, "to");
    if settings.sinks.is_empty() && !is_reported(reader, "to") {
        reader.say(&at, "to", "there is nowhere to write to", "write sqlite:portolan.db");
    }
    let place = |sink: &SinkUrl| match sink {
        SinkUrl::Sqlite(file) | SinkUrl::NdjsonFile(file) => file.clone(),
        SinkUrl::NdjsonStdout => "-".into(),
        SinkUrl::Webhook(_) | SinkUrl::Port(_) => sink.to_string().into(),
    };
    let has_memory = settings.sinks.iter().any(|sink| matches!(sink, SinkUrl::Sqlite(_)));
    if let Some(sink) = settings.sinks.iter().find(|sink| sink.needs_catalogue() && !has_memory) {
        let message = format!("{sink}: what it has accepted is remembered in the catalogue, and there is none");
        reader.say(&at, "to", message, "add sqlite:FILE, or name a file for the ledger with --state");
    }
    if settings.mapping.is_some() && !has_memory {
        let at = origin(reader, "mapping");
        let message = "entities are kept in a catalogue, and there is none";
        reader.say(&at, "mapping", message, "add sqlite:FILE to the sinks, or name a file for the ledger with --state");
    }
    for (index, sink) in settings.sinks.iter().enumerate() {
        if settings.sinks.iter().take(index).any(|other| place(other) == place(sink)) {
            reader.say(&at, "to", format!("{sink}: another sink writes there already"), "give each a place of its own");
        }
    }
}

/// What turned out about the identity that the host itself has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceFacts {
    /// It is a token file: the first role is assumed with `AssumeRoleWithWebIdentity`.
    pub web_identity: bool,
    /// Its own credentials are a role's session (task, instance, pod, profile with a role): every hop is chained.
    pub is_role_session: bool,
}

impl Settings {
    /// Whether `roles.external_id` came with the peer's names: then a web identity warns instead of refusing.
    #[must_use]
    pub fn external_id_is_of_the_peer(&self) -> bool {
        matches!(self.origins.of("roles.external_id"), Origin::Variable(name) if name.starts_with(OCEAN_JSON))
    }

    /// What can be checked only once it is known which source is used, and must be before any call.
    ///
    /// Gives lines to print: what has no effect but came with the peer's configuration.
    ///
    /// # Errors
    /// Settings that this source cannot honour.
    pub fn against_source(&self, facts: SourceFacts) -> Result<Vec<String>, Refused> {
        let mut notices = Vec::new();
        let mut mistakes = Vec::new();
        // With a hub the token is used once, for the hub; what follows are plain AssumeRole calls.
        if facts.web_identity && self.roles.hub.is_none() {
            let message = "a web identity takes no external id";
            let advice = "take it out, or set roles.hub: the hops after the hub send it";
            let key = "roles.external_id";
            let at = self.origins.of(key);
            if self.roles.external_id.is_some() && self.external_id_is_of_the_peer() {
                notices.push(format!("{at}: {message}; it is not sent"));
            } else if self.roles.external_id.is_some() {
                mistakes.push(Mistake::new(at, key, message).instead(advice));
            }
            for (account, _) in self.accounts.overrides.iter().filter(|(_, own)| own.external_id.is_some()) {
                let key = child(&child("accounts.overrides", account.as_str()), "external_id");
                mistakes.push(Mistake::new(self.origins.of(&key), &key, message).instead(advice));
            }
            if self.roles.source_identity.is_some() {
                let key = "roles.source_identity";
                let message = "a web identity takes no source identity";
                mistakes.push(Mistake::new(self.origins.of(key), key, message).instead("take it out"));
            }
        }
        if let Some(seconds) = self.roles.duration_s.filter(|seconds| *seconds > CHAINED_DURATION_S_MAX)
            && facts.is_role_session
            && !facts.web_identity
        {
            let key = "roles.duration_s";
            let message = format!("{seconds} s: the source is a role itself, so sessions last an hour at most");
            mistakes.push(Mistake::new(self.origins.of(key), key, message).instead("write at most 3600, or null"));
        }
        if mistakes.is_empty() { Ok(notices) } else { Err(Refused::new(mistakes)) }
    }
}
