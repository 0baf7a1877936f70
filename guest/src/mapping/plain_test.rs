//! Plain expressions, and everything else that is written of them, give what jaq gives.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Map, Value, json};

use super::expression::{Expression, Form};
use super::program::{Input, Outcome, Program};

/// What jaq gives of an expression, whether it is plain or not.
fn by_jaq(text: &str, input: &Value) -> Outcome {
    let mut outcomes = Program::new(None, &[text]).run(&Input::new(input), 0.0);
    assert_eq!(outcomes.len(), 1, "{text}");
    outcomes.remove(0)
}

/// What an expression gives without jaq. None where it is not plain.
fn plainly(text: &str, input: &Value) -> Option<Outcome> {
    match Expression::read("", text).unwrap().form {
        Form::Plain(plain) => Some(plain.value(input)),
        Form::Program { .. } => None,
    }
}

#[track_caller]
fn check(text: &str, input: &Value) {
    let plain = plainly(text, input).unwrap_or_else(|| panic!("{text} is not plain"));
    let jaq = by_jaq(text, input);
    // Why one fails is said in other words.
    assert_eq!(plain.clone().ok(), jaq.clone().ok(), "{text} of {input}: {plain:?}, jaq {jaq:?}");
}

#[test]
fn what_is_plain() {
    let inputs = [
        json!(null),
        json!({"a": {"b": "x", "b c": 1.0, "l": [1, "z", {"m": null}]}, "n": 12_345_678_901_234_567_890_u64, "t": false, "ü": "ß"}),
        json!({"a": [1], "n": -0.0, "t": "\u{7f}\u{1}\"\\"}),
        json!([1]),
        json!("text"),
    ];
    for text in [
        ".",
        ".a",
        ".a.b",
        ".a.\"b c\"",
        ".\"a\"[\"b\"]",
        ".a.l[-1].m",
        ".a.l[0]",
        ".a.l[7]",
        ".a[0]",
        ".[\"a\"].l[1]",
        "(.a | 1) // 2",
        "null",
        "true",
        "-3",
        "\"\"",
        "\"\\u00e9\\n\"",
        "\"a\" + .a.b + \"-\" + .t",
        "\"\\(.a)/\\(.n):\\(.t)\"",
        ".t // \"none\"",
        ".x // .y // null",
        "(.a // {}).b",
        ".t // .a.b // \"z\" + .x",
        ".ü // false",
    ] {
        if text.contains('|') && !text.contains("||") {
            assert!(plainly(text, &json!({})).is_none(), "{text}");
            continue;
        }
        if text.contains("{}") {
            continue;
        }
        let text = text.replace(".ü", ".\"ü\"");
        for input in &inputs {
            check(&text, input);
        }
    }
}

#[test]
fn what_is_not_plain_is_jaqs() {
    for text in [
        ".a[]",
        ".a?",
        ".a + .b",
        "1 + 2",
        "1.5",
        "99999999999",
        ".a | .b",
        "[.a]",
        "{a}",
        ".[.a]",
        ".a[1:]",
        "..",
        "\"\\(.a | .b)\"",
        "@base64 \"\\(.a)\"",
        ".a == 1",
        "if .a then 1 end",
        "$ENV",
        "try .a",
        "-.a",
        ".\"\\(.a)\"",
        "now",
        ".a and .b",
        "not",
    ] {
        assert!(plainly(text, &json!({})).is_none(), "{text}");
    }
}

/// Members that expressions and inputs have in common, so that most paths lead somewhere.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a".to_owned()),
        Just("b".to_owned()),
        Just("Region".to_owned()),
        Just("a b".to_owned()),
        Just("ü\u{1F600}".to_owned()),
        Just("q\"\\".to_owned()),
        Just(String::new()),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-3..4_i64).prop_map(Value::from),
        any::<f64>().prop_map(|float| Value::from(if float.is_finite() { float } else { 0.5 })),
        (-1000..1000_i32).prop_map(|number| Value::from(f64::from(number) / 4.0)),
        ".{0,6}".prop_map(Value::from),
        Just(json!("")),
        Just(json!("\u{0}\u{1f}\u{7f}\u{2028}\"\\/")),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn step() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => name().prop_map(|name| {
            let word = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
            if word { format!(".{name}") } else { format!(".{}", quoted(&name)) }
        }),
        1 => name().prop_map(|name| format!(".[{}]", quoted(&name))),
        1 => (-3..4_i32).prop_map(|at| format!(".[{at}]")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        6 => prop::collection::vec(step(), 1..4).prop_map(|steps| steps.concat()),
        2 => ".{0,5}".prop_map(|text| quoted(&text.replace('\'', ""))),
        1 => (-20..20_i32).prop_map(|number| number.to_string()),
        1 => prop_oneof![Just("null"), Just("true"), Just("false"), Just(".")].prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} // {right}")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} // {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} + \"-\" + {right}")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} + ({right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("\"<\\({left})\\u00fc\\({right})>\"")),
            (inner, step()).prop_map(|(head, step)| format!("({head}){step}")),
        ]
    })
}

/// Else the property would be about nothing.
#[test]
fn most_of_what_is_made_up_is_plain() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let texts = (0..500).map(|_| expression().new_tree(&mut runner).unwrap().current());
    let plain = texts.filter(|text| matches!(Expression::read("", text).unwrap().form, Form::Plain(_))).count();
    assert!(plain > 300, "{plain} of 500");
}

proptest! {
    // Compiling is what takes the time: one expression meets several inputs.
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn plain_is_what_jaq_gives(text in expression(), inputs in prop::collection::vec(document(), 16)) {
        let Form::Plain(plain) = Expression::read("", &text).unwrap().form else { return Ok(()) };
        let program = Program::new(None, &[text.as_str()]);
        for input in &inputs {
            let jaq = program.run(&Input::new(input), 0.0).remove(0);
            let plain = plain.value(input);
            prop_assert_eq!(plain.clone().ok(), jaq.clone().ok(), "{} of {}: {:?}, jaq {:?}", text, input, plain, jaq);
        }
    }

    #[test]
    fn values_go_to_jaq_and_back(value in document()) {
        prop_assert_eq!(by_jaq(".", &value), Ok(super::value::copied(&value)));
    }
}
