//! Whole configurations, from text to settings: precedence, each mistake, the peer's names.
#![allow(clippy::float_cmp, reason = "small numbers of a test's own")]

mod mistakes;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::files::{FileText, Files};
use super::kinds::tests::known;
use super::node::Origin;
use super::settings::{AccountsFrom, Actions, FailOn, OnLeave};
use super::sinks::SinkUrl;
use super::{Day, EXAMPLE, Loaded, Refused, SourceFacts, Sources, load, report, schema, yaml};
use crate::cli::args::{Command, parse};
use crate::cli::flags::Flags;
use crate::credentials::Rung;

/// Files by name; a name that ends with `!` is readable by others.
#[derive(Default)]
struct Fake(BTreeMap<String, String>);

impl Files for Fake {
    fn read(&self, path: &Path) -> io::Result<FileText> {
        let name = path.to_str().unwrap();
        let exposed = self.0.get(&format!("{name}!"));
        let text = exposed.or_else(|| self.0.get(name)).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(FileText { text: text.clone(), others_can_read: exposed.is_some() })
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let below = |name: &String| Path::new(name).parent() == Some(folder);
        let names = self.0.keys().filter(|name| below(name)).filter_map(|name| Path::new(name).file_name()?.to_str());
        Ok(names.map(str::to_owned).collect())
    }
}

const ROLE: &str = "arn:aws:iam::111111111111:role/ops/Read";

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// `line` is what follows `portolan sync`.
fn load_with(files: &[(&str, &str)], env: &[(&str, &str)], line: &str) -> Result<Loaded, Refused> {
    let words = ["portolan", "sync"].into_iter().chain(line.split_whitespace());
    let Command::Sync(args) = parse(words.map(Into::into)).unwrap().command else { panic!("not sync") };
    let flags = Flags::of_sync(&args);
    load(Sources {
        env: &pairs(env),
        files: &Fake(pairs(files)),
        flags: &flags,
        kinds: &known(),
        today: Day::parse("2026-11-22").unwrap(),
        cores: 2,
    })
}

fn with_file(text: &str) -> Result<Loaded, Refused> {
    load_with(&[("./portolan.yaml", text)], &[], "")
}

#[track_caller]
fn refused(loaded: Result<Loaded, Refused>, parts: &[&str]) -> Refused {
    let refused = loaded.map(|loaded| loaded.settings).expect_err("refused");
    let said = refused.to_string();
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
    refused
}

#[test]
fn nothing_given_is_right_and_chooses_no_accounts() {
    let loaded = load_with(&[], &[], "").unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.accounts.from, None);
    assert_eq!(settings.limits.concurrency, 64);
    assert_eq!(settings.sinks[0].to_string(), "sqlite:portolan.db");
    assert_eq!(settings.kinds.selected.len(), 4);
    assert_eq!((settings.deletion.run.at_least, settings.deletion.run.share), (100, 0.2));
    assert!(settings.deletion.confirm);
    assert_eq!(settings.fail_on, FailOn::New);
    assert!(loaded.notices.is_empty());
}

#[test]
fn each_layer_wins_over_those_below() {
    let file = ("./portolan.yaml", "regions: { allow: [eu-west-1], deny: [us-east-1] }");
    let env = ("PORTOLAN__REGIONS__ALLOW", "eu-west-2");
    let flag = "--regions eu-west-3,eu-north-1";
    for (files, env, line, allow, origin) in [
        (vec![file], vec![], "", "eu-west-1", "./portolan.yaml:1:19"),
        (vec![file], vec![env], "", "eu-west-2", "PORTOLAN__REGIONS__ALLOW"),
        (vec![file], vec![env], flag, "eu-west-3 eu-north-1", "--regions"),
        (vec![], vec![], "", "", "default"),
        (vec![file], vec![("PORTOLAN__REGIONS__ALLOW", "null")], "", "", "default"),
    ] {
        let settings = load_with(&files, &env, line).unwrap().settings;
        let names: Vec<&str> = settings.regions.choice.allow.iter().map(AsRef::as_ref).collect();
        assert_eq!(names.join(" "), allow);
        assert_eq!(settings.origins.of("regions.allow").to_string(), origin);
        assert_eq!(settings.regions.choice.deny.len(), files.len(), "a map merges by key");
    }
}

#[test]
fn a_null_brings_the_default_back() {
    let loaded = with_file("deletion: { unit: null, run: { share: null } }\nroles: { session_name: null }\n").unwrap();
    assert_eq!(loaded.settings.deletion.unit.at_least, 20);
    assert_eq!(loaded.settings.deletion.run.share, 0.2);
    assert_eq!(loaded.settings.roles.session_name_of("r1"), "portolan-r1");
}

