//! What the component says it can read. It declares one permitted call, and one that passes for no type that it names;
//! never the others that it tries.

use crate::behaviour::Behaviour;

const CALL: &str = r#"{"operation":"sqs:ListQueues","action":"sqs:ListQueues","identity":"account"}"#;

const CLOUD_CONTROL: &str =
    r#"{"operation":"cloudcontrol:ListResources","action":"cloudformation:ListResources","identity":"account"}"#;

/// The manifest of some kinds.
pub fn of(kinds: &[Behaviour]) -> String {
    let kinds: Vec<String> = kinds.iter().map(|kind| entry(kind.name())).collect();
    format!(
        r#"{{"schema":"manifest/1","version":"0.1.0","tables":"none","kinds":[{}],"calls":[{CALL},{CLOUD_CONTROL}]}}"#,
        kinds.join(",")
    )
}

fn entry(name: &str) -> String {
    format!(
        r#"{{"kind":"{name}","service":"sqs","scope":"region","tier":"core","confirm":"second-run","batch":10,"calls":[{CALL}],"actions":[],"sensitive":[],"cloudformation":false}}"#
    )
}
