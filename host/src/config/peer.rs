//! The names of the peer's configuration (Port's `aws-v3` integration), as its users have them set.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::environment::comma_list;
use super::mistake::{Mistake, nearest};
use super::node::{Node, Origin, Value};
use super::variables::{OCEAN, OCEAN_FRAMEWORK, OCEAN_JSON, OCEAN_OF_PORT};
use crate::credentials::Priority;

/// The peer's settings and where each goes.
const NAMES: &[(&str, To)] = &[
    ("ACCOUNT_ROLE_ARN", To::ListRole),
    ("ACCOUNT_ROLE_ARNS", To::Roles),
    ("OU_ID", To::List(&["accounts", "ous", "include"])),
    ("EXTERNAL_ID", To::Text(&["roles", "external_id"])),
    ("AWS_ACCESS_KEY_ID", To::Text(&["credentials", "keys", "access_key_id"])),
    ("AWS_SECRET_ACCESS_KEY", To::Text(&["credentials", "keys", "secret_access_key"])),
    ("AWS_SESSION_TOKEN", To::Text(&["credentials", "keys", "session_token"])),
    ("REGION", To::Text(&["credentials", "sts_region"])),
    ("AWS_PARTITION", To::Partition),
    ("CREDENTIAL_PROVIDER_PRIORITY", To::Priority),
    ("LIVE_EVENTS_API_KEY", To::Unserved),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum To {
    ListRole,
    Roles,
    List(&'static [&'static str]),
    Text(&'static [&'static str]),
    Partition,
    Priority,
    Unserved,
}

/// What the peer's names say.
#[derive(Debug)]
pub(super) struct Peer {
    /// The settings that `portolan.yaml` has too.
    pub layer: Node,
    /// `AWS_PARTITION`: checked against the roles.
    pub partition: Option<(String, Origin)>,
    /// `CREDENTIAL_PROVIDER_PRIORITY`.
    pub priority: Option<(Priority, Origin)>,
    /// Lines for the start of the run.
    pub notices: Vec<String>,
}

/// Reads the peer's variables; the single names win over the JSON object, as at the peer.
#[must_use]
pub(super) fn read(env: &BTreeMap<String, String>, mistakes: &mut Vec<Mistake>) -> Peer {
    let mut peer = Peer { layer: Node::empty(), partition: None, priority: None, notices: Vec::new() };
    let given = gather(env, &mut peer.notices, mistakes);
    let both = given.contains_key("ACCOUNT_ROLE_ARN") && given.contains_key("ACCOUNT_ROLE_ARNS");
    for (name, to) in NAMES {
        let Some(node) = given.get(*name) else { continue };
        let origin = &node.origin;
        if matches!(&node.value, Value::Text(text) if text.trim().is_empty()) {
            let advice = "unset it, or give it a value";
            mistakes.push(Mistake::new(origin, name, "an empty string is not a value").instead(advice));
            continue;
        }
        match to {
            To::ListRole => {
                peer.layer.put(&["roles", "list"], node.clone());
                peer.layer.put(&["accounts", "from"], text("organization", origin));
            }
            To::Roles if both => {
                peer.notices.push(format!("{origin} is not used: accountRoleArn is set too and comes first"));
            }
            To::Roles => {
                peer.layer.put(&["accounts", "roles"], list(node));
                peer.layer.put(&["accounts", "from"], text("roles", origin));
            }
            To::List(path) => peer.layer.put(path, list(node)),
            To::Text(path) => peer.layer.put(path, node.clone()),
            To::Partition => match node.text().filter(|text| is_partition(text)) {
                Some(text) => peer.partition = Some((text.to_owned(), origin.clone())),
                None => mistakes
                    .push(Mistake::new(origin, name, "not a partition").instead("write aws, aws-us-gov or aws-cn")),
            },
            To::Priority => match node.text().unwrap_or_default().parse() {
                Ok(priority) => peer.priority = Some((priority, origin.clone())),
                Err(error) => mistakes.push(Mistake::new(origin, name, error.to_string())),
            },
            To::Unserved => {
                mistakes.push(Mistake::new(origin, name, "not served by this version").instead("unset it"));
            }
        }
    }
    peer
}

fn text(value: &str, origin: &Origin) -> Node {
    Node::new(Value::Text(value.to_owned()), origin.clone())
}

