//! One list call: what to ask, and the items in the answer.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::Reading;
use super::item::{Item, identify};
use crate::call::{Call, Token};
use crate::catalog::{Outer, Parent};
use crate::path;
use crate::problem::{Problem, ProblemClass};
use crate::template;

/// What an answer's list holds, each as an object.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) value: Value,
    pub(crate) place: Place,
}

/// Where in an answer an item stood. What no template names is not kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// The members beside the list.
    pub(crate) outer: Option<Rc<Map<String, Value>>>,
    /// The whole answer.
    pub(crate) answer: Option<Rc<Value>>,
    /// Its number among those that the same object holds, from 1; 0 where it stood in no list.
    pub(crate) index: usize,
}

impl Listed {
    pub(crate) fn id(&self, reading: &Reading<'_>, parents: &[String]) -> Option<String> {
        identify(reading, parents, &self.value, &self.place)
    }

    pub(crate) fn into_item(self, reading: &Reading<'_>, parents: &[String]) -> Option<Item> {
        Item::new(reading, parents, self.value, self.place)
    }
}

/// Where the items are in an answer, and what they look like.
pub(crate) struct Expected<'a> {
    pub(crate) items: &'a [String],
    /// What stands there is one item.
    pub(crate) one: bool,
    /// The member that a plain name becomes.
    pub(crate) wrap: Option<&'a str>,
    pub(crate) outer: Outer,
    /// Whether templates name the answer.
    pub(crate) answer: bool,
    /// The member whose JSON text is the item.
    pub(crate) text: Option<&'a str>,
}

/// One level of the chain of list calls: a parent, or the kind itself.
pub(crate) struct Level<'a> {
    pub(crate) service: &'a str,
    pub(crate) operation: &'a str,
    input: &'a Map<String, Value>,
    /// Added to the input, where a time is configured.
    since: Option<&'a Map<String, Value>>,
    expected: Expected<'a>,
    /// Codes that say that the parent is gone.
    pub(crate) gone: &'a [String],
    /// Codes that say that there is nothing, because the service is not set up.
    pub(crate) none: &'a [String],
    /// A parent's identity; none for the kind itself.
    id: Option<&'a str>,
    /// Whether what is listed is listed below as well.
    pub(crate) recurse: bool,
    /// Whether a cursor may carry names: then nothing but the name may be known of an item.
    holds: bool,
}

impl<'a> Level<'a> {
    /// The level below so many parents. None where that is no call: for a kind that is made, and for enumerated parents.
    pub(crate) fn below(reading: &Reading<'a>, parents: usize) -> Option<Self> {
        let definition = reading.definition();
        let uses = reading.chosen.kind.uses;
        if let Some(parent) = definition.parents.get(parents) {
            let Parent::Call(parent) = parent else { return None };
            return Some(Self {
                service: parent.service.as_deref().unwrap_or(reading.service()),
                operation: &parent.operation,
                input: &parent.input,
                since: None,
                expected: Expected {
                    items: &parent.items.0,
                    one: false,
                    wrap: parent.wrap.as_deref(),
                    outer: Outer::Ignore,
                    answer: false,
                    text: None,
                },
                gone: &parent.gone,
                none: &parent.none,
                id: Some(&parent.id),
                recurse: false,
                holds: true,
            });
        }
        let list = definition.list.as_ref()?;
        let since = reading.chosen.since.as_ref().and(definition.since.as_ref());
        Some(Self {
            service: reading.service(),
            operation: &list.operation,
            input: &list.input,
            since: since.map(|since| &since.input),
            expected: Expected {
                items: &list.items.0,
                one: list.one,
                wrap: list.wrap.as_deref(),
                outer: list.outer,
                answer: uses.answer,
                text: list.text.as_deref(),
            },
            gone: &list.gone,
            none: &list.none,
            id: None,
            recurse: list.recurse,
            holds: list.outer == Outer::Ignore && !uses.answer && !uses.index,
        })
    }

    /// Whether this lists the kind itself.
    pub(crate) fn is_leaf(&self) -> bool {
        self.id.is_none()
    }

    /// The member under which a cursor may carry the rest of an answer.
    pub(crate) fn holds(&self) -> Option<&'a str> {
        self.expected.wrap.filter(|_| self.holds)
    }

    /// # Errors
    /// The definition's input cannot be filled, or names a service without tables.
    pub(crate) fn call(
        &self,
        reading: &Reading<'_>,
        parents: &[String],
        token: Option<&Token>,
    ) -> Result<Call, Problem> {
        let mut input = self.input.clone();
        for (name, value) in self.since.into_iter().flatten() {
            input.insert(name.clone(), value.clone());
        }
        let Some(input) = template::fill_input(&Value::Object(input), &reading.scope(parents), &[]) else {
            let problem = Problem::new(ProblemClass::BadCall, "the input of the listing cannot be filled");
            return Err(problem.at(self.service, self.operation));
        };
        let call = Call::new(self.service, self.operation, reading.identity(), &reading.region, input)?;
        Ok(call.with_token(token))
    }

    /// # Errors
    /// What stands where the list should be is no list.
    pub(crate) fn items(&self, answer: &Rc<Value>) -> Result<Vec<Listed>, Problem> {
        items(answer, &self.expected)
    }

    /// The items that a cursor held.
    pub(crate) fn items_held(&self, names: Vec<Value>) -> Vec<Listed> {
        let name = self.expected.wrap.unwrap_or_default();
        let wrapped = |value| Value::Object(Map::from_iter([(name.to_owned(), value)]));
        names.into_iter().map(|value| Listed { value: wrapped(value), place: Place::default() }).collect()
    }

    /// The identity of a parent.
    pub(crate) fn parent_id(&self, reading: &Reading<'_>, parents: &[String], listed: &Listed) -> Option<String> {
        let scope = template::Scope { item: Some(&listed.value), ..reading.scope(parents) };
        template::fill(self.id?, &scope)
    }
}

