//! Flags as the highest layer of the configuration.

use std::path::{Path, PathBuf};

use super::args::{EstateArgs, MapArgs, RestoreArgs, SyncArgs, ValidateArgs};
use crate::config::environment::{comma_list, typed};
use crate::config::mistake::Mistake;
use crate::config::node::{Node, Origin, Value};
use crate::config::schema;

/// What the flags say: settings of `portolan.yaml`, and what only a flag can say.
#[derive(Debug, Clone)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// The settings that the file has too.
    pub layer: Node,
    /// `--include-actions`: `all` or a list of names.
    pub include_actions: Option<Node>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// `--allow-insecure-endpoint`.
    pub allow_insecure_endpoint: bool,
    /// `--record`.
    pub record: Option<PathBuf>,
    /// `--replay`.
    pub replay: Option<PathBuf>,
    /// `--report`.
    pub report: Option<PathBuf>,
    /// `--cache-dir`.
    pub cache_dir: Option<PathBuf>,
    /// `--push-mapping`.
    pub push_mapping: bool,
    /// `--allow-mass-delete`.
    pub allow_mass_delete: Option<String>,
    /// `--retry-denied`.
    pub retry_denied: bool,
    /// Lines for the start of the run.
    pub notices: Vec<String>,
    /// What is wrong with the flags themselves.
    pub mistakes: Vec<Mistake>,
}

impl Default for Flags {
    fn default() -> Self {
        Self::of_estate(&EstateArgs::default())
    }
}

impl Flags {
    /// The flags of `sync`.
    #[must_use]
    pub fn of_sync(args: &SyncArgs) -> Self {
        let mut flags = Self::of_estate(&args.estate);
        if !args.to.is_empty() {
            let origin = Origin::Flag("--to");
            let items = args.to.iter().map(|url| Node::new(Value::Text(url.clone()), origin.clone()));
            flags.layer.put(&["to"], Node::new(Value::List(items.collect()), origin.clone()));
        }
        if let Some(kinds) = &args.kinds {
            flags.kinds(kinds);
        }
        flags.include_actions = args.include_actions.as_ref().map(|text| {
            let origin = Origin::Flag("--include-actions");
            let value = if text == "all" { Value::Text(text.clone()) } else { comma_list(text, &origin) };
            Node::new(value, origin)
        });
        flags.set_path("--mapping", "mapping", args.mapping.as_deref());
        flags.set_path("--state", "state", args.state.as_deref());
        flags.set("--sensitive", &["sensitive"], args.sensitive.as_ref());
        flags.set("--fail-on", &["fail_on"], args.fail_on.as_ref());
        flags.push_mapping = args.push_mapping;
        flags.report.clone_from(&args.report);
        flags.allow_mass_delete.clone_from(&args.allow_mass_delete);
        flags.retry_denied = args.retry_denied;
        flags
    }

    /// The flags of `restore`: which catalogue.
    #[must_use]
    pub fn of_restore(args: &RestoreArgs) -> Self {
        let estate = EstateArgs { config: args.config.clone(), ..EstateArgs::default() };
        Self::of_sync(&SyncArgs { estate, to: args.to.clone().into_iter().collect(), ..SyncArgs::default() })
    }

    /// The flags of `validate`: the file alone.
    #[must_use]
    pub fn of_validate(args: &ValidateArgs) -> Self {
        Self { config: args.config.clone(), ..Self::default() }
    }

    /// The flags of `portolan map`.
    #[must_use]
    pub fn of_map(args: &MapArgs) -> Self {
        Self { config: args.config.clone(), ..Self::default() }
    }

    /// The flags of every command that calls AWS.
    #[must_use]
    pub fn of_estate(args: &EstateArgs) -> Self {
        let mut flags = Self {
            config: args.config.clone(),
            layer: Node::empty(),
            include_actions: None,
            endpoint_url: args.endpoint_url.clone(),
            allow_insecure_endpoint: args.allow_insecure_endpoint,
            record: args.record.clone(),
            replay: args.replay.clone(),
            report: None,
            cache_dir: args.cache_dir.clone(),
            push_mapping: false,
            allow_mass_delete: None,
            retry_denied: false,
            notices: Vec::new(),
            mistakes: Vec::new(),
        };
        flags.accounts(args);
        for (flag, path, value) in [
            ("--credentials", &["credentials", "source"][..], &args.credentials),
            ("--hub-role-arn", &["roles", "hub"], &args.hub_role_arn),
            ("--member-role-name", &["roles", "member"], &args.member_role_name),
            ("--ou-id", &["accounts", "ous", "include"], &args.ou_id),
            ("--exclude-ous", &["accounts", "ous", "exclude"], &args.exclude_ous),
            ("--include-accounts", &["accounts", "include"], &args.include_accounts),
            ("--exclude-accounts", &["accounts", "exclude"], &args.exclude_accounts),
            ("--external-id", &["roles", "external_id"], &args.external_id),
            ("--session-name", &["roles", "session_name"], &args.session_name),
            ("--session-duration", &["roles", "duration_s"], &args.session_duration),
            ("--session-policy", &["roles", "session_policy"], &args.session_policy),
            ("--source-identity", &["roles", "source_identity"], &args.source_identity),
            ("--regions", &["regions", "allow"], &args.regions),
            ("--deny-regions", &["regions", "deny"], &args.deny_regions),
            ("--concurrency", &["limits", "concurrency"], &args.concurrency),
            ("--log-format", &["log", "format"], &args.log_format),
            ("--log-level", &["log", "level"], &args.log_level),
        ] {
            flags.set(flag, path, value.as_ref());
        }
        let file = args.external_id_file.as_ref().map(|file| format!("${{FILE:{file}}}"));
        flags.set("--external-id-file", &["roles", "external_id"], file.as_ref());
        flags
    }

