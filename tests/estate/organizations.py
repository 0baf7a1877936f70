"""What the estate has of Organizations."""

import json

TAGS = [{"Key": "team", "Value": "platform"}]
NO_LEAVING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}],
}


def root(organizations):
    """The id of the root, of an organization that is made where there is none."""
    try:
        organizations.describe_organization()
    except organizations.exceptions.AWSOrganizationsNotInUseException:
        organizations.create_organization(FeatureSet="ALL")
    return organizations.list_roots()["Roots"][0]["Id"]


def units(aws):
    """AWS::Organizations::OrganizationalUnit"""
    organizations = aws("organizations")
    top = root(organizations)
    known = organizations.list_organizational_units_for_parent(ParentId=top)["OrganizationalUnits"]
    if "Estate" in [unit["Name"] for unit in known]:
        return
    outer = organizations.create_organizational_unit(ParentId=top, Name="Estate", Tags=TAGS)["OrganizationalUnit"]["Id"]
    organizations.create_organizational_unit(ParentId=outer, Name="Production")


def policies(aws):
    """AWS::Organizations::Policy"""
    organizations = aws("organizations")
    top = root(organizations)
    kind = "SERVICE_CONTROL_POLICY"
    known = organizations.list_policies(Filter=kind)["Policies"]
    if "estate-stay" in [policy["Name"] for policy in known]:
        return
    policy = organizations.create_policy(
        Name="estate-stay", Description="Nobody leaves", Type=kind, Content=json.dumps(NO_LEAVING), Tags=TAGS
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=top)


def delegated_administrators(aws):
    """AWS::Organizations::DelegatedAdministrator"""
    organizations = aws("organizations")
    root(organizations)
    if organizations.list_delegated_administrators()["DelegatedAdministrators"]:
        return
    account = organizations.create_account(AccountName="Security", Email="security@example.com")
    account = account["CreateAccountStatus"]["AccountId"]
    for service in ("ssm.amazonaws.com", "guardduty.amazonaws.com"):
        organizations.register_delegated_administrator(AccountId=account, ServicePrincipal=service)


KINDS = {
    "AWS::Organizations::OrganizationalUnit": units,
    "AWS::Organizations::Policy": policies,
    "AWS::Organizations::DelegatedAdministrator": delegated_administrators,
}
