//! Another build of the component, run by `portolan --component FILE`: only when it is the one that was asked for, and then
//! within the same bounds. The one here misbehaves on demand (`conformance/component`).

use std::collections::BTreeSet;
use std::path::Path;

use portolan::engine;
use portolan_tests::binary::{Portolan, Run};
use portolan_tests::front::{Call, Front};
use portolan_tests::organization::{Organization, Scale};
use portolan_tests::{component, programs};
use serde_json::Value;

/// What each kind tries, and the rule by which the guard refuses it.
pub(crate) const REFUSED: &[(&str, &str)] = &[
    ("Test::Writes::DeleteQueue", "no-operation"),
    ("Test::Writes::TerminateInstances", "no-operation"),
    ("Test::Writes::InQueryString", "target"),
    ("Test::Writes::SecondAction", "parameter"),
    ("Test::Reads::Object", "denied-read"),
    ("Test::Reads::Item", "denied-read"),
    ("Test::Reads::Secret", "denied-read"),
    ("Test::Reads::Parameter", "constraint"),
    ("Test::Reads::Messages", "no-operation"),
    ("Test::Hosts::DoubleSlash", "target"),
    ("Test::Hosts::AtSign", "target"),
    ("Test::Hosts::AbsoluteTarget", "target"),
    ("Test::Hosts::DottedPrefix", "host-prefix"),
    ("Test::Hosts::Header", "header"),
    ("Test::Hosts::Region", "region"),
    ("Test::Hosts::Metadata", "service"),
    ("Test::Hosts::MetadataSix", "service"),
    ("Test::Hosts::MetadataPrefix", "host-prefix"),
    ("Test::Asks::AsManagement", "identity"),
    ("Test::Asks::Undeclared", "grant"),
    ("Test::Asks::Undescribed", "type"),
    ("Test::Asks::ForCredentials", "denied-read"),
    ("Test::Asks::WithAuthorization", "header"),
    ("Test::Others::AssumeRole", "no-operation"),
    ("Test::Others::Parameter", "constraint"),
    ("Test::Others::Header", "header"),
];
/// Asks for what it may, so that the front's log is not empty.
pub(crate) const HONEST: &str = "Test::Behaves::Asking";
/// All that arrives at AWS: the source's own calls, and those of the honest kind.
const ARRIVES: &[&str] = &["sqs:ListQueues", "sts:AssumeRole", "sts:GetCallerIdentity"];
/// Where the kinds misbehave; elsewhere they ask for nothing.
const BAD: &str = "us-east-1";

/// `portolan sync` of two accounts with the component that misbehaves.
fn sync(portolan: &Portolan, roles: &str, more: &[&str]) -> Run {
    let kinds: Vec<&str> = REFUSED.iter().map(|(kind, _)| *kind).chain([HONEST]).collect();
    let kinds = kinds.join(",");
    let file = programs::conformance().display().to_string();
    let mut arguments = vec!["sync", "--account-role-arns", roles, "--external-id-file", "external-id"];
    arguments.extend(["--kinds", &kinds, "--to", "sqlite:catalogue.db", "--report", "report.json"]);
    arguments.extend(["--component", &file]);
    arguments.extend(more);
    portolan.run(&arguments)
}

fn digest() -> String {
    engine::digest_of(&std::fs::read(programs::conformance()).unwrap())
}

