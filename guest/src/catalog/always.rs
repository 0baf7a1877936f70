//! What is called whatever kinds are read. The build reads this file as well, for the actions that these calls need.

/// Discovery: which accounts there are, by the listing role.
pub(crate) const DISCOVERY: (&str, &[&str]) = (
    "organizations",
    &[
        "ListRoots",
        "ListOrganizationalUnitsForParent",
        "ListAccountsForParent",
        "DescribeOrganizationalUnit",
        "ListParents",
        "ListAccounts",
    ],
);

/// The plan: which regions an account uses.
pub(crate) const PLAN: &[(&str, &str)] = &[("account", "ListRegions"), ("ec2", "DescribeRegions")];

/// What a type of Cloud Control is: asked first, since the host's guard learns from the answer what the type's handlers need.
pub(crate) const DESCRIBE_TYPE: (&str, &str) = ("cloudformation", "DescribeType");
