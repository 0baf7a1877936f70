//! A trust policy with every value filled in.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::deployments::{READ_ROLE, SOURCE_HERE};
use super::documents::trust;
use super::model::{Template, Test};
use super::text::Text;

/// Values of parameters, and of `AWS::AccountId` and `AWS::Partition`.
pub type Values = BTreeMap<String, String>;

/// A value that nobody gave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is not known")]
pub struct Unknown {
    /// Its name.
    pub name: String,
}

/// The trust policy of a role with values in the place of references; defaults are used where nothing is given.
///
/// # Errors
/// A value that it needs was not given, or there is no such role.
pub fn resolved_trust(template: &Template, role: &str, values: &Values) -> Result<Value, Unknown> {
    let found = template.role(role).ok_or_else(|| Unknown { name: role.to_owned() })?;
    // A source is made in its own account only.
    let here = role != READ_ROLE && template.conditions.iter().any(|(name, _)| name == SOURCE_HERE);
    let resolver = Resolver { template, values, here };
    let key = |text: &Text| resolver.text(text);
    trust(&found.trust, &key, &|text| Ok(json!(resolver.text(text)?)))
}

struct Resolver<'a> {
    template: &'a Template,
    values: &'a Values,
    here: bool,
}

impl Resolver<'_> {
    fn text(&self, text: &Text) -> Result<String, Unknown> {
        text.replaced(|name| self.value(name))
    }

    fn value(&self, name: &str) -> Result<String, Unknown> {
        if let Some(local) = self.template.local(name) {
            return self.text(if self.holds(&local.when)? { &local.then } else { &local.otherwise });
        }
        let default = || self.template.parameter(name).and_then(|parameter| parameter.default.clone());
        self.values.get(name).cloned().or_else(default).ok_or_else(|| Unknown { name: name.to_owned() })
    }

    fn holds(&self, condition: &str) -> Result<bool, Unknown> {
        if self.here && condition == SOURCE_HERE {
            return Ok(true);
        }
        let found = self.template.conditions.iter().find(|(name, _)| name == condition);
        let (_, test) = found.ok_or_else(|| Unknown { name: condition.to_owned() })?;
        self.test(test)
    }

    fn test(&self, test: &Test) -> Result<bool, Unknown> {
        Ok(match test {
            Test::Equals(one, other) => self.text(one)? == self.text(other)?,
            Test::Not(test) => !self.test(test)?,
            Test::Any(tests) => {
                // The first that holds decides: what is empty need not be compared with an account that is not known.
                for test in tests {
                    if self.test(test)? {
                        return Ok(true);
                    }
                }
                false
            }
            Test::All(tests) => {
                for test in tests {
                    if !self.test(test)? {
                        return Ok(false);
                    }
                }
                true
            }
            Test::Is(name) => self.holds(name)?,
        })
    }
}