#[test]
fn the_named_file_is_read_instead_of_the_one_in_the_folder() {
    let files = [("./portolan.yaml", "fail_on: any"), ("other.yaml", "fail_on: none")];
    let loaded = load_with(&files, &[], "--config other.yaml").unwrap();
    assert_eq!(loaded.settings.fail_on, FailOn::None);
    assert_eq!(loaded.notices, ["settings from other.yaml"]);
    assert_eq!(load_with(&files, &[], "").unwrap().notices, ["settings from ./portolan.yaml"]);
    refused(load_with(&[], &[], "--config gone.yaml"), &["--config: cannot read gone.yaml"]);
}

#[test]
fn the_two_environment_families_must_agree() {
    let ocean = ("OCEAN__INTEGRATION__CONFIG__OU_ID", "ou-ab12-11111111");
    let role = ("OCEAN__INTEGRATION__CONFIG__ACCOUNT_ROLE_ARN", ROLE);
    let same = ("PORTOLAN__ACCOUNTS__OUS__INCLUDE", "ou-ab12-11111111");
    assert!(load_with(&[], &[ocean, role, same], "").is_ok());
    let other = ("PORTOLAN__ACCOUNTS__OUS__INCLUDE", "ou-ab12-22222222");
    let parts = [
        "PORTOLAN__ACCOUNTS__OUS__INCLUDE: accounts.ous.include: OCEAN__INTEGRATION__CONFIG__OU_ID says something else",
    ];
    refused(load_with(&[], &[ocean, role, other], ""), &parts);
}

#[test]
fn the_peers_environment_works_as_it_is() {
    let env = [
        ("OCEAN__INTEGRATION__CONFIG__ACCOUNT_ROLE_ARN", ROLE),
        ("OCEAN__INTEGRATION__CONFIG__ACCOUNT_ROLE_ARNS", "[\"arn:aws:iam::222222222222:role/X\"]"),
        ("OCEAN__INTEGRATION__CONFIG__OU_ID", "ou-ab12-11111111,r-ab12"),
        ("OCEAN__INTEGRATION__CONFIG__EXTERNAL_ID", "planted"),
        ("OCEAN__INTEGRATION__CONFIG__AWS_PARTITION", "aws"),
        ("OCEAN__INTEGRATION__CONFIG__REGION", "eu-west-1"),
        ("OCEAN__INTEGRATION__CONFIG__CREDENTIAL_PROVIDER_PRIORITY", "StaticCredential,AssumeRole"),
        ("OCEAN__INTEGRATION__IDENTIFIER", "aws-v3"),
    ];
    let loaded = load_with(&[], &env, "").unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.accounts.from, Some(AccountsFrom::Organization));
    assert_eq!(settings.roles.member.as_deref(), Some("ops/Read"));
    assert_eq!(settings.accounts.ous_include.len(), 2);
    assert_eq!(settings.roles.external_id.as_ref().unwrap().expose(), "planted");
    assert_eq!(settings.credentials.sts_region.as_ref().unwrap().as_str(), "eu-west-1");
    assert!(settings.credentials.priority.is_some());
    assert_eq!(settings.partition.as_deref(), Some("aws"));
    assert!(settings.external_id_is_of_the_peer());
    assert!(loaded.notices.iter().any(|line| line.contains("ACCOUNT_ROLE_ARNS is not used")));
    assert!(loaded.notices.iter().any(|line| line.contains("OCEAN__INTEGRATION__IDENTIFIER")));

    let wrong = [env[0], ("OCEAN__INTEGRATION__CONFIG__AWS_PARTITION", "aws-cn")];
    refused(load_with(&[], &wrong, ""), &["of another partition than aws-cn (AWS_PARTITION)"]);
}

#[test]
fn a_web_identity_takes_no_external_id() {
    let facts = SourceFacts { web_identity: true, is_role_session: true };
    let role = ("OCEAN__INTEGRATION__CONFIG__ACCOUNT_ROLE_ARN", ROLE);
    let peer = load_with(&[], &[role, ("OCEAN__INTEGRATION__CONFIG__EXTERNAL_ID", "planted")], "").unwrap().settings;
    let lines = peer.against_source(facts).unwrap();
    assert!(lines[0].contains("it is not sent") && !lines[0].contains("planted"), "{lines:?}");

    let file = format!("roles: {{ list: \"{ROLE}\", external_id: planted }}");
    let own = with_file(&file).unwrap().settings;
    let said = own.against_source(facts).unwrap_err().to_string();
    assert!(said.starts_with("./portolan.yaml:1:") && said.contains("set roles.hub") && !said.contains("planted"));
    assert!(own.against_source(SourceFacts { web_identity: false, ..facts }).is_ok());

    let hub = load_with(&[("./portolan.yaml", &file)], &[], &format!("--hub-role-arn {ROLE}")).unwrap().settings;
    assert!(hub.against_source(facts).is_ok(), "the hops after the hub send it");

    let long = with_file("roles: { duration_s: 7200 }").unwrap().settings;
    assert!(long.against_source(SourceFacts { web_identity: false, is_role_session: true }).is_err());
    assert!(long.against_source(facts).is_ok());
}