/// A list as it is, a text as a comma list without repeats.
fn list(node: &Node) -> Node {
    let Some(text) = node.text() else { return node.clone() };
    let mut value = comma_list(text, &node.origin);
    if let Value::List(items) = &mut value {
        let mut kept: Vec<Node> = Vec::new();
        for item in items.drain(..) {
            if !kept.contains(&item) {
                kept.push(item);
            }
        }
        *items = kept;
    }
    Node::new(value, node.origin.clone())
}

fn is_partition(text: &str) -> bool {
    text.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
        && text.starts_with("aws")
}

/// The values by the upper-case name of the setting.
fn gather(
    env: &BTreeMap<String, String>,
    notices: &mut Vec<String>,
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<&'static str, Node> {
    let mut given = BTreeMap::new();
    let known = |name: &str| NAMES.iter().map(|(known, _)| *known).find(|known| *known == name);
    let unknown = |name: &str, origin: &Origin| {
        let mistake = Mistake::new(origin, name, "the peer has no such setting");
        match nearest(name, NAMES.iter().map(|(known, _)| *known)) {
            Some(near) => mistake.instead(format!("did you mean {near}?")),
            None => mistake,
        }
    };
    if let Some(json) = env.get(OCEAN_JSON) {
        let origin = Origin::Variable(OCEAN_JSON.into());
        match serde_json::from_str::<Json>(json) {
            Ok(Json::Object(map)) => {
                for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                    match known(&upper_snake(key)) {
                        Some(name) => drop(given.insert(name, Node::from_json(value, &origin))),
                        None => mistakes.push(unknown(key, &origin)),
                    }
                }
            }
            // The parser's message would repeat parts of the text only as line and column.
            Ok(_) => mistakes.push(Mistake::new(&origin, "", "this is not a JSON object")),
            Err(error) => mistakes.push(Mistake::new(&origin, "", format!("not JSON: {error}"))),
        }
    }
    let mut framework = Vec::new();
    for (name, text) in env {
        let origin = Origin::Variable(name.as_str().into());
        if let Some(setting) = name.strip_prefix(OCEAN) {
            match known(setting) {
                Some(setting) => {
                    let node = serde_json::from_str::<Json>(text).ok().filter(Json::is_array).map_or_else(
                        || Node::new(Value::Text(text.clone()), origin.clone()),
                        |json| Node::from_json(&json, &origin),
                    );
                    given.insert(setting, node);
                }
                None => mistakes.push(unknown(setting, &origin)),
            }
        } else if name.starts_with(OCEAN_FRAMEWORK) && name != OCEAN_JSON && !OCEAN_OF_PORT.contains(&name.as_str()) {
            framework.push(name.as_str());
        }
    }
    if !framework.is_empty() {
        notices.push(format!(
            "not used: {} (settings of the peer's framework, which does not run here)",
            framework.join(", ")
        ));
    }
    given
}

