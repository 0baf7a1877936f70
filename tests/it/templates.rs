//! `portolan iam template` and `iam trust`: what they print is sound by the judgement of others, and `deploy/` is what they print.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use portolan_tests::binary::Portolan;
use portolan_tests::folders;
use portolan_tests::python::interpreter;
use serde_json::{Value, json};

const DEPLOYMENTS: [&str; 7] = ["ecs", "ec2", "irsa", "pod-identity", "hosted", "user", "vendor"];
/// The parameters of each deployment that have no default.
pub(crate) fn required(deployment: &str) -> Value {
    match deployment {
        "irsa" => json!({"OidcIssuer": "oidc.example.com/id/ABC"}),
        "hosted" => json!({"OidcIssuer": "oidc.example.com/id/ABC", "Subject": "system:serviceaccount:org-7:portolan"}),
        "pod-identity" => json!({"ClusterName": "main"}),
        "user" => json!({"ExternalId": "planted-external-id"}),
        "vendor" => json!({
            "VendorAccountId": "444455556666", "VendorRoleName": "VendorReader", "ExternalId": "planted-external-id",
        }),
        _ => json!({}),
    }
}

/// What `check_templates.py` says: what is wrong, and the last line, with the counts.
fn judged(cases: &[Value]) -> (String, String) {
    let script = folders::workspace().join("tests/iam/check_templates.py");
    let mut child = Command::new(interpreter())
        .arg(script)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(json!(cases).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    let (wrong, counts) = said.trim_end().rsplit_once('\n').unwrap_or(("", said.trim_end()));
    (wrong.to_owned(), counts.to_owned())
}

struct Printer(Portolan);

impl Printer {
    fn new(name: &str) -> Self {
        Self(Portolan::new(name))
    }

    fn prints(&self, deployment: &str, options: &[&str]) -> String {
        self.0.run(&[&["iam", "template", deployment], options].concat()).expect(0).stdout
    }

    /// A template, with its module, and values for what has no default.
    fn case(&self, deployment: &str, options: &[&str]) -> Value {
        let mut values = required(deployment);
        if options.contains(&"--stackset") {
            values["OrganizationalUnitIds"] = json!("r-abcd");
        }
        let template = self.prints(deployment, options);
        let of_module: Vec<&str> =
            options.iter().copied().filter(|option| !["--format", "json"].contains(option)).collect();
        let module = self.prints(deployment, &[&of_module[..], &["--terraform"]].concat());
        json!({"name": format!("{deployment} {}", options.join(" ")), "values": values, "template": template, "module": module})
    }
}

#[test]
fn every_template_with_every_option_is_sound_and_makes_what_its_module_makes() {
    let printer = Printer::new("templates");
    let mut cases = Vec::new();
    for deployment in DEPLOYMENTS {
        let options: [&[&str]; 5] = [
            &[],
            &["--stackset"],
            &["--trust", "exact", "--format", "json"],
            &["--policy", "least", "--kinds", "AWS::SQS::Queue,AWS::Organizations::Account"],
            &["--policy", "least", "--stackset", "--grant", "cloudtrail:LookupEvents"],
        ];
        cases.extend(options.iter().map(|options| printer.case(deployment, options)));
    }
    cases.push(printer.case("ecs", &["--policy", "least", "--kinds", "all", "--include-actions", "all"]));
    let (wrong, counts) = judged(&cases);
    println!("{counts}");
    assert_eq!(wrong, "");
    assert_eq!(counts.split(' ').next(), Some(cases.len().to_string().as_str()));
}

#[test]
fn the_judges_can_say_no() {
    let printer = Printer::new("judges");
    let good = printer.case("irsa", &["--policy", "least", "--kinds", "AWS::SQS::Queue"]);
    let spoilt = |of: &str, from: &str, to: &str| {
        let mut case = good.clone();
        let text = case[of].as_str().unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        case[of] = json!(text.replace(from, to));
        judged(&[case]).0
    };
    for (of, from, to, said) in [
        ("template", "AWS::IAM::OIDCProvider", "AWS::IAM::OIDCProvder", "cfn-lint"),
        ("template", "ManagedPolicyArns:", "ManagedPolicies:", "cfn-lint"),
        ("template", "sqs:ListQueues", "sqs:ListQueuez", "cfn-lint"),
        // In a text, which cfn-lint does not look into.
        ("template", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithWebIdentitty", "UNKNOWN_ACTION"),
        ("template", "sqs:ListQueues", "sqs:DeleteQueue", "sqs:DeleteQueue is Write"),
        ("module", "sqs:ListQueues", "sqs:GetQueueUrl", "roles differ"),
        ("module", "sts.amazonaws.com", "sts.amazonaws.org", "roles differ"),
    ] {
        let wrong = spoilt(of, from, to);
        assert!(wrong.contains(said), "{to}: {wrong}");
    }
}

/// The files of `deploy/`, by the options that make them.
fn deploy() -> Vec<(PathBuf, &'static str, Vec<&'static str>)> {
    let forms: [(&str, &[&str]); 4] = [
        ("cloudformation.yaml", &[]),
        ("stackset.yaml", &["--stackset"]),
        ("terraform/main.tf", &["--terraform"]),
        ("terraform-stackset/main.tf", &["--stackset", "--terraform"]),
    ];
    let files = DEPLOYMENTS.iter().flat_map(|deployment| {
        forms.iter().map(move |(file, options)| (Path::new(deployment).join(file), *deployment, options.to_vec()))
    });
    files.collect()
}

/// `PORTOLAN_WRITE_DEPLOY=1` writes them instead.
#[test]
fn what_lies_in_deploy_is_what_its_first_line_makes() {
    let printer = Printer::new("deploy");
    let folder = folders::workspace().join("deploy");
    let write = std::env::var_os("PORTOLAN_WRITE_DEPLOY").is_some();
    for (file, deployment, options) in deploy() {
        let path = folder.join(&file);
        let printed = printer.prints(deployment, &options);
        if write {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &printed).unwrap();
        }
        let lies_there = std::fs::read_to_string(&path).unwrap_or_default();
        let first = format!("# Made by: portolan iam template {}", [&[deployment], &options[..]].concat().join(" "));
        assert_eq!(lies_there.lines().next(), Some(first.as_str()), "{}", file.display());
        let next = "PORTOLAN_WRITE_DEPLOY=1 cargo test --workspace --test it templates::what_lies writes it anew";
        assert!(lies_there == printed, "{} is not what its first line prints; {next}", path.display());
    }
    let known: BTreeSet<PathBuf> =
        deploy().into_iter().map(|(file, ..)| file).chain([PathBuf::from("README.md")]).collect();
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => drop(found.insert(path.strip_prefix(&folder).unwrap().to_owned())),
            }
        }
    }
    assert_eq!(found, known);
}