    fn accounts(&mut self, args: &EstateArgs) {
        let from = |flag, value: &str| Node::new(Value::Text(value.to_owned()), Origin::Flag(flag));
        if let (Some(_), Some(_)) = (&args.account_role_arn, &args.account_role_arns) {
            // As at the peer, whose names these are.
            let line = "--account-role-arns is not used: --account-role-arn is given too and comes first";
            self.notices.push(line.to_owned());
        } else if args.account_role_arns.is_some() {
            self.set("--account-role-arns", &["accounts", "roles"], args.account_role_arns.as_ref());
            self.layer.put(&["accounts", "from"], from("--account-role-arns", "roles"));
        }
        if args.account_role_arn.is_some() {
            self.set("--account-role-arn", &["roles", "list"], args.account_role_arn.as_ref());
            self.layer.put(&["accounts", "from"], from("--account-role-arn", "organization"));
        }
        let Some(account) = &args.account else { return };
        let mistake = |message: String| Mistake::new(&Origin::Flag("--account"), "", message);
        if account != "self" {
            let advice = "write --account self, or choose accounts with --include-accounts";
            self.mistakes.push(mistake(format!("{account:?} is not `self`")).instead(advice));
        } else if args.account_role_arn.is_some() || args.account_role_arns.is_some() {
            let advice = "give one of them: `self` reads the account of the credentials and assumes no role";
            self.mistakes.push(mistake("roles are given too".to_owned()).instead(advice));
        } else {
            self.layer.put(&["accounts", "from"], from("--account", "self"));
        }
    }

    /// `core`, `all` or names: names alone mean exactly those, whatever the file excludes.
    fn kinds(&mut self, text: &str) {
        let origin = Origin::Flag("--kinds");
        let Value::List(items) = comma_list(text, &origin) else {
            self.layer.put(&["kinds", "include"], Node::new(Value::Text(String::new()), origin));
            return;
        };
        let is_set = |item: &Node| matches!(item.text(), Some("core" | "all"));
        let (sets, names): (Vec<Node>, Vec<Node>) = items.into_iter().partition(is_set);
        let start = if sets.iter().any(|set| set.text() == Some("all")) { "all" } else { "core" };
        let start = if sets.is_empty() { "none" } else { start };
        if sets.is_empty() {
            self.layer.put(&["kinds", "exclude"], Node::new(Value::List(Vec::new()), origin.clone()));
        }
        self.layer.put(&["kinds", "default"], Node::new(Value::Text(start.to_owned()), origin.clone()));
        self.layer.put(&["kinds", "include"], Node::new(Value::List(names), origin));
    }

    fn set_path(&mut self, flag: &'static str, key: &str, path: Option<&Path>) {
        let Some(path) = path else { return };
        match path.to_str() {
            Some(text) => self.layer.put(&[key], Node::new(Value::Text(text.to_owned()), Origin::Flag(flag))),
            None => {
                let message = format!("{}: not UTF-8", path.display());
                self.mistakes.push(Mistake::new(&Origin::Flag(flag), key, message));
            }
        }
    }

    fn set(&mut self, flag: &'static str, path: &[&str], value: Option<&String>) {
        let Some(text) = value else { return };
        let origin = Origin::Flag(flag);
        let found = path.iter().try_fold(schema::schema(), |level, key| schema::below(level, key));
        match typed(text, found.unwrap_or(&serde_json::Value::Null), &origin) {
            Ok(node) => self.layer.put(path, node),
            Err(message) => self.mistakes.push(Mistake::new(&origin, &path.join("."), message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EstateArgs, Flags, SyncArgs};

    #[test]
    fn kinds_by_name_are_exactly_those() {
        for (text, start, names) in [
            ("core", "core", 0),
            ("all", "all", 0),
            ("core,AWS::S3::Bucket", "core", 1),
            ("AWS::S3::Bucket,AWS::SQS::Queue", "none", 2),
        ] {
            let flags = Flags::of_sync(&SyncArgs { kinds: Some(text.to_owned()), ..SyncArgs::default() });
            assert_eq!(flags.layer.at("kinds.default").and_then(|node| node.text()), Some(start));
            assert_eq!(flags.layer.at("kinds.include").unwrap().items().len(), names);
        }
    }

    #[test]
    fn self_and_roles_exclude_each_other() {
        let args = |account: &str, role: Option<&str>| EstateArgs {
            account: Some(account.to_owned()),
            account_role_arn: role.map(str::to_owned),
            ..EstateArgs::default()
        };
        assert!(Flags::of_estate(&args("self", None)).mistakes.is_empty());
        assert_eq!(Flags::of_estate(&args("self", Some("arn"))).mistakes.len(), 1);
        assert_eq!(Flags::of_estate(&args("111111111111", None)).mistakes.len(), 1);
    }
}
