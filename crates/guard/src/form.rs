//! The body of the query and ec2 protocols: `application/x-www-form-urlencoded`.

use crate::input::{Input, Place};
use crate::limits;
use crate::parameters::Parameters;
use crate::percent;
use crate::refusal::{Fault, Rule, shown};

/// A form whose keys are each there once.
#[derive(Debug)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    /// Reads a form in its canonical spelling.
    pub(crate) fn parse(body: &str) -> Result<Self, Fault> {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut names = std::collections::BTreeSet::new();
        for field in body.split('&') {
            if fields.len() == limits::FORM_FIELDS {
                return Err(Fault::new(Rule::Limit, format!("the form has more than {} fields", limits::FORM_FIELDS)));
            }
            let Some((name, value)) = field.split_once('=') else {
                return Err(Fault::new(Rule::Body, format!("the form field {:?} has no =", shown(field))));
            };
            // Names are never encoded: `%41ction` is a second way to write a carrier.
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
            if name.is_empty() || !name.bytes().all(plain) {
                let message =
                    format!("the form field {:?} is not named in letters, digits, dots and dashes", shown(name));
                return Err(Fault::new(Rule::Body, message));
            }
            // One letter's case is too little of a difference to rely on a server's reading.
            if !names.insert(name.to_ascii_lowercase()) {
                return Err(Fault::new(Rule::Parameter, format!("the form field {:?} is given twice", shown(name))));
            }
            let value = percent::decode(value, true)
                .map_err(|what| Fault::new(Rule::Body, format!("the value of the form field {name:?} {what}")))?;
            fields.push((name.to_owned(), value));
        }
        Ok(Self { fields })
    }

    /// The value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every field but Action and Version is, up to its first dot, a member of the input.
    pub(crate) fn check(self, input: &Input<'_>, parameters: &mut Parameters) -> Result<(), Fault> {
        for (name, value) in self.fields {
            if name == "Action" || name == "Version" {
                continue;
            }
            // A member's own name has no dot in the models; what follows the dot is the list's or structure's.
            let (member, _) = name.split_once('.').unwrap_or((name.as_str(), ""));
            if input.member(Place::Body, member).is_none() {
                return Err(Fault::new(Rule::Parameter, format!("the operation has no parameter {:?}", shown(member))));
            }
            parameters.push(name, serde_json::Value::String(value));
        }
        Ok(())
    }
}
