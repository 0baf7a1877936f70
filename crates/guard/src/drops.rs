//! Values that a row of the reviewed list demands to be dropped from the answer: `drop A.B[].C, D`.
//!
//! The guard says under which names they stand on the wire, the host blanks them. It is the last name of each path that
//! counts, wherever in the answer it stands: stricter than the path, and nothing to get wrong. A row that names what the
//! tables do not know of the answer opens nothing.

use portolan_tables::{Member, Operation, Service, Shape, ShapeId};

/// The paths that a row's text names, outermost segment first; none where the text is about something else.
fn paths<'t>(constraint: &'t str) -> Option<Vec<Vec<&'t str>>> {
    let listed = constraint.strip_prefix("drop ")?;
    let segments = |path: &'t str| path.trim().split('.').map(|segment| segment.trim_end_matches("[]")).collect();
    Some(listed.split(',').map(segments).collect())
}

/// The names of JSON members and XML elements that lose their content; none where the row's text is not about the answer.
///
/// # Errors
/// The text names what the answer does not have, or has where the host does not look: headers, attributes.
pub(crate) fn wire_names<'s>(
    service: &'s Service,
    operation: &'s Operation,
    constraint: &'s str,
) -> Option<Result<Vec<&'s str>, String>> {
    let paths = paths(constraint)?;
    let members = members(service, operation.output);
    let mut names = Vec::new();
    for path in &paths {
        match of_path(service, &members, path) {
            Ok(found) => names.extend(found),
            Err(why) => return Some(Err(why)),
        }
    }
    names.sort_unstable();
    names.dedup();
    Some(Ok(names))
}

fn of_path<'s>(service: &'s Service, members: &[&'s Member], path: &[&'s str]) -> Result<Vec<&'s str>, String> {
    let Some((last, above)) = path.split_last() else { return Ok(Vec::new()) };
    let named: Vec<&Member> = members.iter().copied().filter(|member| member.name == **last).collect();
    if named.iter().any(|member| member.attribute || member.flattened || member.location.is_some()) {
        return Err(format!("it demands that {last} be dropped, which does not stand in an element of its own"));
    }
    if !named.is_empty() {
        return Ok(named.into_iter().map(Member::wire_name).collect());
    }
    // A key of a map. In XML that is text, not the name of an element.
    let in_map = above.last().is_some_and(|map| {
        members.iter().any(|member| member.name == **map && matches!(service.shape(member.shape), Shape::Map { .. }))
    });
    if in_map && !service.protocol.is_xml() {
        return Ok(vec![*last]);
    }
    Err(format!("it demands that {} be dropped, which its answer is not known to have", path.join(".")))
}

/// The members of all structures of an answer. Looks at each shape once.
fn members(service: &Service, output: Option<ShapeId>) -> Vec<&Member> {
    let mut seen = vec![false; service.shape_count()];
    let mut ahead: Vec<ShapeId> = output.into_iter().collect();
    let mut found = Vec::new();
    while let Some(id) = ahead.pop() {
        match seen.get_mut(id.0) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        let shape = service.shape(id);
        ahead.extend(shape.references());
        if let Shape::Structure(structure) = shape {
            found.extend(&structure.members);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use portolan_tables::{DeniedRule, service, services};

    use super::{paths, wire_names};

    #[test]
    fn a_rows_text_is_read() {
        assert_eq!(paths("drop A.B[].C, D"), Some(vec![vec!["A", "B", "C"], vec!["D"]]));
        for text in ["not Attribute=userData", "only with HidePassword=true", "", "dropped"] {
            assert_eq!(paths(text), None, "{text}");
        }
    }

    #[test]
    fn every_row_about_the_answer_is_understood() {
        let mut rows = Vec::new();
        for service in services().filter_map(service) {
            for (name, operation) in service.operations() {
                let Some(denied) = operation.denied.as_ref().filter(|d| d.rule == DeniedRule::Constrain) else {
                    continue;
                };
                if let Some(names) = wire_names(service, operation, denied.constraint.as_deref().unwrap_or_default()) {
                    rows.push(format!("{}:{name} {}", service.name, names.unwrap().join(" ")));
                }
            }
        }
        assert_eq!(
            rows,
            [
                "cognito-idp:DescribeIdentityProvider client_secret",
                "cognito-idp:DescribeUserPoolClient ClientSecret",
                "directconnect:DescribeVirtualInterfaces authKey customerRouterConfig",
                "ec2:DescribeLaunchTemplateVersions userData",
                "ec2:DescribeSpotInstanceRequests userData",
                "ec2:DescribeVpnConnections customerGatewayConfiguration preSharedKey",
                "elasticbeanstalk:DescribeConfigurationSettings Value",
                "stepfunctions:DescribeExecution input output",
            ]
        );
    }

    #[test]
    fn what_the_answer_does_not_have_opens_nothing() {
        let ec2 = service("ec2").unwrap();
        let operation = ec2.operation("DescribeVpnConnections").unwrap();
        for text in ["drop Options.Nothing", "drop CustomerGatewayConfiguration, Other", "drop "] {
            assert!(wire_names(ec2, operation, text).unwrap().is_err(), "{text}");
        }
        // A key of a map in XML has no element of its own name.
        let beanstalk = service("elasticbeanstalk").unwrap();
        let operation = beanstalk.operation("DescribeConfigurationSettings").unwrap();
        assert!(wire_names(beanstalk, operation, "drop OptionSettings.client_secret").unwrap().is_err());
    }
}