/// The items in an answer.
///
/// # Errors
/// What stands there is no list, or holds something else than the definition expects.
pub(crate) fn items(answer: &Rc<Value>, expected: &Expected<'_>) -> Result<Vec<Listed>, Problem> {
    let mut listed = Vec::new();
    let mut wrong = None;
    for at in expected.items {
        let mut holding: Option<&Value> = None;
        let mut place = Place { answer: expected.answer.then(|| Rc::clone(answer)), ..Place::default() };
        path::collect(answer, at, &mut |found, holder| {
            // `A[]` finds the elements one by one: they count on as long as the same object holds them.
            let same = holder.is_some() && holder.zip(holding).is_some_and(|(one, other)| std::ptr::eq(one, other));
            if !same {
                holding = holder;
                place.index = 0;
                place.outer = beside(holder, expected);
            }
            let elements = match (found, expected.one) {
                (Value::Null, _) => return,
                (Value::Array(_), true) => {
                    wrong = Some("there is a list where the definition says that there is one item");
                    return;
                }
                (Value::Array(elements), false) => elements.as_slice(),
                (one, _) => std::slice::from_ref(one),
            };
            for element in elements {
                place.index += 1;
                if let (Value::Object(members), Some(text)) = (element, expected.text) {
                    match written_out(members, text, &place) {
                        Some(item) => listed.push(item),
                        None => wrong = Some("what should be the text of a JSON object is none"),
                    }
                    continue;
                }
                let value = match (element, expected.wrap) {
                    (Value::Object(_), None) => element.clone(),
                    (Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Array(_), Some(name)) => {
                        Value::Object(Map::from_iter([(name.to_owned(), element.clone())]))
                    }
                    _ => {
                        wrong = Some("the list holds something else than the model says");
                        continue;
                    }
                };
                listed.push(Listed { value, place: place.clone() });
            }
        });
    }
    match wrong {
        Some(message) => Err(Problem::new(ProblemClass::BadAnswer, message)),
        None => Ok(listed),
    }
}

/// The item that an element holds as JSON text.
fn written_out(members: &Map<String, Value>, text: &str, place: &Place) -> Option<Listed> {
    let mut beside = members.clone();
    let value = match beside.shift_remove(text) {
        None | Some(Value::Null) => Value::Object(Map::new()),
        Some(written) => parsed(written),
    };
    value.is_object().then(|| Listed { value, place: Place { outer: Some(Rc::new(beside)), ..place.clone() } })
}

/// What a JSON text says; what is none stays as it is.
pub(crate) fn parsed(value: Value) -> Value {
    let said = value.as_str().and_then(|text| serde_json::from_str(text).ok());
    said.unwrap_or(value)
}

/// The members beside the lists.
fn beside(holder: Option<&Value>, expected: &Expected<'_>) -> Option<Rc<Map<String, Value>>> {
    let (Outer::Keep | Outer::Context, Some(Value::Object(holder))) = (expected.outer, holder) else { return None };
    let mut rest = holder.clone();
    for at in expected.items {
        let last = at.rsplit('.').next().unwrap_or(at);
        rest.shift_remove(last.split('[').next().unwrap_or(last));
    }
    Some(Rc::new(rest))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use serde_json::{Value, json};

    use super::{Expected, items};
    use crate::catalog::Outer;

    fn expected(items: &[String], outer: Outer) -> Expected<'_> {
        Expected { items, one: false, wrap: None, outer, answer: false, text: None }
    }

    #[test]
    fn the_place_is_counted_below_each_holder() {
        let answer = Rc::new(json!({"Tables": [
            {"Id": "a", "Routes": [{"To": 1}, {"To": 2}]}, {"Id": "b", "Routes": [{"To": 3}]}]}));
        for path in ["Tables[].Routes", "Tables[].Routes[]"] {
            let paths = [path.to_owned()];
            let listed = items(&answer, &expected(&paths, Outer::Keep)).unwrap();
            let places: Vec<(usize, &Value)> =
                listed.iter().map(|item| (item.place.index, &item.place.outer.as_ref().unwrap()["Id"])).collect();
            assert_eq!(places, [(1, &json!("a")), (2, &json!("a")), (1, &json!("b"))], "{path}");
            assert!(listed.iter().all(|item| !item.place.outer.as_ref().unwrap().contains_key("Routes")));
        }
    }

    #[test]
    fn several_lists_follow_each_other_and_one_is_no_list() {
        let answer = Rc::new(json!({"A": [{"N": 1}], "B": [{"N": 2}], "Owner": "o", "One": {"N": 3}}));
        let paths = ["A".to_owned(), "B".to_owned(), "Missing".to_owned()];
        let listed = items(&answer, &expected(&paths, Outer::Keep)).unwrap();
        assert_eq!(listed.iter().map(|item| item.value["N"].clone()).collect::<Vec<_>>(), [json!(1), json!(2)]);
        assert_eq!(
            *listed[0].place.outer.as_deref().unwrap(),
            *json!({"Owner": "o", "One": {"N": 3}}).as_object().unwrap()
        );
        let paths = ["One".to_owned()];
        assert_eq!(items(&answer, &Expected { one: true, ..expected(&paths, Outer::Ignore) }).unwrap().len(), 1);
        let paths = ["A".to_owned()];
        assert!(items(&answer, &Expected { one: true, ..expected(&paths, Outer::Ignore) }).is_err());
    }
}
