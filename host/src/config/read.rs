//! From the merged layers to typed settings.
//!
//! Each value has passed the schema's check: what does not parse here was reported there and is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;

use portolan_names::{AccountId, Region, RoleArn};

use super::accept::{Accept, Day};
use super::endpoints::Endpoints;
use super::mistake::Mistake;
use super::node::{Node, Origin, Value, child};
use super::peer::Peer;
use super::references::{self, Reference};
use super::settings::{
    AccountOverride, AccountSettings, AccountsFrom, CredentialSettings, DeletionSettings, FailOn, GuardSettings, Keys,
    LimitSettings, LogLevel, LogSettings, Management, OnLeave, Origins, RegionChoice, RegionSettings, RoleSettings,
    Sensitive, Settings,
};
use super::variables::{AWS_DEFAULT_REGION, AWS_REGION, AWS_USE_DUALSTACK_ENDPOINT, AWS_USE_FIPS_ENDPOINT};
use super::{Sources, formats};
use crate::aws::Shares;
use crate::credentials::Rung;
use crate::secret::Secret;

/// Calls in flight per core, and at most: beyond that a host waits for its own cores.
const CONCURRENCY_PER_CORE: usize = 32;
const CONCURRENCY_MAX: usize = 256;

/// Reads settings, and gathers what is wrong on the way.
pub(super) struct Reader<'a> {
    pub(super) sources: Sources<'a>,
    pub(super) tree: &'a Node,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) notices: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(
        sources: Sources<'a>,
        tree: &'a Node,
        mistakes: Vec<Mistake>,
        notices: Vec<String>,
    ) -> Self {
        Self { sources, tree, mistakes, notices }
    }

    pub(super) fn settings(&mut self, peer: &Peer) -> Settings {
        let flags = self.sources.flags;
        let env = self.sources.env;
        let mut endpoint_mistakes = Vec::new();
        let endpoints =
            Endpoints::read(flags.endpoint_url.as_deref(), flags.allow_insecure_endpoint, env, &mut endpoint_mistakes);
        self.mistakes.append(&mut endpoint_mistakes);
        self.notices.extend(endpoints.announce());
        let (roles, accounts) = (self.roles(), self.accounts());
        let named = peer.partition.as_ref().map(|(name, _)| name.clone());
        let overrides = accounts.overrides.values().filter_map(|own| own.role.as_ref());
        let mut all = roles.list.iter().chain(&roles.hub).chain(&accounts.roles).chain(overrides);
        let partition = named.or_else(|| all.next().map(|role| role.partition().to_owned()));
        let mapping = self.mapping();
        let sinks = self.sinks();
        let mapping_from_port = self.mapping_from_port(&sinks);
        let mut settings = Settings {
            credentials: self.credentials(peer),
            roles,
            accounts,
            regions: self.regions(),
            kinds: self.kinds(),
            mapping,
            mapping_from_port,
            push_mapping: flags.push_mapping,
            sensitive: if self.is("sensitive", "keep") { Sensitive::Keep } else { Sensitive::Redact },
            sinks,
            deletion: self.deletion(),
            accept: self.accept(),
            limits: self.limits(),
            log: self.log(),
            fail_on: match self.text("fail_on") {
                Some("any") => FailOn::Any,
                Some("none") => FailOn::None,
                _ => FailOn::New,
            },
            endpoints,
            record: flags.record.clone(),
            replay: flags.replay.clone(),
            report: flags.report.clone(),
            cache_dir: flags.cache_dir.clone(),
            allow_mass_delete: flags.allow_mass_delete.clone(),
            retry_denied: flags.retry_denied,
            aws_region: self.aws_region(),
            use_fips: is_true(env.get(AWS_USE_FIPS_ENDPOINT)),
            use_dual_stack: is_true(env.get(AWS_USE_DUALSTACK_ENDPOINT)),
            partition,
            origins: Origins(origins(self.tree)),
        };
        self.as_the_mapping_has_it(&mut settings);
        settings
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.tree.at(key).and_then(Node::text)
    }

    fn is(&self, key: &str, text: &str) -> bool {
        self.text(key) == Some(text)
    }

    fn one<T: FromStr>(&self, key: &str) -> Option<T> {
        self.text(key).and_then(|text| text.parse().ok())
    }

    fn many<T: FromStr, C: FromIterator<T>>(&self, key: &str) -> C {
        self.tree.at(key).map_or_else(|| std::iter::empty().collect(), many)
    }

    fn number(&self, key: &str) -> Option<u32> {
        match self.tree.at(key)?.value {
            Value::Int(number) => u32::try_from(number).ok(),
            _ => None,
        }
    }

    fn share(&self, key: &str) -> Option<f64> {
        match self.tree.at(key)?.value {
            Value::Float(share) => Some(share),
            #[expect(clippy::cast_precision_loss, reason = "the schema keeps it at most 1")]
            Value::Int(share) => Some(share as f64),
            _ => None,
        }
    }

    pub(super) fn say(&mut self, origin: &Origin, key: &str, message: impl Into<String>, advice: impl Into<String>) {
        self.mistakes.push(Mistake::new(origin, key, message).instead(advice));
    }

    /// A secret with its reference followed. None where it is not set, or is wrong and was reported.
    pub(super) fn secret(&mut self, node: Option<&Node>, key: &str) -> Option<Secret> {
        let node = node?;
        let text = node.text()?;
        let (found, advice) = match references::parse(text).ok()? {
            None => (Ok(text.to_owned()), ""),
            Some(Reference::Env(name)) => {
                let found = self.sources.env.get(name).cloned();
                (found.ok_or_else(|| format!("the variable {name} is not set")), "set it")
            }
            Some(Reference::File(path)) => {
                let read = self.sources.files.read(Path::new(path));
                (read.map(|file| file.text).map_err(|error| format!("cannot read {path}: {error}")), "")
            }
        };
        let found = found.map(|text| text.trim_end_matches(['\r', '\n']).to_owned()).and_then(|text| {
            if text.trim().is_empty() { Err("what it refers to is empty".to_owned()) } else { Ok(text) }
        });
        match found {
            Ok(text) => Some(Secret::from(text)),
            Err(message) => {
                let mistake = Mistake::new(&node.origin, key, message);
                self.mistakes.push(if advice.is_empty() { mistake } else { mistake.instead(advice) });
                None
            }
        }
    }

    fn external_id(&mut self, node: Option<&Node>, key: &str) -> Option<Secret> {
        let secret = self.secret(node, key)?;
        if let Err((message, _)) = formats::external_id(secret.expose()) {
            self.mistakes.push(Mistake::new(&node?.origin, key, message));
            return None;
        }
        Some(secret)
    }

    fn credentials(&mut self, peer: &Peer) -> CredentialSettings {
        let tree = self.tree;
        let mut key = |name: &str| {
            let key = format!("credentials.keys.{name}");
            self.secret(tree.at(&key), &key)
        };
        let keys = (key("access_key_id"), key("secret_access_key"), key("session_token"));
        let keys = match keys {
            (Some(access_key_id), Some(secret_access_key), session_token) => {
                Some(Keys { access_key_id, secret_access_key, session_token })
            }
            _ => None,
        };
        CredentialSettings {
            source: self.one("credentials.source").unwrap_or_default(),
            keys,
            sts_region: self.one("credentials.sts_region"),
            expect_organization: self.one("credentials.expect_organization"),
            priority: peer.priority.as_ref().map(|(priority, _)| priority.clone()),
        }
    }

    fn roles(&mut self) -> RoleSettings {
        let list: Option<RoleArn> = self.one("roles.list");
        let member = self.text("roles.member").map(|text| text.trim_start_matches('/').to_owned());
        RoleSettings {
            member: member.or_else(|| list.as_ref().map(|role| role.path_and_name().to_owned())),
            list,
            hub: self.one("roles.hub"),
            external_id: self.external_id(self.tree.at("roles.external_id"), "roles.external_id"),
            session_name: self.text("roles.session_name").unwrap_or("portolan").to_owned(),
            duration_s: self.number("roles.duration_s"),
            source_identity: self.one("roles.source_identity"),
            session_policy: match self.text("roles.session_policy") {
                Some("off") => None,
                Some("packed") => Some(Rung::Packed),
                Some("managed-read-only") => Some(Rung::ManagedReadOnly),
                _ => Some(Rung::Exact),
            },
        }
    }

    fn accounts(&mut self) -> AccountSettings {
        let mut roles: Vec<RoleArn> = self.many("accounts.roles");
        let mut seen = BTreeSet::new();
        roles.retain(|role| seen.insert(role.clone()));
        let from = match self.text("accounts.from") {
            Some("organization") => Some(AccountsFrom::Organization),
            Some("roles") => Some(AccountsFrom::Roles),
            Some("self") => Some(AccountsFrom::Own),
            // Not said: what is there says it, the listing role first, as at the peer.
            _ if self.tree.at("roles.list").is_some() => Some(AccountsFrom::Organization),
            _ if !roles.is_empty() => Some(AccountsFrom::Roles),
            _ => None,
        };
        AccountSettings {
            from,
            roles,
            ous_include: self.many("accounts.ous.include"),
            ous_exclude: self.many("accounts.ous.exclude"),
            include: self.many("accounts.include"),
            exclude: self.many("accounts.exclude"),
            management: match self.text("accounts.management") {
                Some("include") => Management::Include,
                Some("exclude") => Management::Exclude,
                Some("list-role") => Management::ListRole,
                _ => Management::Auto,
            },
            on_leave_scope: self.keeping("accounts.on_leave_scope"),
            overrides: self.overrides(),
        }
    }

    fn overrides(&mut self) -> BTreeMap<AccountId, AccountOverride> {
        let mut overrides = BTreeMap::new();
        for entry in self.tree.at("accounts.overrides").map(Node::entries).unwrap_or_default() {
            let Ok(account) = AccountId::parse(&entry.key) else { continue };
            let key = child(&child("accounts.overrides", &entry.key), "external_id");
            let external_id = self.external_id(entry.node.at("external_id"), &key);
            let role = entry.node.at("role").and_then(Node::text).and_then(|text| text.parse().ok());
            let regions = entry.node.at("regions").map(region_choice);
            overrides.insert(account, AccountOverride { role, external_id, regions });
        }
        overrides
    }

    fn keeping(&self, key: &str) -> OnLeave {
        if self.is(key, "retire") { OnLeave::Retire } else { OnLeave::Keep }
    }

    fn regions(&self) -> RegionSettings {
        RegionSettings {
            choice: self.tree.at("regions").map(region_choice).unwrap_or_default(),
            on_disable: self.keeping("regions.on_disable"),
            buckets_in_allowed_only: self.is("regions.buckets", "allowed"),
        }
    }

    fn deletion(&self) -> DeletionSettings {
        let guard = |name: &str| {
            let value = |key: &str| self.tree.at(&format!("deletion.{name}.{key}")).map(|node| &node.value);
            // Not set: no share is large enough to wave a deletion through.
            let share = self.share(&format!("deletion.{name}.share")).unwrap_or(f64::MIN_POSITIVE);
            let at_least = match value("at_least") {
                Some(Value::Int(number)) => u64::try_from(*number).unwrap_or(1),
                _ => 1,
            };
            GuardSettings { at_least, share }
        };
        DeletionSettings {
            confirm: self.tree.at("deletion.confirm").is_none_or(|node| node.value != Value::Bool(false)),
            unit: guard("unit"),
            account: guard("account"),
            run: guard("run"),
            organization_shrink: guard("organization_shrink"),
        }
    }

    fn accept(&mut self) -> Vec<Accept> {
        let mut entries = Vec::new();
        for (index, node) in self.tree.at("accept").map(Node::items).unwrap_or_default().iter().enumerate() {
            let text = |key: &str| node.at(key).and_then(Node::text);
            let entry = Accept {
                account: text("account").and_then(|text| text.parse().ok()),
                region: text("region").and_then(|text| text.parse().ok()),
                kind: text("kind").map(str::to_owned),
                class: text("class").map(str::to_owned),
                until: text("until").and_then(Day::parse),
                reason: text("reason").unwrap_or_default().to_owned(),
            };
            let key = format!("accept[{index}]");
            let bare = node.entries().iter().all(|entry| ["reason", "until"].contains(&entry.key.as_str()));
            if bare && !self.mistakes.iter().any(|mistake| mistake.key.starts_with(&key)) {
                let advice = "name an account, a region, a kind or a class; `fail_on: none` accepts everything";
                self.say(&node.origin, &key, "this would accept everything", advice);
            }
            match entry.until {
                Some(until) if until < self.sources.today => {
                    self.notices.push(format!("{}: {key} ended on {until}", node.origin));
                }
                _ => {}
            }
            entries.push(entry);
        }
        entries
    }

    fn limits(&self) -> LimitSettings {
        let default = self.sources.cores.max(1).saturating_mul(CONCURRENCY_PER_CORE).min(CONCURRENCY_MAX);
        LimitSettings {
            concurrency: self.number("limits.concurrency").unwrap_or_else(|| u32::try_from(default).unwrap_or(1)),
            per_account: self.number("limits.per_account").unwrap_or(1),
            shares: Shares {
                of_published: self.share("limits.budget_share").unwrap_or(f64::MIN_POSITIVE),
                of_retries: self.share("limits.retry_share").unwrap_or(0.0),
            },
            pages_per_unit: self.number("limits.pages_per_unit").unwrap_or(1),
        }
    }

    fn log(&self) -> LogSettings {
        LogSettings {
            json: self.is("log.format", "json"),
            level: match self.text("log.level") {
                Some("error") => LogLevel::Error,
                Some("warn") => LogLevel::Warn,
                Some("debug") => LogLevel::Debug,
                Some("trace") => LogLevel::Trace,
                _ => LogLevel::Info,
            },
        }
    }

    fn aws_region(&mut self) -> Option<Region> {
        let set = |name: &'static str| self.sources.env.get(name).map(|text| (name, text));
        let (name, text) = set(AWS_REGION)
            .filter(|(_, text)| !text.trim().is_empty())
            .or_else(|| set(AWS_DEFAULT_REGION).filter(|(_, text)| !text.trim().is_empty()))?;
        Region::parse(text)
            .map_err(|error| self.mistakes.push(Mistake::new(&Origin::Variable(name.into()), "", error.to_string())))
            .ok()
    }
}

fn many<T: FromStr, C: FromIterator<T>>(node: &Node) -> C {
    node.items().iter().filter_map(Node::text).filter_map(|text| text.parse().ok()).collect()
}

/// `{ allow, deny }` of the global regions, of a kind or of an account.
pub(super) fn region_choice(node: &Node) -> RegionChoice {
    RegionChoice {
        allow: node.at("allow").map(many).unwrap_or_default(),
        deny: node.at("deny").map(many).unwrap_or_default(),
    }
}

fn is_true(text: Option<&String>) -> bool {
    text.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// The origin of each value of the tree, lists as a whole.
fn origins(tree: &Node) -> BTreeMap<String, Origin> {
    fn walk(node: &Node, path: &str, out: &mut BTreeMap<String, Origin>) {
        if !path.is_empty() {
            out.insert(path.to_owned(), node.origin.clone());
        }
        for entry in node.entries() {
            walk(&entry.node, &child(path, &entry.key), out);
        }
    }
    let mut out = BTreeMap::new();
    walk(tree, "", &mut out);
    out
}
