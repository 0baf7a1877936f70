//! Which members of an item nobody has looked at may be its ARN and its name.

use super::tells;

/// Templates of the ARN: `Arn` first, then that which is named like what is listed, then any other.
pub(crate) fn arns(members: &[&str], listed: &str) -> Vec<String> {
    let suffixes: &[&[&str]] = &[&["Arn", "ARN", "arn"]];
    ranked(members, listed, suffixes).into_iter().map(|name| format!("{{{name}|arn}}")).collect()
}

/// Templates of the name: names before ids.
pub(crate) fn names(members: &[&str], listed: &str) -> Vec<String> {
    let suffixes: &[&[&str]] = &[&["Name", "name"], &["Id", "id", "ID"]];
    ranked(members, listed, suffixes).into_iter().map(|name| format!("{{{name}}}")).collect()
}

/// The members with such an ending. What sounds secret is nobody's name.
fn ranked<'m>(members: &[&'m str], listed: &str, suffixes: &[&[&str]]) -> Vec<&'m str> {
    let listed = listed.to_lowercase();
    let rank = |name: &str| {
        suffixes.iter().enumerate().find_map(|(order, suffixes)| {
            let stem = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix))?.to_lowercase();
            let alike = if stem.is_empty() { 0 } else { 2 - u8::from(listed.contains(&stem)) };
            Some((order, alike))
        })
    };
    let mut found: Vec<_> =
        members.iter().filter(|name| !tells(name)).filter_map(|name| Some((rank(name)?, *name))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::{arns, names};

    #[test]
    fn the_item_s_own_comes_first() {
        let members = ["RoleArn", "JobId", "ThingArn", "SecretArn", "Arn", "ThingName", "State", "RoleName"];
        assert_eq!(arns(&members, "ListThings"), ["{Arn|arn}", "{ThingArn|arn}", "{RoleArn|arn}"]);
        assert_eq!(names(&members, "ListThings"), ["{ThingName}", "{RoleName}", "{JobId}"]);
    }
}