#[test]
fn what_stack_sets_leave_out_is_in_the_same_template_and_a_denied_read_stays_denied() {
    let printer = Printer::new("options");
    let whole = printer.prints("ecs", &[]);
    for part in
        ["- s3:GetObject\n", "- cloudtrail:LookupEvents\n", "iam::aws:policy/ReadOnlyAccess", "aws:PrincipalArn"]
    {
        assert!(whole.contains(part), "{part}");
    }
    let granted = printer.prints("ecs", &["--grant", "cloudtrail:LookupEvents"]);
    assert!(!granted.contains("- cloudtrail:LookupEvents\n") && granted.contains("- s3:GetObject\n"));
    let exact = printer.prints("ecs", &["--trust", "exact"]);
    // The role that is trusted by its ARN is made before.
    assert!(!exact.contains("aws:PrincipalArn") && exact.contains("portolan:source"));
    let set = printer.prints("ecs", &["--stackset"]);
    for part in ["SERVICE_MANAGED", "AutoDeployment", "DELEGATED_ADMIN", "InManagement"] {
        assert!(set.contains(part), "{part}");
    }
    for (options, said) in [
        (&["--grant", "s3:GetObject"][..], "not among the reads that may be granted"),
        (&["--parameter", "TaskRoleNam=x"], "did you mean TaskRoleName?"),
        (&["--parameter", "TaskAccountId=12"], "twelve digits"),
        (&["--inventory", "x.yaml"], "goes with"),
    ] {
        let refused = printer.0.run(&[&["iam", "template", "ecs"], options].concat()).expect(1);
        assert!(refused.stderr.contains(said) && refused.stdout.is_empty(), "{}", refused.stderr);
    }
    let secret = ["iam", "template", "user", "--parameter", "ExternalId=planted-external-id"];
    let refused = printer.0.run(&secret).expect(1);
    assert!(refused.stderr.contains("is a secret") && !refused.stderr.contains("planted"), "{}", refused.stderr);
}

