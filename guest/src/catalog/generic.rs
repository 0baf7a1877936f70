//! Kinds that only an operation's name describes: `ec2:DescribeCapacityReservations`.
//!
//! Nobody has looked at what they list. So a row is known by its digest and replaced with the others as a set, whatever
//! sounds secret is taken for it, and an operation that could mislead is refused: one that the host's guard would not let
//! pass, one that lists what others own, one whose further pages could not be asked for.

use portolan_tables::{Access, Operation, Service, Shape, Variant, endpoint, partition};
use serde_json::{Value, json};

use super::check::lost_pages;
use super::{Definition, Finding, Kind, arns, load, name_candidates, names, shapes, validate};
use crate::nearest::nearest;

/// What the name of a read begins with, as the host's guard has it.
const VERBS: &[&str] = &["List", "Describe", "Get", "BatchGet"];

/// The member that an item becomes which is no structure.
const WRAPPED: &str = "Value";

/// The kind of a service's operation that lists.
///
/// # Errors
/// Why there is none, and what was perhaps meant.
pub(crate) fn generic(name: &str, partition: &str) -> Result<Kind, Finding> {
    let refused = |message: String, instead| Finding { at: String::new(), message, instead };
    let (service_name, operation_name) = name.split_once(':').unwrap_or((name, ""));
    let Some(service) = portolan_tables::service(service_name) else {
        let near = nearest(service_name, portolan_tables::services()).and_then(|near| portolan_tables::service(&near));
        let instead = near.and_then(|near| nearest_listing(near, operation_name));
        return Err(refused(format!("the API tables have no service {service_name:?}"), instead));
    };
    let operation = service.operation(operation_name);
    let reason = match operation {
        None => Some(format!("{service_name} has no operation {operation_name:?} that reads")),
        Some(operation) => unfit(service, operation_name, operation),
    };
    let Some((operation, items)) = operation.and_then(|found| Some((found, found.items.as_deref()?))) else {
        return Err(refused(reason.unwrap_or_default(), nearest_listing(service, operation_name)));
    };
    if let Some(reason) = reason {
        return Err(refused(reason, nearest_listing(service, operation_name)));
    }
    let written = definition(service, operation_name, operation, items, partition);
    if !validate(&json!({"service": service_name, "kinds": {name: written}})).is_empty() {
        let message = format!("{name} lists what others own as well, unless it is asked for the account's own");
        return Err(refused(message, curated(service_name, operation_name)));
    }
    let mut definition: Definition =
        serde_json::from_value(written).map_err(|error| refused(error.to_string(), None))?;
    definition.sensitive_names = true;
    Ok(Kind::new(name, service_name, definition))
}

/// Why an operation is none to make a kind of.
fn unfit(service: &Service, name: &str, operation: &Operation) -> Option<String> {
    let full = format!("{}:{name}", service.name);
    let is_read = matches!(operation.access, Some(Access::List | Access::Read)) && operation.action.is_some();
    if !is_read || !VERBS.iter().any(|verb| name.starts_with(verb)) {
        return Some(format!("{full} is no read: the host would refuse it"));
    }
    if let Some(denied) = &operation.denied {
        return Some(format!("{full} hands out more than an inventory needs ({})", denied.class));
    }
    let needed = required(service, operation);
    if !needed.is_empty() {
        let needed = needed.join(", ");
        return Some(format!("{full} needs {needed}: a kind of it is a definition of your own, with `parents`"));
    }
    if operation.items.is_none() {
        return Some(format!("{full} lists nothing that the API tables know of"));
    }
    lost_pages(service, operation).map(|token| format!("{full} gives {token:?}, and the tables do not know its pages"))
}

