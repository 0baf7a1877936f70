use super::*;
use crate::manifest::Kind;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-north-1";
/// One kind of each of three services, two of a fourth.
const KINDS: &[(&str, &str)] = &[("EC2A", "ec2"), ("EC2B", "ec2"), ("KMS", "kms"), ("SNS", "sns"), ("SQS", "sqs")];

fn manifest(kinds: &[(&str, &str)]) -> Manifest {
    let kind = |(kind, service): &(&str, &str)| Kind {
        kind: (*kind).to_owned(),
        service: (*service).to_owned(),
        scope: "region".to_owned(),
        tier: "core".to_owned(),
        confirm: "second-run".to_owned(),
        batch: 1,
        calls: Vec::new(),
        actions: Vec::new(),
        sensitive: Vec::new(),
        cloudformation: true,
        aliases: Vec::new(),
        events: Vec::new(),
        since: false,
        defaults: false,
    };
    let text = String::new;
    Manifest { schema: text(), version: text(), tables: text(), kinds: kinds.iter().map(kind).collect(), calls: vec![] }
}

fn unit(kind: &str) -> UnitKey {
    let region = Some(Region::parse(REGION).unwrap());
    UnitKey { kind: kind.to_owned(), account: AccountId::parse(ACCOUNT).unwrap(), region }
}

fn refused(service: &str, by: &str) -> Problem {
    let message = format!("User: x is not authorized to perform: {service}:List on resource: * {by}");
    Problem {
        operation: format!("{service}:List"),
        code: "AccessDenied".to_owned(),
        message,
        ..not_asked(String::new())
    }
}

/// What AWS does with a kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aws {
    Refuses,
    Answers,
    Throttles,
    LacksPermission,
}

/// A run of all kinds one after the other, in `order`; answers those that AWS was asked for, and those that were left out.
struct Played {
    asked: Vec<&'static str>,
    left: Vec<&'static str>,
    lessons: Vec<Lesson>,
    report: DeniedScopes,
}