#[test]
fn flags_reach_their_settings() {
    let line = format!(
        "--account-role-arn {ROLE} --exclude-accounts 012345678901 --include-actions GetBucketEncryptionAction \
         --kinds AWS::S3::Bucket,AWS::SQS::Queue --to ndjson:- --to sqlite:x.db --external-id-file /id --session-duration 900 \
         --session-policy packed \
         --sensitive keep --log-format json --endpoint-url http://127.0.0.1:1 --report r.json --allow-mass-delete run-1"
    );
    let file = "kinds: { exclude: [AWS::S3::Bucket] }\naccounts: { on_leave_scope: retire }";
    let loaded = load_with(&[("/id", "abc"), ("./portolan.yaml", file)], &[], &line).unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.accounts.exclude.len(), 1);
    assert_eq!(settings.accounts.on_leave_scope, OnLeave::Retire);
    let named = |kind: &str| settings.kinds.selected.get(kind).map(|choice| choice.actions.clone());
    assert_eq!(named("AWS::S3::Bucket"), Some(Actions::Named(["GetBucketEncryptionAction".to_owned()].into())));
    assert_eq!(named("AWS::SQS::Queue"), Some(Actions::default()));
    assert_eq!(settings.kinds.selected.len(), 2);
    assert_eq!(settings.sinks.len(), 2);
    assert_eq!(settings.roles.external_id.as_ref().unwrap().expose(), "abc");
    assert_eq!(settings.roles.duration_s, Some(900));
    assert_eq!(settings.roles.session_policy, Some(Rung::Packed));
    let bounded = |file: &str| with_file(file).unwrap().settings.roles.session_policy;
    assert_eq!(bounded("version: 1"), Some(Rung::Exact), "nobody has to ask for it");
    assert_eq!(bounded("roles: { session_policy: \"off\" }"), None);
    assert_eq!(bounded("roles: { session_policy: off }"), None);
    assert!(settings.log.json);
    assert_eq!(settings.allow_mass_delete.as_deref(), Some("run-1"));
    assert!(loaded.notices.iter().any(|line| line.contains("every AWS call goes to http://127.0.0.1:1")));
    assert_eq!(settings.origins.of("roles.list"), &Origin::Flag("--account-role-arn"));

    refused(load_with(&[], &[], "--include-actions Get"), &["--include-actions: no chosen kind has an action \"Get\""]);
    refused(load_with(&[], &[], "--kinds="), &["--kinds: kinds.include: an empty string"]);
    refused(load_with(&[], &[], "--ou-id="), &["--ou-id: accounts.ous.include: an empty string"]);
}

#[test]
fn a_one_off_flag_rests_what_the_file_says_about_units() {
    let file = format!("roles: {{ list: \"{ROLE}\" }}\naccounts: {{ ous: {{ include: [r-ab12] }} }}");
    let loaded = load_with(&[("./portolan.yaml", &file)], &[], "--account self").unwrap();
    assert_eq!(loaded.settings.accounts.from, Some(AccountsFrom::Own));
    assert!(loaded.notices.iter().any(|line| line.contains("has no effect without an organization (--account)")));
}

#[test]
fn an_acceptance_that_ended_is_said() {
    let loaded = with_file("accept: [{ region: us-west-1, until: 2026-11-21, reason: r }]").unwrap();
    assert!(loaded.notices.iter().any(|line| line.contains("accept[0] ended on 2026-11-21")));
    assert_eq!(with_file("accept: [{ region: us-west-1, until: 2026-11-22, reason: r }]").unwrap().notices.len(), 1);
}

#[test]
fn the_example_loads_and_says_what_the_schema_says() {
    let loaded = with_file(EXAMPLE).unwrap();
    assert_eq!(loaded.settings.accounts.overrides.len(), 1);
    assert_eq!(loaded.settings.accept.len(), 3);

    let root = yaml::read(&"example".into(), EXAMPLE).unwrap();
    let mut written = Vec::new();
    keys(&root, schema::schema(), "", &mut written);
    let mut known = Vec::new();
    schema::paths(schema::schema(), "", &mut known);
    for list in [&mut written, &mut known] {
        list.sort();
        list.dedup();
    }
    assert_eq!(written, known);
}

