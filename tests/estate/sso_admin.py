"""What the estate has of Identity Center. moto brings the instance along."""

import json

NO_OBJECTS = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}]}
PRINCIPAL = "906703ab10-00000000-0000-4000-8000-000000000001"


def instances(aws):
    """AWS::SSO::Instance"""
    # It is asked for in the home region only.
    sso = aws("sso-admin", "us-east-1")
    sso.update_instance(InstanceArn=sso.list_instances()["Instances"][0]["InstanceArn"], Name="estate")


def permission_set(aws):
    """The ARNs of the instance and of the estate's permission set."""
    sso = aws("sso-admin")
    instance = sso.list_instances()["Instances"][0]["InstanceArn"]
    for known in sso.list_permission_sets(InstanceArn=instance)["PermissionSets"]:
        return instance, known
    found = sso.create_permission_set(
        InstanceArn=instance,
        Name="EstateReader",
        Description="May look",
        SessionDuration="PT4H",
        Tags=[{"Key": "team", "Value": "platform"}],
    )["PermissionSet"]["PermissionSetArn"]
    sso.attach_managed_policy_to_permission_set(
        InstanceArn=instance, PermissionSetArn=found, ManagedPolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"
    )
    sso.put_inline_policy_to_permission_set(
        InstanceArn=instance, PermissionSetArn=found, InlinePolicy=json.dumps(NO_OBJECTS)
    )
    return instance, found


def permission_sets(aws):
    """AWS::SSO::PermissionSet"""
    permission_set(aws)


def assignments(aws):
    """AWS::SSO::Assignment"""
    sso = aws("sso-admin")
    instance, reader = permission_set(aws)
    # moto provisions a permission set to the account that asks, whatever the target.
    account = aws("sts").get_caller_identity()["Account"]
    given = {"InstanceArn": instance, "PermissionSetArn": reader}
    if sso.list_account_assignments(AccountId=account, **given)["AccountAssignments"]:
        return
    for kind in ("GROUP", "USER"):
        sso.create_account_assignment(
            TargetId=account, TargetType="AWS_ACCOUNT", PrincipalType=kind, PrincipalId=PRINCIPAL, **given
        )
    sso.provision_permission_set(TargetType="AWS_ACCOUNT", TargetId=account, **given)


KINDS = {
    "AWS::SSO::Instance": instances,
    "AWS::SSO::PermissionSet": permission_sets,
    "AWS::SSO::Assignment": assignments,
}