fn play(remembered: Vec<Remembered>, order: &[&'static str], now: u64, aws: impl Fn(&str) -> Aws) -> Played {
    let denials = Denials::new(&manifest(KINDS), false);
    denials.remember(remembered);
    let planned: Vec<(String, Vec<String>)> =
        order.iter().map(|kind| ((*kind).to_owned(), vec![REGION.to_owned()])).collect();
    denials.plan(
        &AccountId::parse(ACCOUNT).unwrap(),
        planned.iter().map(|(kind, regions)| (kind.as_str(), regions.as_slice())),
    );
    let (mut asked, mut left, mut held) = (Vec::new(), Vec::new(), 0);
    let mut queue: std::collections::VecDeque<&'static str> = order.iter().copied().collect();
    while let Some(kind) = queue.pop_front() {
        match denials.next(&unit(kind)) {
            Asking::Hold => held += 1,
            Asking::Leave(problem) => {
                assert!(problem.message.contains("service control policy"), "{}", problem.message);
                assert_eq!(denials.ended(&unit(kind), false, Some(&problem)), [""; 0]);
                left.push(kind);
            }
            Asking::Ask => {
                asked.push(kind);
                let service = KINDS.iter().find(|(known, _)| *known == kind).unwrap().1;
                let why = match aws(kind) {
                    Aws::Answers => None,
                    Aws::Refuses => Some(refused(service, "with an explicit deny in a service control policy")),
                    Aws::LacksPermission => Some(refused(service, "because no identity-based policy allows it")),
                    Aws::Throttles => Some(Problem { class: ProblemClass::Throttled, ..refused(service, "") }),
                };
                for kind in denials.ended(&unit(kind), aws(kind) == Aws::Answers, why.as_ref()) {
                    held -= 1;
                    queue.push_back(order.iter().copied().find(|known| *known == kind).unwrap());
                }
            }
        }
    }
    assert_eq!(held, 0, "a unit was held and never given back");
    Played { asked, left, lessons: denials.lessons(now), report: denials.report() }
}

fn memory(played: &Played) -> Vec<Remembered> {
    played.lessons.iter().flat_map(|lesson| lesson.services.clone()).collect()
}

const ALL: &[&str] = &["EC2A", "KMS", "EC2B", "SNS", "SQS"];

#[test]
fn three_services_close_a_region_and_one_call_opens_it_again() {
    let first = play(Vec::new(), ALL, 1, |_| Aws::Refuses);
    assert_eq!(first.asked, ["EC2A", "KMS", "SNS"]);
    assert_eq!(first.left, ["EC2B", "SQS"]);
    assert_eq!(first.report, DeniedScopes { closed_regions: 1, units_not_asked: 2, ..DeniedScopes::default() });
    // One service a run, in rotation: first the one that nobody asked, then the one whose turn was longest ago. Of a
    // service with two kinds, the other.
    let mut memory_of_last = memory(&first);
    for (now, expected) in [(2, "SQS"), (3, "EC2B"), (4, "KMS"), (5, "SNS"), (6, "SQS"), (7, "EC2A")] {
        let next = play(memory_of_last, ALL, now, |_| Aws::Refuses);
        assert_eq!(next.asked, [expected], "run {now}");
        assert_eq!(next.report.units_not_asked, 4);
        assert_eq!((next.report.closed_regions, next.report.probes), (1, 1));
        memory_of_last = memory(&next);
    }
    let opened = play(memory_of_last, ALL, 8, |_| Aws::Answers);
    assert_eq!((opened.asked.len(), opened.left.len()), (5, 0));
    assert_eq!(opened.lessons.len(), 1);
    assert_eq!(memory(&opened), []);
}

#[test]
fn a_service_that_answers_keeps_its_region_open() {
    let no_sns_and_sqs = |kind: &str| if kind == "KMS" { Aws::Answers } else { Aws::Refuses };
    let order = &["KMS", "EC2A", "SNS", "SQS", "EC2B"];
    let first = play(Vec::new(), order, 1, no_sns_and_sqs);
    assert_eq!(first.asked, ["KMS", "EC2A", "SNS", "SQS"]);
    assert_eq!(first.left, ["EC2B"]);
    assert_eq!((first.report.closed_regions, first.report.closed_services), (0, 3));
    // It is read in every run, whatever is closed beside it and whichever comes first.
    let second = play(memory(&first), ALL, 2, no_sns_and_sqs);
    assert_eq!(second.asked, ["KMS", "EC2B"]);
    let third = play(memory(&second), ALL, 3, no_sns_and_sqs);
    assert_eq!(third.asked, ["KMS", "SNS"]);
    let opened = play(memory(&third), ALL, 4, |_| Aws::Answers);
    assert_eq!((opened.left.len(), memory(&opened)), (0, Vec::new()));
}

#[test]
fn three_closed_services_hide_the_others_for_one_run_at_most() {
    let only_sqs = |kind: &str| if kind == "SQS" { Aws::Answers } else { Aws::Refuses };
    let first = play(Vec::new(), ALL, 1, only_sqs);
    assert_eq!(first.left, ["EC2B", "SQS"]);
    let second = play(memory(&first), ALL, 2, only_sqs);
    assert_eq!(second.asked.first(), Some(&"SQS"));
    let third = play(memory(&second), ALL, 3, only_sqs);
    assert!(third.asked.contains(&"SQS") && third.report.closed_regions == 0, "{:?}", third.asked);
}

#[test]
fn a_policy_against_one_action_closes_no_service() {
    let only_one = |kind: &str| if kind == "EC2A" { Aws::Refuses } else { Aws::Answers };
    let first = play(Vec::new(), ALL, 1, only_one);
    assert_eq!(first.left, ["EC2B"]);
    for now in 2..5 {
        let next = play(memory(&first), ALL, now, only_one);
        assert_eq!(next.left, [""; 0], "run {now}");
    }
    let known = memory(&play(memory(&first), ALL, 2, only_one));
    assert_eq!(play(known, ALL, 3, only_one).asked.len(), 5);
}

#[test]
fn a_probe_that_tells_nothing_gives_its_units_back() {
    let first = play(Vec::new(), ALL, 1, |_| Aws::Refuses);
    let second = play(memory(&first), ALL, 2, |kind| if kind == "SQS" { Aws::Throttles } else { Aws::Refuses });
    // As if nothing were known, but for what stays remembered.
    assert_eq!(second.asked.len(), 4);
    assert_eq!(memory(&second).len(), 3);
}

#[test]
fn only_a_service_control_policy_closes() {
    for aws in [Aws::LacksPermission, Aws::Throttles] {
        let played = play(Vec::new(), ALL, 1, |_| aws);
        assert_eq!((played.asked.len(), played.lessons.len()), (5, 0));
        assert_eq!(played.report, DeniedScopes::default());
    }
    // What another service refused on the way says nothing of this one.
    let by_another = refused("kms", "with an explicit deny in a service control policy");
    assert_eq!(heard("ec2", false, Some(&by_another)), Heard::Nothing);
    assert_eq!(heard("kms", false, Some(&by_another)), Heard::Refused);
    assert_eq!(heard("kms", true, Some(&by_another)), Heard::Answered);
}

#[test]
fn global_services_are_no_region() {
    let global: Vec<(&str, &str)> = vec![("A", "iam"), ("B", "route53"), ("C", "cloudfront"), ("D", "s3")];
    let denials = Denials::new(&manifest(&global), false);
    for (kind, service) in &global {
        let unit = UnitKey { region: None, ..unit(kind) };
        assert_eq!(denials.next(&unit), Asking::Ask, "{kind}");
        let why = refused(service, "with an explicit deny in a service control policy");
        assert_eq!(denials.ended(&unit, false, Some(&why)), [""; 0]);
    }
    assert_eq!((denials.report().closed_regions, denials.report().closed_services), (0, 4));
}

#[test]
fn a_run_that_asks_everything_learns_all_the_same() {
    let denials = Denials::new(&manifest(KINDS), true);
    for (kind, service) in KINDS {
        assert_eq!(denials.next(&unit(kind)), Asking::Ask);
        let why = refused(service, "with an explicit deny in a service control policy");
        assert_eq!(denials.ended(&unit(kind), false, Some(&why)), [""; 0]);
    }
    assert_eq!(denials.lessons(1).first().unwrap().services.len(), 4);
    assert_eq!(denials.report(), DeniedScopes { closed_regions: 1, ..DeniedScopes::default() });
}

#[test]
fn types_of_cloud_control_are_refused_by_their_own_services() {
    let kinds = [
        ("AWS::Logs::LogGroup", "cloudcontrol"),
        ("AWS::Logs::Destination", "cloudcontrol"),
        ("AWS::A::B", "cloudcontrol"),
    ];
    let denials = Denials::new(&manifest(&kinds), false);
    let why = refused("cloudcontrol", "with an explicit deny in a service control policy");
    assert_eq!(denials.ended(&unit("AWS::Logs::LogGroup"), false, Some(&why)), [""; 0]);
    assert!(matches!(denials.next(&unit("AWS::Logs::Destination")), Asking::Leave(_)));
    assert_eq!(denials.next(&unit("AWS::A::B")), Asking::Ask);
}