#[test]
fn a_link_opens_the_console_filled_in_without_secrets() {
    let printer = Printer::new("launch");
    let url = ["--launch-url", "https://bucket.s3.amazonaws.com/a b.yaml", "--region", "eu-west-1"];
    let values = ["--parameter", "VendorAccountId=444455556666", "--parameter", "ExternalId=planted-external-id"];
    let link = printer.prints("vendor", &[&url[..], &values].concat());
    let wanted = "https://console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/create/review\
        ?templateURL=https%3A%2F%2Fbucket.s3.amazonaws.com%2Fa%20b.yaml&stackName=portolan&param_VendorAccountId=444455556666\
        &param_HubRoleName=PortolanHubRole&param_ReadRoleName=PortOceanReadRole&param_SourceIdentity=portolan\
        &param_SessionNames=portolan-%2A\n";
    assert_eq!(link, wanted);
    let china =
        printer.prints("ecs", &["--launch-url", "https://x/y", "--region", "cn-north-1", "--stack-name", "a-1"]);
    assert!(china.starts_with("https://console.amazonaws.cn/") && china.contains("stackName=a-1"), "{china}");
    let refused = printer.0.run(&["iam", "template", "ecs", "--launch-url", "file:///x"]).expect(1);
    assert!(refused.stderr.contains("S3"), "{}", refused.stderr);
}

const INVENTORY: &str = "\
roles:
  - name: Hub
    trusted:
      from_outside: { principal: 'arn:aws:iam::444455556666:role/VendorReader', external_id: true }
    policy: { assume: [Operational] }
  - name: Operational
    description: Reads this account
    trusted: { by_role: Hub }
    policy: read-only
  - name: Nightly
    trusted:
      by_pods: { cluster: main, namespace: jobs, service_account: nightly }
      by_eks: { issuer: oidc.example.com/id/ABC, namespace: jobs, service_account: nightly }
      by_ec2: true
    policy: least
  - name: Partner
    trusted:
      from_outside: { principal: 'arn:aws:iam::777788889999:user/partner', external_id: false }
";

#[test]
fn a_declared_inventory_becomes_a_sound_template_and_mistakes_are_named_with_their_places() {
    let printer = Printer::new("inventory");
    printer.0.write("roles.yaml", INVENTORY);
    let options = ["--inventory", "roles.yaml", "--kinds", "AWS::SQS::Queue"];
    let mut case = printer.case("vendor", &options);
    case["values"] = json!({"HubExternalId": "planted-external-id"});
    let (wrong, counts) = judged(&[case.clone()]);
    assert_eq!(wrong, "", "{counts}");
    let template = case["template"].as_str().unwrap();
    for name in ["RoleName: Hub", "RoleName: Operational", "RoleName: Nightly", "RoleName: Partner", "NightlyProfile:"]
    {
        assert!(template.contains(name), "{name}");
    }
    let mistakes = "\
roles:
  - name: Hub
    trustd: {}
    policy: admin
  - name: Other
    trusted:
      from_outside: { principal: '*' }
      by_rol: Hub
    policy: { assume: [Hubb] }
";
    printer.0.write("wrong.yaml", mistakes);
    let refused = printer.0.run(&["iam", "template", "vendor", "--inventory", "wrong.yaml"]).expect(1);
    for said in [
        "wrong.yaml:3:5: roles.trustd: unknown key; did you mean trusted?",
        "wrong.yaml:2:5: roles.trusted: is missing",
        "wrong.yaml:4:13: roles.policy: not read-only",
        "wrong.yaml:7:34: roles.trusted.from_outside.principal: not the ARN of a role or a user",
        "roles.trusted.from_outside.external_id: is missing: true or false",
        "wrong.yaml:8:7: roles.trusted.by_rol: unknown key; did you mean by_role?",
        "Other speaks of Hubb, which is no role here; did you mean Hub?",
    ] {
        assert!(refused.stderr.contains(said), "{said}\n{}", refused.stderr);
    }
}
