//! Templates: text with `{…}` in it, filled from an item and from where it was found.
//!
//! Inside the braces stands a path into the item (`{Tags[Key=Name].Value}`) or a name of the context: `{$account}`,
//! `{$account.name}`, `{$region}`, `{$partition}`, `{$id}`, `{$id.0}` (a part of a compound id), `{$parent.0}`,
//! `{$arn}`, `{$outer.Name}`, `{$answer.path}` (the whole answer of the listing), `{$index}` (the place in the list,
//! from 1), `{$digest}` (of the item as it is shown; for an id alone), `{$since}`. `|/` at the end keeps what follows the
//! last slash, `|:` the last colon, `|account` and `|region` that field of an ARN, `|arn` the whole if it is one.

use serde_json::{Map, Value};

use crate::path;

/// What separates the parts of a compound id, as in CloudFormation's.
pub(crate) const ID_SEPARATOR: char = '|';

/// Where an item was found.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scope<'a> {
    pub(crate) partition: &'a str,
    pub(crate) account: &'a str,
    pub(crate) account_name: &'a str,
    pub(crate) region: &'a str,
    pub(crate) id: &'a str,
    pub(crate) arn: &'a str,
    pub(crate) parents: &'a [String],
    pub(crate) item: Option<&'a Value>,
    pub(crate) outer: Option<&'a Map<String, Value>>,
    /// The answer of the listing.
    pub(crate) answer: Option<&'a Value>,
    /// The place in the list, from 1.
    pub(crate) index: Option<usize>,
    /// A digest of the item, where its id is made of one.
    pub(crate) digest: Option<&'a str>,
    /// The configured time, in ISO-8601.
    pub(crate) since: Option<&'a str>,
}

/// Fills a template. None where a name in it has no value, or no value that can stand in text.
pub(crate) fn fill(template: &str, scope: &Scope<'_>) -> Option<String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, tail) = after.split_once('}')?;
        out.push_str(&resolve(name, scope)?);
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}

/// The first template that can be filled.
pub(crate) fn fill_first(templates: &[String], scope: &Scope<'_>) -> Option<String> {
    templates.iter().find_map(|template| fill(template, scope))
}

/// Fills every text in a call's input. `{$batch}` alone becomes the list of what is asked for.
pub(crate) fn fill_input(input: &Value, scope: &Scope<'_>, batch: &[String]) -> Option<Value> {
    Some(match input {
        Value::String(text) if text == "{$batch}" => Value::from(batch.to_vec()),
        Value::String(text) => Value::from(fill(text, scope)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| fill_input(item, scope, batch)).collect::<Option<_>>()?)
        }
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| Some((name.clone(), fill_input(value, scope, batch)?)))
                .collect::<Option<_>>()?,
        ),
        other => other.clone(),
    })
}

/// What is kept of a value.
enum Part {
    Whole,
    After(char),
    /// A field of an ARN, counted from 0.
    Field(usize),
    /// All of it, if it is an ARN.
    Arn,
}

impl Part {
    fn of<'v>(&self, value: &'v str) -> Option<&'v str> {
        match self {
            Self::Whole => Some(value),
            Self::After(separator) => value.rsplit(*separator).next(),
            Self::Arn => value.starts_with("arn:").then_some(value),
            Self::Field(field) => value.starts_with("arn:").then(|| value.split(':').nth(*field))?,
        }
    }
}

/// The name in an expression, and what is kept of its value.
fn parse(expression: &str) -> (&str, Part) {
    match expression.rsplit_once('|') {
        Some((name, "/")) => (name, Part::After('/')),
        Some((name, ":")) => (name, Part::After(':')),
        Some((name, "region")) => (name, Part::Field(3)),
        Some((name, "arn")) => (name, Part::Arn),
        Some((name, "account")) => (name, Part::Field(4)),
        _ => (expression, Part::Whole),
    }
}

/// The names inside a template's braces, without what follows the bar.
pub(crate) fn names(template: &str) -> impl Iterator<Item = &str> {
    let inside = template.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    inside.map(|(expression, _)| parse(expression).0)
}

fn resolve(expression: &str, scope: &Scope<'_>) -> Option<String> {
    let (name, part) = parse(expression);
    let value = match name.strip_prefix('$') {
        Some(name) => context(name, scope)?,
        None => text(path::get(scope.item?, name)?)?,
    };
    let kept = match part {
        Part::Whole => value,
        part => part.of(&value)?.to_owned(),
    };
    (!kept.is_empty()).then_some(kept)
}

fn context(name: &str, scope: &Scope<'_>) -> Option<String> {
    let (head, tail) = name.split_once('.').unwrap_or((name, ""));
    let value = match (head, tail) {
        ("partition", "") => scope.partition,
        ("account", "") => scope.account,
        ("account", "name") => scope.account_name,
        ("region", "") => scope.region,
        ("id", "") => scope.id,
        ("id", part) => scope.id.split(ID_SEPARATOR).nth(part.parse().ok()?)?,
        ("arn", "") => scope.arn,
        ("parent", level) => scope.parents.get(level.parse::<usize>().ok()?)?,
        ("outer", member) => return text(scope.outer?.get(member)?),
        ("answer", path) => return text(path::get(scope.answer?, path)?),
        ("index", "") => return scope.index.map(|index| index.to_string()),
        ("digest", "") => scope.digest?,
        ("since", "") => scope.since?,
        _ => return None,
    };
    Some(value.to_owned())
}

/// A scalar as text; lists, objects and null have none.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Scope, fill, fill_input};

    #[test]
    fn context_item_and_separators() {
        let item = json!({"Url": "https://h/1/name", "Arn": "arn:aws:sns:r:1:topic", "Tags": [{"Key": "Name", "Value": "web"}], "N": null});
        let parents = ["p0".to_owned()];
        let answer = json!({"Owner": {"Id": "o"}, "List": [item.clone()]});
        let scope = Scope {
            account: "1",
            region: "r",
            id: "a|b",
            parents: &parents,
            item: Some(&item),
            answer: Some(&answer),
            index: Some(3),
            ..Scope::default()
        };
        for (template, expected) in [
            ("{Url|/}", Some("name")),
            ("{Arn|:}", Some("topic")),
            ("x-{$region}-{$account}", Some("x-r-1")),
            ("{$id.1}", Some("b")),
            ("{$parent.0}", Some("p0")),
            ("{$parent.1}", None),
            ("{Tags[Key=Name].Value}", Some("web")),
            ("{Tags[Key=Other].Value}", None),
            ("{N}", None),
            ("{$arn}", None),
            ("{$answer.Owner.Id}", Some("o")),
            ("{$answer.List[].Arn|region}", Some("r")),
            ("{Arn|account}", Some("1")),
            ("{Url|account}", None),
            ("{Arn|arn}", Some("arn:aws:sns:r:1:topic")),
            ("{Url|arn}", None),
            ("{$digest}", None),
            ("{$index}", Some("3")),
            ("{$since}", None),
        ] {
            assert_eq!(fill(template, &scope).as_deref(), expected, "{template}");
        }
    }

    #[test]
    fn a_batch_becomes_a_list() {
        let input = json!({"ids": "{$batch}", "all": true, "f": [{"v": "{$region}"}]});
        let scope = Scope { region: "r", ..Scope::default() };
        let filled = fill_input(&input, &scope, &["a".to_owned(), "b".to_owned()]);
        assert_eq!(filled, Some(json!({"ids": ["a", "b"], "all": true, "f": [{"v": "r"}]})));
        assert_eq!(fill_input(&json!({"x": "{Missing}"}), &scope, &[]), None);
    }
}