/// `accountRoleArn` → `ACCOUNT_ROLE_ARN`, `aws_partition` → `AWS_PARTITION`.
fn upper_snake(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 4);
    for c in key.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Mistake, Peer, read, upper_snake};
    use std::collections::BTreeMap;

    fn peer(pairs: &[(&str, &str)]) -> (Peer, Vec<Mistake>) {
        let env: BTreeMap<String, String> =
            pairs.iter().map(|(k, v)| (format!("OCEAN__{k}"), (*v).to_owned())).collect();
        let mut mistakes = Vec::new();
        let peer = read(&env, &mut mistakes);
        (peer, mistakes)
    }

    #[test]
    fn each_name_goes_to_its_setting() {
        for (name, value, path, shown) in [
            ("ACCOUNT_ROLE_ARN", "arn:x", "roles.list", "arn:x"),
            ("ACCOUNT_ROLE_ARN", "arn:x", "accounts.from", "organization"),
            ("ACCOUNT_ROLE_ARNS", "[\"arn:x\"]", "accounts.from", "roles"),
            ("EXTERNAL_ID", "e", "roles.external_id", "e"),
            ("AWS_ACCESS_KEY_ID", "k", "credentials.keys.access_key_id", "k"),
            ("AWS_SECRET_ACCESS_KEY", "s", "credentials.keys.secret_access_key", "s"),
            ("AWS_SESSION_TOKEN", "t", "credentials.keys.session_token", "t"),
            ("REGION", "eu-west-1", "credentials.sts_region", "eu-west-1"),
        ] {
            let (peer, mistakes) = peer(&[(&format!("INTEGRATION__CONFIG__{name}"), value)]);
            assert!(mistakes.is_empty(), "{mistakes:?}");
            assert_eq!(peer.layer.at(path).and_then(|node| node.text()), Some(shown), "{name}");
        }
    }

    #[test]
    fn lists_by_comma_or_as_json() {
        for text in ["ou-ab12-1, ou-ab12-2,ou-ab12-1", "[\"ou-ab12-1\", \"ou-ab12-2\"]"] {
            let (peer, _) = peer(&[("INTEGRATION__CONFIG__OU_ID", text)]);
            let items: Vec<_> =
                peer.layer.at("accounts.ous.include").unwrap().items().iter().filter_map(|item| item.text()).collect();
            assert_eq!(items, ["ou-ab12-1", "ou-ab12-2"]);
        }
    }

    #[test]
    fn one_json_object_does_as_well_and_single_names_win() {
        let json = r#"{"accountRoleArn": "arn:json", "ouId": null, "aws_partition": "aws-cn", "externalId": "e"}"#;
        let (peer, mistakes) =
            peer(&[("INTEGRATION__CONFIG", json), ("INTEGRATION__CONFIG__ACCOUNT_ROLE_ARN", "arn:single")]);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        assert_eq!(peer.layer.at("roles.list").and_then(|node| node.text()), Some("arn:single"));
        assert_eq!(peer.layer.at("roles.external_id").and_then(|node| node.text()), Some("e"));
        assert_eq!(peer.partition.unwrap().0, "aws-cn");
        assert!(peer.layer.at("accounts.ous").is_none());
    }

    #[test]
    fn the_first_of_the_two_roles_wins_and_a_line_says_so() {
        let (peer, mistakes) = peer(&[
            ("INTEGRATION__CONFIG__ACCOUNT_ROLE_ARN", "arn:one"),
            ("INTEGRATION__CONFIG__ACCOUNT_ROLE_ARNS", "[\"arn:two\"]"),
        ]);
        assert!(mistakes.is_empty());
        assert_eq!(peer.layer.at("accounts.from").and_then(|node| node.text()), Some("organization"));
        assert!(peer.layer.at("accounts.roles").is_none());
        assert!(peer.notices.iter().any(|notice| notice.contains("ACCOUNT_ROLE_ARNS is not used")));
    }

    #[test]
    fn what_is_wrong_is_refused_and_the_framework_is_named() {
        for (name, value, part) in [
            ("INTEGRATION__CONFIG__ACCOUNT_ROL_ARN", "x", "did you mean ACCOUNT_ROLE_ARN?"),
            ("INTEGRATION__CONFIG__EXTERNAL_ID", "", "empty string"),
            ("INTEGRATION__CONFIG__AWS_PARTITION", "moon", "not a partition"),
            ("INTEGRATION__CONFIG__CREDENTIAL_PROVIDER_PRIORITY", "Magic", "not a credential provider"),
            ("INTEGRATION__CONFIG__LIVE_EVENTS_API_KEY", "planted", "not served"),
            ("INTEGRATION__CONFIG", "[\"planted\"]", "not a JSON object"),
            ("INTEGRATION__CONFIG", "{\"planted", "not JSON"),
        ] {
            let (_, mistakes) = peer(&[(name, value)]);
            let said = mistakes.iter().map(ToString::to_string).collect::<String>();
            assert!(said.contains(part) && !said.contains("planted"), "{said}");
        }
        let (peer, mistakes) = peer(&[("PORT__CLIENT_ID", "x"), ("EVENT_LISTENER__TYPE", "POLLING")]);
        assert!(mistakes.is_empty() && peer.notices[0].contains("not used: OCEAN__EVENT_LISTENER__TYPE ("));
    }

    #[test]
    fn keys_of_either_form() {
        assert_eq!(upper_snake("credentialProviderPriority"), "CREDENTIAL_PROVIDER_PRIORITY");
        assert_eq!(upper_snake("aws_access_key_id"), "AWS_ACCESS_KEY_ID");
    }
}
