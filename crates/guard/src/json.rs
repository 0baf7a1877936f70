//! JSON bodies, read so that no second reader can see another document.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::input::{Input, Place};
use crate::limits;
use crate::parameters::Parameters;
use crate::refusal::{Fault, Rule, shown};

/// Reads a body that must be one JSON object whose keys are members of the input, each once.
pub(crate) fn check(body: &str, input: &Input<'_>, parameters: &mut Parameters) -> Result<(), Fault> {
    let Value::Object(members) = parse(body)? else {
        return Err(Fault::new(Rule::Body, "the body is JSON but not an object"));
    };
    for (name, value) in members {
        if input.member(Place::Body, &name).is_none() {
            return Err(Fault::new(Rule::Parameter, format!("the operation has no parameter {:?}", shown(&name))));
        }
        parameters.push(name, value);
    }
    Ok(())
}

fn parse(body: &str) -> Result<Value, Fault> {
    let mut values = 0;
    let mut deserializer = serde_json::Deserializer::from_str(body);
    let value = Node { depth: 0, values: &mut values }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        // serde_json's messages repeat no more of the body than a key, which `shown` cuts.
        .map_err(|error| {
            Fault::new(Rule::Body, format!("the body is not the JSON that is expected: {}", shown(&error.to_string())))
        })?;
    Ok(value)
}

/// A JSON value that has no key twice, at any depth.
struct Node<'a> {
    depth: usize,
    values: &'a mut usize,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        *self.values += 1;
        if self.depth > limits::JSON_DEPTH {
            return Err(D::Error::custom(format_args!("deeper than {} levels", limits::JSON_DEPTH)));
        }
        if *self.values > limits::JSON_VALUES {
            return Err(D::Error::custom(format_args!("more than {} values", limits::JSON_VALUES)));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(value) = elements.next_element_seed(Node { depth: self.depth + 1, values: self.values })? {
            out.push(value);
        }
        Ok(Value::Array(out))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut out = serde_json::Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Node { depth: self.depth + 1, values: self.values })?;
            if out.insert(name.clone(), value).is_some() {
                return Err(A::Error::custom(format_args!("the key {:?} is given twice", shown(&name))));
            }
        }
        Ok(Value::Object(out))
    }
}
