//! Policy documents as JSON, each text as the rendering in question writes it.

use serde_json::{Map, Value, json};

use super::model::{Permission, Principal, Trust};
use super::text::Text;

/// The version of the policy language.
const VERSION: &str = "2012-10-17";

/// How a rendering writes a text.
pub type Write<'a, E> = &'a dyn Fn(&Text) -> Result<Value, E>;

/// A trust policy. `key` writes the keys of conditions.
///
/// # Errors
/// As the texts cannot be written.
pub fn trust<E>(trust: &Trust, key: &dyn Fn(&Text) -> Result<String, E>, write: Write<'_, E>) -> Result<Value, E> {
    let statements = trust.statements.iter().map(|statement| {
        let principal = match &statement.principal {
            Principal::Aws(text) => json!({"AWS": write(text)?}),
            Principal::Service(name) => json!({"Service": name}),
            Principal::Federated(text) => json!({"Federated": write(text)?}),
        };
        let mut said = json!({
            "Sid": statement.sid, "Effect": "Allow", "Principal": principal, "Action": statement.actions,
        });
        let mut conditions = Map::new();
        for (operator, name, value) in &statement.conditions {
            let below = conditions.entry((*operator).to_owned()).or_insert_with(|| json!({}));
            if let Some(below) = below.as_object_mut() {
                below.insert(key(name)?, write(value)?);
            }
        }
        if let Some(said) = said.as_object_mut()
            && !conditions.is_empty()
        {
            said.insert("Condition".to_owned(), Value::Object(conditions));
        }
        Ok(said)
    });
    Ok(json!({"Version": VERSION, "Statement": statements.collect::<Result<Vec<_>, E>>()?}))
}

/// An inline policy.
///
/// # Errors
/// As the texts cannot be written.
pub fn permission<E>(permission: &Permission, write: Write<'_, E>) -> Result<Value, E> {
    let resources = permission.resources.iter().map(write).collect::<Result<Vec<_>, E>>()?;
    let statement = json!({"Sid": "Assume", "Effect": "Allow", "Action": permission.actions, "Resource": resources});
    Ok(json!({"Version": VERSION, "Statement": [statement]}))
}