/// The keys of a document in the form of [`schema::paths`].
fn keys(node: &super::node::Node, schema: &serde_json::Value, path: &str, out: &mut Vec<String>) {
    for entry in node.entries() {
        let fixed = schema.get("properties").is_some_and(|properties| properties.get(&entry.key).is_some());
        let name = if fixed { entry.key.as_str() } else { "*" };
        let here = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        if fixed {
            out.push(here.clone());
        }
        let below = schema::below(schema, &entry.key).unwrap_or_else(|| panic!("{here} is not in the schema"));
        keys(&entry.node, below, &here, out);
        for item in entry.node.items().iter().filter(|item| !item.entries().is_empty()) {
            keys(item, below.get("items").unwrap(), &here, out);
        }
    }
}

#[test]
fn show_names_the_origin_of_every_setting() {
    let file = format!("roles:\n  list: {ROLE}\n  hub: null\n");
    let loaded = load_with(&[("./portolan.yaml", &file)], &[("PORTOLAN__FAIL_ON", "any")], "--sensitive keep").unwrap();
    let shown = report::show(&loaded);
    let line = |key: &str| {
        let found = shown.lines().find(|line| line.split(' ').next() == Some(key));
        found.unwrap_or_else(|| panic!("{key} is not in:\n{shown}")).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("roles.list"), format!("roles.list {ROLE} # ./portolan.yaml:2:9"));
    assert_eq!(line("roles.hub"), "roles.hub null # ./portolan.yaml:3:8");
    assert_eq!(line("fail_on"), "fail_on any # PORTOLAN__FAIL_ON");
    assert_eq!(line("sensitive"), "sensitive keep # --sensitive");
    assert_eq!(line("limits.concurrency"), "limits.concurrency 64 # default, 32 per core");
    assert_eq!(line("deletion.run.share"), "deletion.run.share 0.2 # default");
    assert_eq!(line("accounts.overrides"), "accounts.overrides {} # default");
}

#[test]
fn a_webhook_is_text_or_a_map_and_its_secret_is_never_shown() {
    let secret = "planted-0123456789";
    let hook = |loaded: &Loaded| match loaded.settings.sinks.last() {
        Some(SinkUrl::Webhook(webhook)) => webhook.clone(),
        other => panic!("{other:?}"),
    };
    let line = "--to sqlite:a.db --to webhook:https://example.com/hook";
    let env = [("PORTOLAN_WEBHOOK_SECRET", secret)];
    let from_flag = load_with(&[], &env, line).unwrap();
    assert_eq!(hook(&from_flag).secret.expose(), secret);
    assert_eq!(hook(&from_flag).url.to_string(), "webhook:https://example.com/hook");
    let files = [("key", "planted-from-a-file\n")];
    let from_file = load_with(&files, &[("PORTOLAN_WEBHOOK_SECRET_FILE", "key")], line).unwrap();
    assert_eq!(hook(&from_file).secret.expose(), "planted-from-a-file");
    let map = format!(
        "to:\n  - sqlite:a.db\n  - webhook:\n      url: https://example.com/hook\n      secret: {secret}\n      addresses: [10.0.0.0/8]\n"
    );
    let from_map = with_file(&map).unwrap();
    assert_eq!(hook(&from_map).secret.expose(), secret);
    assert_eq!(hook(&from_map).addresses.len(), 1);
    for loaded in [&from_flag, &from_file, &from_map] {
        let shown = report::show(loaded);
        assert!(shown.contains("https://example.com/hook") && !shown.contains("planted"), "{shown}");
        assert!(!format!("{:?}", loaded.settings).contains("planted"));
    }
    assert!(report::show(&from_map).contains("secret: ***"));
    // Where others can read the file, a secret in it is refused; a webhook without a memory is, too.
    refused(load_with(&[("./portolan.yaml!", &map)], &[], ""), &["5:15: to[1].webhook.secret: a secret stands here"]);
    refused(
        load_with(&[], &env, "--to webhook:https://example.com"),
        &["--to: to: webhook:https://example.com/: what it"],
    );
    let short = load_with(&[], &[("PORTOLAN_WEBHOOK_SECRET", "planted")], line);
    let said = refused(short, &["--to: to[1]: the secret has fewer than 16 characters"]).to_string();
    assert!(!said.contains("planted"), "{said}");
}

