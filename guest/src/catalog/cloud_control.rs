//! Kinds of CloudFormation's registry that the catalogue does not have: they are read through Cloud Control.
//!
//! This is what is known before the type's schema is; `sync::cloud_control` fits it to the schema.

use serde_json::json;

use super::{Definition, Kind};

/// Resources of one answer, the most that Cloud Control gives.
const PAGE: u32 = 100;

/// The kind of a type of AWS's own.
///
/// # Errors
/// What is wrong with the definition.
pub(crate) fn cloud_control(name: &str) -> Result<Kind, String> {
    let written = json!({
        "tier": "heavy", "scope": "region", "confirm": "second-run",
        "list": {
            "operation": "ListResources", "input": {"TypeName": name, "MaxResults": PAGE},
            "items": "ResourceDescriptions",
        },
        "id": "{$outer.Identifier}", "arn": "", "name": "{$outer.Identifier}",
        "gone": ["ResourceNotFoundException"],
        "actions": [{
            "name": "GetResourceAction", "operation": "GetResource",
            "input": {"TypeName": name, "Identifier": "{$id}"},
            "identity": {"of": "{$id}", "at": "ResourceDescription.Identifier"},
            "take": "ResourceDescription.Properties",
        }],
    });
    let mut definition: Definition = serde_json::from_value(written).map_err(|error| error.to_string())?;
    definition.sensitive_names = true;
    if let Some(list) = &mut definition.list {
        list.text = Some("Properties".to_owned());
    }
    for action in &mut definition.actions {
        action.text = true;
    }
    Ok(Kind { cloud_control: true, ..Kind::new(name, "cloudcontrol", definition) })
}