fn required<'s>(service: &'s Service, operation: &Operation) -> Vec<&'s str> {
    match operation.input.map(|input| service.shape(input)) {
        Some(Shape::Structure(structure)) => {
            let required = structure.members.iter().filter(|member| member.required);
            required.map(|member| member.name.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

/// The operation that was perhaps meant, of those that a kind can be made of.
fn nearest_listing(service: &Service, name: &str) -> Option<String> {
    let listing = service.operations().filter(|(name, operation)| {
        service.lists_without_input(operation) && unfit(service, name, operation).is_none()
    });
    nearest(name, listing.map(|(name, _)| name)).map(|near| format!("{}:{near}", service.name))
}

/// The kind of the catalogue that lists by this operation.
fn curated(service: &str, operation: &str) -> Option<String> {
    let kinds = load(&names().collect::<Vec<_>>()).ok()?;
    let lists = |kind: &&Kind| kind.definition.list.as_ref().is_some_and(|list| list.operation == operation);
    kinds.iter().filter(|kind| &*kind.service == service).find(lists).map(|kind| kind.name.to_string())
}

fn definition(service: &'static Service, name: &str, operation: &Operation, items: &str, partition: &str) -> Value {
    let answer = operation.output.map(|output| service.shape(output));
    let item = answer.and_then(|answer| shapes::at(service, answer, items));
    let item = item.map(|found| shapes::element(service, found));
    let mut texts: Vec<&str> = Vec::new();
    if let Some(Shape::Structure(structure)) = item {
        let members = structure.members.iter().filter(|member| matches!(service.shape(member.shape), Shape::String));
        texts.extend(members.map(|member| member.name.as_str()));
    }
    let (mut arns, mut names) = (arns(&texts, name), name_candidates(&texts, name));
    let is_object = matches!(item, None | Some(Shape::Structure(_) | Shape::Map { .. } | Shape::Document));
    let list = if is_object {
        json!({"operation": name, "items": items})
    } else {
        arns.push(format!("{{{WRAPPED}|arn}}"));
        names.push(format!("{{{WRAPPED}}}"));
        json!({"operation": name, "items": items, "as": WRAPPED})
    };
    // An ARN is not always there, and a name need not be.
    arns.push(String::new());
    names.push("{$arn}".to_owned());
    json!({
        "tier": "heavy", "scope": if is_global(&service.name, partition) { "account" } else { "region" },
        "cloudformation": false, "list": list, "id": "{$digest}", "arn": arns, "name": names, "confirm": "second-run",
    })
}

/// Whether a service signs in one region whatever region is asked.
fn is_global(service: &str, partition_id: &str) -> bool {
    let regions = partition(partition_id).map(|known| known.regions.as_slice()).unwrap_or_default();
    let signed = regions.iter().filter_map(|region| endpoint(service, region, Variant::default()).ok());
    let signed: Vec<String> = signed.map(|endpoint| endpoint.signing_region).collect();
    // One region alone tells nothing.
    signed.len() > 1 && signed.windows(2).all(|two| two.first() == two.last())
}

#[cfg(test)]
mod tests {
    use portolan_tables::{service, services};

    use super::{generic, unfit};
    use crate::catalog::check::check;

    /// A table whose rows are lists: no definition of a file may have such items.
    const ROWS: &str = "resiliencehub:ListMetrics";

    /// Whatever the tables list gives a definition that holds against them, or is refused with a reason.
    #[test]
    fn every_operation_that_lists_is_a_kind_or_says_why_not() {
        let (mut kinds, mut foreign) = (0, Vec::new());
        for table in services().filter_map(service) {
            for (name, operation) in table.operations().filter(|(_, operation)| table.lists_without_input(operation)) {
                let full = format!("{}:{name}", table.name);
                match (generic(&full, "aws"), unfit(table, name, operation)) {
                    (Ok(kind), None) => {
                        // Its secrets are told by their names, and so none is declared.
                        let wrong = check(&kind).into_iter().filter(|finding| finding.at != "/sensitive");
                        assert!(full == ROWS || wrong.collect::<Vec<_>>().is_empty(), "{full}: {:?}", check(&kind));
                        kinds += 1;
                    }
                    (Err(_), Some(_)) => {}
                    (Err(wrong), None) if wrong.message.contains("what others own") => foreign.push(full),
                    (found, unfit) => panic!("{full}: {found:?} {unfit:?}"),
                }
            }
        }
        assert!(kinds > 1_500, "{kinds}");
        assert!(foreign.contains(&"ec2:DescribeImages".to_owned()), "{foreign:?}");
    }
}