#[test]
fn port_is_text_or_a_map_with_the_peers_names_and_defaults() {
    let port = |loaded: &Loaded| match loaded.settings.sinks.last() {
        Some(SinkUrl::Port(port)) => port.clone(),
        other => panic!("{other:?}"),
    };
    let env = [("OCEAN__PORT__CLIENT_ID", "planted-id"), ("OCEAN__PORT__CLIENT_SECRET", "planted-secret")];
    for text in ["port:", "port", "port:https://api.getport.io"] {
        let plain = load_with(&[], &env, &format!("--to sqlite:a.db --to {text}")).unwrap();
        let found = port(&plain);
        assert_eq!(found.base_url.to_string(), "port:https://api.getport.io");
        assert_eq!((found.kind.as_str(), found.identifier.as_str()), ("aws-v3", "my-aws-v3-integration"));
        assert_eq!((found.client_id.expose(), found.client_secret.expose()), ("planted-id", "planted-secret"));
        assert!(!format!("{:?}", plain.settings).contains("planted"));
        assert!(!plain.notices.iter().any(|line| line.contains("OCEAN__")), "{:?}", plain.notices);
    }
    let more = [
        ("OCEAN__PORT__CLIENT_ID", "planted-id"),
        ("PORTOLAN_PORT_CLIENT_SECRET_FILE", "key"),
        ("OCEAN__PORT__BASE_URL", "https://api.us.getport.io"),
        ("OCEAN__INTEGRATION__IDENTIFIER", "ours"),
        ("OCEAN__INTEGRATION__TYPE", "aws"),
    ];
    let found = port(&load_with(&[("key", "planted-file\n")], &more, "--to sqlite:a.db --to port:").unwrap());
    assert_eq!(found.base_url.address(), "https://api.us.getport.io");
    assert_eq!((found.kind.as_str(), found.identifier.as_str()), ("aws", "ours"));
    assert_eq!(found.client_secret.expose(), "planted-file");
    // What the file says comes first; a map may be empty.
    for map in ["{ identifier: other, base_url: https://api.us.getport.io }", ""] {
        let text = format!("to:\n  - sqlite:a.db\n  - port: {map}\n");
        let loaded = load_with(&[("./portolan.yaml", &text)], &env, "").unwrap();
        assert_eq!(port(&loaded).identifier.as_str() == "other", !map.is_empty());
        assert!(!report::show(&loaded).contains("planted"));
    }
    let text = "to: [sqlite:a.db, port: { client_id: planted, client_secret: planted }]";
    assert!(!report::show(&with_file(text).unwrap()).contains("planted"));
    refused(load_with(&[], &env, "--to port:"), &["--to: to: port:https://api.getport.io: what it has accepted"]);
    let wrong = [env[0], env[1], ("OCEAN__INTEGRATION__IDENTIFIER", "a/b")];
    let said = "OCEAN__INTEGRATION__IDENTIFIER: to[1]: \"a/b\" is not a name of an integration";
    refused(load_with(&[], &wrong, "--to sqlite:a.db --to port:"), &[said]);
}

#[test]
fn the_commands_print_text_and_a_status() {
    use crate::cli::args::ConfigWhat;
    use crate::cli::config::config;
    use crate::cli::validate::{Printed, validate};
    let (env, kinds, files) =
        (BTreeMap::new(), known(), Fake(pairs(&[("a.yaml", "fail_on: any"), ("b.yaml", "x: 1")])));
    let what = |show, example, schema| ConfigWhat { show, example, schema };
    let flags = |name: &str| Flags { config: Some(name.into()), ..Flags::default() };
    let (right, wrong) = (flags("a.yaml"), flags("b.yaml"));
    let day = Day::parse("2026-11-22").unwrap();
    let sources = |flags| Sources { env: &env, files: &files, flags, kinds: &kinds, today: day, cores: 2 };
    assert_eq!(config(&what(false, true, false), sources(&wrong)).out, EXAMPLE);
    assert_eq!(config(&what(false, false, true), sources(&wrong)).out, schema::TEXT);
    assert!(config(&what(true, false, false), sources(&right)).out.contains("# a.yaml:1:10"));
    assert_eq!(config(&what(true, false, false), sources(&wrong)).status, 1);
    let printed =
        load(sources(&wrong)).map_or_else(|refused| Printed::refused(&refused), |loaded| validate(&loaded, &[]));
    assert_eq!((printed.status, printed.out.as_str()), (1, ""));
    assert!(
        printed.err.starts_with("b.yaml:1:1: x: unknown key")
            && printed.err.ends_with("1 mistake in the configuration\n")
    );
    assert_eq!(validate(&load(sources(&right)).unwrap(), &[]).status, 0);
}
