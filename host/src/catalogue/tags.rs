use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Members that hold a resource's own tags, in AWS's answers. (`TagSpecifications` and the like are tags of other things.)
const MEMBERS: &[&str] = &["Tags", "TagList", "TagSet", "tags", "tagList", "tagSet"];

/// Names of a tag's two parts, in AWS's lists of tags.
const PAIRS: &[(&str, &str)] =
    &[("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"), ("tagKey", "tagValue"), ("K", "V")];

/// A resource's tags in one form, whichever of AWS's shapes they came in: a map, or a list of pairs.
///
/// None where the resource carries no member for tags, or one in a form that we do not know: unknown, not untagged.
pub(crate) fn normalised(properties: &Map<String, Value>) -> Option<BTreeMap<String, String>> {
    let mut tags = None;
    for value in MEMBERS.iter().filter_map(|member| properties.get(*member)) {
        if let Some(found) = from_value(value) {
            tags.get_or_insert_with(BTreeMap::new).extend(found);
        }
    }
    tags
}

fn from_value(value: &Value) -> Option<BTreeMap<String, String>> {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| Some((key.clone(), scalar(value)?))).collect(),
        Value::Array(list) => list.iter().map(pair).collect(),
        _ => None,
    }
}

fn pair(tag: &Value) -> Option<(String, String)> {
    let tag = tag.as_object()?;
    PAIRS.iter().find_map(|(key, value)| {
        let key = tag.get(*key)?.as_str()?;
        // A tag without a value is a tag.
        let value = tag.get(*value).map_or_else(|| Some(String::new()), scalar)?;
        Some((key.to_owned(), value))
    })
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => Some(String::new()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(properties: &str, expected: Option<&[(&str, &str)]>) {
        let Value::Object(map) = serde_json::from_str(properties).unwrap() else { panic!("{properties}") };
        let expected = expected.map(|tags| tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
        assert_eq!(normalised(&map), expected, "{properties}");
    }

    #[test]
    fn every_shape_of_aws_gives_the_same_tags() {
        let both: Option<&[(&str, &str)]> = Some(&[("Owner", "web"), ("empty", "")]);
        check(r#"{"Tags":[{"Key":"Owner","Value":"web"},{"Key":"empty","Value":""}]}"#, both);
        check(r#"{"TagList":[{"Key":"Owner","Value":"web"},{"Key":"empty"}]}"#, both);
        check(r#"{"tags":[{"key":"Owner","value":"web"},{"key":"empty","value":null}]}"#, both);
        check(r#"{"Tags":[{"TagKey":"Owner","TagValue":"web"},{"TagKey":"empty","TagValue":""}]}"#, both);
        check(r#"{"tags":{"Owner":"web","empty":""}}"#, both);
    }

    #[test]
    fn no_tags_and_unknown_tags_are_two_things() {
        check(r#"{"Tags":[]}"#, Some(&[]));
        check(r#"{"Tags":{}}"#, Some(&[]));
        check(r#"{"TagSpecifications":[]}"#, None);
        check(r#"{"Tags":"x"}"#, None);
        check(r#"{"Tags":[{"Name":"x"}]}"#, None);
        check(r#"{"Tags":null}"#, None);
    }
}
