//! JSON as `serde_json` has it, and as jaq has it.

use jaq_json::{Map as JaqMap, Num, Val};
use serde_json::{Map, Number, Value};

/// Integers up to here are the same as floating point numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value as jaq takes it.
pub(super) fn to_jaq(value: &Value) -> Val {
    match value {
        Value::Null => Val::Null,
        Value::Bool(truth) => Val::Bool(*truth),
        Value::Number(number) => number_to_jaq(number),
        Value::String(text) => Val::from(text.clone()),
        Value::Array(items) => items.iter().map(to_jaq).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (Val::from(name.clone()), to_jaq(value)));
            Val::obj(members.collect::<JaqMap>())
        }
    }
}

fn number_to_jaq(number: &Number) -> Val {
    // A machine's integer is small in the component: what is larger is a big integer there.
    if let Some(integer) = number.as_i64() {
        return Val::Num(Num::from_integral(integer));
    }
    if let Some(integer) = number.as_u64() {
        return Val::Num(Num::from_integral(integer));
    }
    Val::from(number.as_f64().unwrap_or_default())
}

/// What jaq gives, as JSON. None where JSON cannot say it: an object with members that texts do not name.
pub(super) fn from_jaq(value: &Val) -> Option<Value> {
    Some(match value {
        Val::Null => Value::Null,
        Val::Bool(truth) => Value::Bool(*truth),
        Val::Num(number) => from_number(number),
        Val::TStr(bytes) | Val::BStr(bytes) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
        Val::Arr(items) => Value::Array(items.iter().map(from_jaq).collect::<Option<_>>()?),
        Val::Obj(members) => {
            let mut object = Map::with_capacity(members.len());
            for (name, value) in members.iter() {
                let Val::TStr(name) = name else { return None };
                object.insert(String::from_utf8_lossy(name).into_owned(), from_jaq(value)?);
            }
            Value::Object(object)
        }
    })
}

fn from_number(number: &Num) -> Value {
    match number {
        Num::Float(float) => from_float(*float),
        // Big integers and literals; jq's are floating point numbers too.
        _ => {
            let text = number.to_string();
            text.parse::<i64>()
                .map(Value::from)
                .or_else(|_| text.parse::<u64>().map(Value::from))
                .unwrap_or_else(|_| from_float(text.parse().unwrap_or(f64::NAN)))
        }
    }
}

/// As jq writes numbers: whole ones without a fraction, infinite ones as the largest, and what is no number as null.
fn from_float(float: f64) -> Value {
    if float.is_nan() {
        return Value::Null;
    }
    if float.fract() == 0.0 && float.abs() <= EXACT {
        #[allow(clippy::cast_possible_truncation, reason = "whole, and within the bounds of an integer")]
        return Value::from(float as i64);
    }
    Value::from(float.clamp(f64::MIN, f64::MAX))
}

/// The same value, with numbers as jq writes them.
pub(super) fn copied(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => from_float(number.as_f64().unwrap_or_default()),
        Value::Array(items) => Value::Array(items.iter().map(copied).collect()),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), copied(value))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use jaq_json::Val;
    use serde_json::{Value, json};

    use super::{copied, from_jaq, to_jaq};

    #[test]
    fn there_and_back() {
        for value in [
            json!({"a": [1, -1, 1.5, null, true, "ü\u{0}"], "b": {"": {}}}),
            json!(9_007_199_254_740_993_i64),
            json!(u64::MAX),
            json!(1e300),
            json!(i64::MIN),
        ] {
            assert_eq!(from_jaq(&to_jaq(&value)), Some(value.clone()));
            assert_eq!(copied(&value), value);
        }
    }

    #[test]
    fn numbers_are_written_as_jq_writes_them() {
        for (float, expected) in [(1.0, json!(1)), (-0.0, json!(0)), (f64::NAN, Value::Null), (1e17, json!(1e17))] {
            assert_eq!(from_jaq(&Val::from(float)), Some(expected));
        }
        assert_eq!(from_jaq(&Val::from(f64::INFINITY)), Some(json!(f64::MAX)));
        assert_eq!(copied(&json!([2.0, {"a": 3.5}])), json!([2, {"a": 3.5}]));
    }

    #[test]
    fn what_json_cannot_say_is_none() {
        let members = std::iter::once((Val::from(1usize), Val::Null));
        assert_eq!(from_jaq(&Val::obj(members.collect())), None);
    }
}