#[test]
fn a_component_that_misbehaves_is_refused_every_time_and_the_report_says_so() {
    let organization = Organization::build(Scale::Tiny);
    organization.front().forget();
    let portolan = Portolan::in_organization("misbehaving-component", &organization);
    let accounts = [organization.account("prod-web"), organization.account("prod-data")];
    let roles = accounts.map(|account| organization.role_in(account)).join(",");
    let run = sync(&portolan, &roles, &["--component-digest", &digest()]).expect(2);
    assert!(run.stderr.contains(&format!("component {}", digest())), "{}", run.stderr);
    assert!(run.stderr.contains("portolan:aws/signed-http@0.1.0"), "the imports are said at start: {}", run.stderr);
    let report = run.report();
    assert_eq!(report["component"].as_str().unwrap(), digest());
    let mut imports: Vec<&str> =
        report["component_imports"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    imports.sort_unstable();
    assert_eq!(imports, ["portolan:aws/log@0.1.0", "portolan:aws/signed-http@0.1.0"]);
    let problems = report["problems"].as_array().unwrap();
    for (kind, rule) in REFUSED {
        for account in accounts {
            let of = |problem: &&Value| problem["kind"] == *kind && problem["account"] == account;
            let found: Vec<&Value> = problems.iter().filter(of).collect();
            let [problem] = found[..] else { panic!("{kind} in {account}: {found:?}") };
            assert_eq!((&problem["class"], &problem["unit_region"]), (&"refused".into(), &BAD.into()), "{problem}");
            let message = problem["message"].as_str().unwrap();
            assert!(message.contains(&format!("refused by rule {rule}:")), "{kind}: {message}");
        }
    }
    let counted =
        report["calls"].as_object().unwrap().values().filter_map(|counts| counts["refused"].as_u64()).sum::<u64>();
    assert_eq!(counted, (REFUSED.len() * accounts.len()) as u64, "each refusal is counted: {}", report["calls"]);
    // What AWS saw, by the log of the front before it: nothing else arrived, from nobody.
    let arrived: BTreeSet<String> = organization.front().calls().iter().map(Call::operation).collect();
    assert_eq!(arrived, ARRIVES.iter().map(|&name| name.to_owned()).collect());
}

#[test]
fn another_component_is_run_only_with_its_digest() {
    let front = Front::start();
    let mut portolan = Portolan::new("component-digest");
    portolan.set("AWS_ENDPOINT_URL", front.url());
    portolan.set("AWS_ACCESS_KEY_ID", "AKIANOBODY");
    portolan.set("AWS_SECRET_ACCESS_KEY", "nothing");
    portolan.write("external-id", "nobody knows");
    let sync = |more: &[&str]| sync(&portolan, "arn:aws:iam::111122223333:role/PortolanRead", more);
    let unnamed = sync(&[]).expect(1);
    for words in ["is not run", &digest(), "--component-digest", "--allow-unverified"] {
        assert!(unnamed.stderr.contains(words), "no {words:?} in {}", unnamed.stderr);
    }
    let other = format!("sha256:{}", "0".repeat(64));
    let wrong = sync(&["--component-digest", &other]).expect(1);
    assert!(wrong.stderr.contains(&other) && wrong.stderr.contains(&digest()), "both are printed: {}", wrong.stderr);
    // A digest that is wrong is not made up for.
    let both = sync(&["--component-digest", &other, "--allow-unverified"]).expect(1);
    assert!(both.stderr.contains(&other), "{}", both.stderr);
    for flags in [&["--component-digest", &other][..], &["--allow-unverified"]] {
        let alone = portolan.run(&[&["sync", "--account", "self"], flags].concat()).expect(1);
        assert!(alone.stderr.contains("--component FILE"), "{}", alone.stderr);
    }
    assert!(!portolan.catalogue().exists());
    // Its description needs the same.
    let file = programs::conformance().display().to_string();
    portolan.run(&["component", "--describe", "--component", &file]).expect(1);
    let described = portolan.run(&["component", "--describe", "--component", &file, "--allow-unverified"]).expect(0);
    assert!(
        described.stdout.contains(&digest()) && described.stdout.contains("sqs:DeleteQueue"),
        "{}",
        described.stdout
    );
    assert!(front.calls().is_empty(), "nothing was asked of AWS");
}

#[test]
fn a_component_that_imports_anything_else_is_not_loaded() {
    let portolan = Portolan::new("component-wasi");
    let refused = |file: &Path| {
        let file = file.display().to_string();
        portolan.run(&["demo", "--component", &file, "--allow-unverified"]).expect(1)
    };
    for import in ["wasi:cli/environment@0.2.6", "wasi:sockets/tcp@0.2.6", "portolan:aws/signed-http@0.2.0"] {
        let file = portolan.file("other.wasm");
        std::fs::write(&file, component::importing(import)).unwrap();
        let run = refused(&file);
        assert!(run.stderr.contains(import) && run.stderr.contains("does not give"), "{}", run.stderr);
    }
    // And what is no component of this interface: text, a bare module, the guard's.
    portolan.write("text.wasm", "(component)");
    std::fs::write(portolan.file("module.wasm"), b"\0asm\x01\0\0\0").unwrap();
    for file in [portolan.file("text.wasm"), portolan.file("module.wasm"), programs::guard().to_path_buf()] {
        let run = refused(&file);
        assert!(run.stderr.contains("does not load"), "{}: {}", file.display(), run.stderr);
    }
    let run = refused(&portolan.file("missing.wasm"));
    assert!(run.stderr.contains("missing.wasm"), "{}", run.stderr);
}
