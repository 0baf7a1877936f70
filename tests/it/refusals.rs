//! Bad input is refused before any call, with its place and what to write instead.

use portolan_tests::binary::{Portolan, Run};
use portolan_tests::front::Front;

const ROLE: &str = "arn:aws:iam::111111111111:role/PortolanRead";

/// Refused with status 1, every expected word in the message, and not one call made.
#[track_caller]
fn check(portolan: &Portolan, front: &Front, arguments: &[&str], expected: &[&str]) -> Run {
    let run = portolan.run(arguments);
    assert_eq!(run.status, Some(1), "{arguments:?}\n{}{}", run.stdout, run.stderr);
    for word in expected {
        assert!(run.stderr.contains(word), "{arguments:?}: no {word:?} in\n{}", run.stderr);
    }
    let calls = front.calls();
    assert!(calls.is_empty(), "{arguments:?} made {} calls", calls.len());
    run
}

fn portolan(front: &Front) -> Portolan {
    let mut made = Portolan::new("refused");
    made.set("AWS_ENDPOINT_URL", front.url());
    made.set("AWS_ACCESS_KEY_ID", "AKIANOBODY");
    made.set("AWS_SECRET_ACCESS_KEY", "nothing");
    made.set("AWS_REGION", "eu-west-1");
    made
}

#[test]
fn flags_that_are_wrong_are_refused_with_what_to_write_instead() {
    let front = Front::start();
    let portolan = portolan(&front);
    let sync = ["sync", "--account-role-arn", ROLE, "--to", "sqlite:catalogue.db"];
    let with = |more: &[&'static str]| -> Vec<&'static str> { sync.iter().chain(more).copied().collect() };
    let cases: &[(&[&str], &[&str])] = &[
        (&["--kinds", "AWS::S3::Buckte"], &["AWS::S3::Buckte", "AWS::S3::Bucket"]),
        (&["--kinds", "AWS::SQS::Queues"], &["AWS::SQS::Queue"]),
        (&["--include-actions", "ListQueueTagAction"], &["ListQueueTagAction", "ListQueueTagsAction"]),
        (&["--regions", "eu_west_1"], &["eu_west_1"]),
        (&["--ou-id", "ou-nonsense"], &["ou-nonsense"]),
        (&["--include-accounts", "12345"], &["12345", "12"]),
        (&["--to", "postgres:somewhere"], &["postgres", "sqlite:"]),
        (&["--credentials", "tsak"], &["tsak", "task"]),
        (&["--concurrency", "many"], &["many"]),
        (&["--fail-on", "nwe"], &["nwe", "new"]),
        (&["--sensitive", "redcat"], &["redcat", "redact"]),
        (&["--knids", "all"], &["--knids", "--kinds"]),
    ];
    for (more, expected) in cases {
        check(&portolan, &front, &with(more), expected);
    }
    check(
        &portolan,
        &front,
        &["sync", "--account-role-arn", "arn:aws:iam::1111:role/x"],
        &["arn:aws:iam::1111:role/x"],
    );
    assert!(!portolan.catalogue().exists());
}

#[test]
fn files_that_are_wrong_are_refused_with_file_line_and_key() {
    let front = Front::start();
    let portolan = portolan(&front);
    let cases: &[(&str, &[&str])] = &[
        ("version: 1\nroles:\n  lsit: arn:aws:iam::111111111111:role/Read\n", &["bad.yaml:3", "lsit", "list"]),
        (
            "version: 1\nkinds:\n  settings:\n    AWS::S3::Bucket: { actions: [GetBucketEncryptoinAction] }\n",
            &["bad.yaml:4", "GetBucketEncryptionAction"],
        ),
        ("version: 1\nregions:\n  allow: [Ireland]\n  dney: []\n", &["bad.yaml:3", "bad.yaml:4", "Ireland", "deny"]),
        ("version: 1\naccounts:\n  exclude: [012345678901]\n", &["bad.yaml:3", "quote"]),
        ("version: 1\nroles:\n  list: \"\"\n", &["bad.yaml:3", "empty"]),
        ("version: 7\n", &["bad.yaml:1", "version"]),
        ("version: 1\nroles: [\n", &["bad.yaml"]),
    ];
    for (text, expected) in cases {
        portolan.write("bad.yaml", text);
        check(&portolan, &front, &["sync", "--config", "bad.yaml", "--account-role-arn", ROLE], expected);
        check(&portolan, &front, &["validate", "--config", "bad.yaml"], expected);
    }
}

#[test]
fn the_exit_status_is_in_the_help() {
    let portolan = Portolan::new("help");
    let run = portolan.run(&["sync", "--help"]).expect(0);
    for status in ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "130"] {
        assert!(run.stdout.contains(status), "{status}\n{}", run.stdout);
    }
}
