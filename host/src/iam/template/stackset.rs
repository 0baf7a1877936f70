//! The organization-wide form of a template: a stack set, and the account that stack sets leave out.

use super::access::{LISTING_ACCOUNT, LISTS_HERE};
use super::deployments::{SOURCE_ACCOUNT, SOURCE_HERE, parameter};
use super::model::{Attached, Form, Resource, StackSet, Template, Test, What};
use super::text::Text;

const IN_MANAGEMENT: &str = "InManagement";

/// One template for the management account, or for a delegated administrator: the stack set of `inner`, and `inner` itself where
/// that is the management account, since a service-managed stack set deploys nothing there.
#[must_use]
pub fn organization_wide(inner: Template) -> Template {
    let mut outer = inner.clone();
    outer.description = format!("{}, in every account of an organization", inner.description);
    outer.parameters.retain(|parameter| parameter.name != LISTING_ACCOUNT);
    lists(&mut outer);
    let call_as = "SELF in the management account; DELEGATED_ADMIN in an account that administers stack sets for it";
    let units = "Organizational units (ou-…), or the root (r-…) for every account, by commas";
    outer.parameters.extend([
        parameter("OrganizationalUnitIds", units, Form::Units, None),
        parameter("CallAs", call_as, Form::Choice(&["SELF", "DELEGATED_ADMIN"]), Some("SELF")),
        parameter("StackSetName", "Name of the stack set", Form::StackSetName, Some("portolan")),
    ]);
    let mut conditions = vec![(IN_MANAGEMENT.to_owned(), Test::Equals(Text::of("CallAs"), "SELF".into()))];
    for (name, test) in &outer.conditions {
        conditions.push((name.clone(), test.clone()));
        let both = [name.as_str(), IN_MANAGEMENT].map(|name| Test::Is(name.to_owned()));
        conditions.push((locally(name), Test::All(both.to_vec())));
    }
    outer.conditions = conditions;
    let local = |when: &Option<String>| Some(when.as_deref().map_or_else(|| IN_MANAGEMENT.to_owned(), locally));
    for resource in &mut outer.resources {
        resource.when = local(&resource.when);
    }
    for output in &mut outer.outputs {
        output.when = local(&output.when);
    }
    outer.resources.push(stack_set(inner));
    outer
}

/// Whoever deploys the stack set lists the organization, without a condition.
fn lists(outer: &mut Template) {
    outer.conditions.retain(|(name, _)| name != LISTS_HERE);
    for resource in &mut outer.resources {
        resource.when.take_if(|when| when == LISTS_HERE);
        if let What::Role(role) = &mut resource.what {
            for attached in &mut role.attached {
                if let Attached::Own(_, when) = attached {
                    when.take_if(|when| when == LISTS_HERE);
                }
            }
        }
    }
}

fn locally(condition: &str) -> String {
    format!("{condition}Locally")
}

fn stack_set(inner: Template) -> Resource {
    let own = |name: &str| {
        let of_source = inner.conditions.iter().find(|(condition, _)| condition == SOURCE_HERE).is_some_and(
            |(_, test)| matches!(test, Test::Any(tests) if tests.contains(&Test::Equals(Text::of(name), "".into()))),
        );
        match name {
            // There, nothing would mean each account itself.
            _ if of_source => Text::of(SOURCE_ACCOUNT),
            LISTING_ACCOUNT => Text::of("AWS::AccountId"),
            name => Text::of(name),
        }
    };
    let parameters = inner.parameters.iter().map(|parameter| (parameter.name.clone(), own(&parameter.name))).collect();
    let what = StackSet {
        name: Text::of("StackSetName"),
        template: inner,
        parameters,
        units: "OrganizationalUnitIds".to_owned(),
        call_as: Text::of("CallAs"),
    };
    Resource { id: "EveryAccount".to_owned(), when: None, after: Vec::new(), what: What::StackSet(Box::new(what)) }
}
