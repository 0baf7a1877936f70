"""What the estate has of IAM."""

import json

ALLOW_LISTING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
)
TAGS = [{"Key": "team", "Value": "web"}]

# moto does not look into either.
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
METADATA = f'<EntityDescriptor entityID="https://people.example.com">{" " * 1000}</EntityDescriptor>'


def trust(principal, condition=None, action="sts:AssumeRole"):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def names(found, member):
    return [one[member] for one in found]


def estate_policy(iam):
    """The ARN of the estate's managed policy."""
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        if policy["PolicyName"] == "estate-listing":
            return policy["Arn"]
    return iam.create_policy(
        PolicyName="estate-listing",
        Path="/estate/",
        Description="May list buckets",
        PolicyDocument=ALLOW_LISTING,
        Tags=TAGS,
    )["Policy"]["Arn"]


def estate_user(iam):
    if "estate-deploy" not in names(iam.list_users()["Users"], "UserName"):
        iam.create_user(UserName="estate-deploy", Path="/estate/", Tags=TAGS)


def roles(aws):
    """AWS::IAM::Role"""
    iam = aws("iam")
    known = names(iam.list_roles()["Roles"], "RoleName")
    if "estate-web" not in known:
        iam.create_role(
            RoleName="estate-web",
            Description="The web servers",
            AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}),
            MaxSessionDuration=7200,
            PermissionsBoundary=estate_policy(iam),
            Tags=TAGS,
        )
        iam.attach_role_policy(RoleName="estate-web", PolicyArn=estate_policy(iam))
        iam.put_role_policy(RoleName="estate-web", PolicyName="inline", PolicyDocument=ALLOW_LISTING)
    if "estate-audit" not in known:
        iam.create_role(
            RoleName="estate-audit",
            Path="/estate/",
            AssumeRolePolicyDocument=trust({"AWS": "arn:aws:iam::444455556666:root"}),
        )
    if "estate-vendor" not in known:
        collector = "arn:aws:iam::777788889999:role/collector"
        iam.create_role(RoleName="estate-vendor", AssumeRolePolicyDocument=trust({"AWS": collector}, {"StringEquals": {"sts:ExternalId": "estate-of-the-vendor"}}))
    if "estate-pipeline" not in known:
        issuer = "token.actions.githubusercontent.com"
        provider = {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{issuer}"}
        audience = {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"}}
        iam.create_role(RoleName="estate-pipeline", AssumeRolePolicyDocument=trust(provider, audience, "sts:AssumeRoleWithWebIdentity"))
    # Left out: what every account gets that uses the service.
    if "AWSServiceRoleForAutoScaling" not in known:
        iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")


def users(aws):
    """AWS::IAM::User"""
    iam = aws("iam")
    estate_user(iam)
    if not iam.list_access_keys(UserName="estate-deploy")["AccessKeyMetadata"]:
        iam.create_access_key(UserName="estate-deploy")
        iam.attach_user_policy(UserName="estate-deploy", PolicyArn=estate_policy(iam))
        iam.put_user_policy(UserName="estate-deploy", PolicyName="inline", PolicyDocument=ALLOW_LISTING)
    if "estate-person" not in names(iam.list_users()["Users"], "UserName"):
        iam.create_user(UserName="estate-person")
        iam.create_login_profile(UserName="estate-person", Password="Hunter2-hunter2", PasswordResetRequired=True)
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="estate-person")["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName="estate-person",
            SerialNumber=device,
            AuthenticationCode1="123456",
            AuthenticationCode2="654321",
        )


def groups(aws):
    """AWS::IAM::Group"""
    iam = aws("iam")
    known = names(iam.list_groups()["Groups"], "GroupName")
    if "estate-deployers" not in known:
        estate_user(iam)
        iam.create_group(GroupName="estate-deployers", Path="/estate/")
        iam.add_user_to_group(GroupName="estate-deployers", UserName="estate-deploy")
        iam.attach_group_policy(GroupName="estate-deployers", PolicyArn=estate_policy(iam))
        iam.put_group_policy(GroupName="estate-deployers", PolicyName="inline", PolicyDocument=ALLOW_LISTING)
    if "estate-empty" not in known:
        iam.create_group(GroupName="estate-empty")


def managed_policies(aws):
    """AWS::IAM::ManagedPolicy"""
    iam = aws("iam")
    estate_policy(iam)
    if "estate-plain" not in names(iam.list_policies(Scope="Local")["Policies"], "PolicyName"):
        iam.create_policy(PolicyName="estate-plain", PolicyDocument=ALLOW_LISTING)


def oidc_providers(aws):
    """AWS::IAM::OIDCProvider"""
    iam = aws("iam")
    known = names(iam.list_open_id_connect_providers()["OpenIDConnectProviderList"], "Arn")
    if any(arn.endswith("/token.actions.githubusercontent.com") for arn in known):
        return
    iam.create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com",
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["6938fd4d98bab03faadb97b34396831e3780aea1"],
        Tags=TAGS,
    )
    iam.create_open_id_connect_provider(
        Url="https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF",
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"],
    )


def instance_profiles(aws):
    """AWS::IAM::InstanceProfile"""
    iam = aws("iam")
    known = names(iam.list_instance_profiles()["InstanceProfiles"], "InstanceProfileName")
    if "estate-web" not in known:
        roles(aws)
        iam.create_instance_profile(InstanceProfileName="estate-web", Path="/estate/", Tags=TAGS)
        iam.add_role_to_instance_profile(InstanceProfileName="estate-web", RoleName="estate-web")
    if "estate-empty" not in known:
        iam.create_instance_profile(InstanceProfileName="estate-empty")


def saml_providers(aws):
    """AWS::IAM::SAMLProvider"""
    iam = aws("iam")
    if not iam.list_saml_providers()["SAMLProviderList"]:
        iam.create_saml_provider(Name="estate-people", SAMLMetadataDocument=METADATA)


def server_certificates(aws):
    """AWS::IAM::ServerCertificate"""
    iam = aws("iam")
    known = iam.list_server_certificates()["ServerCertificateMetadataList"]
    if "estate-shop" not in names(known, "ServerCertificateName"):
        iam.upload_server_certificate(
            ServerCertificateName="estate-shop", Path="/estate/", CertificateBody=CERTIFICATE, PrivateKey=CERTIFICATE
        )


def account_summary(aws):
    """AWS::IAM::AccountSummary"""
    iam = aws("iam")
    iam.create_account_alias(AccountAlias="estate-payments")
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True, MaxPasswordAge=90)


KINDS = {
    "AWS::IAM::Role": roles,
    "AWS::IAM::User": users,
    "AWS::IAM::Group": groups,
    "AWS::IAM::ManagedPolicy": managed_policies,
    "AWS::IAM::InstanceProfile": instance_profiles,
    "AWS::IAM::OIDCProvider": oidc_providers,
    "AWS::IAM::SAMLProvider": saml_providers,
    "AWS::IAM::ServerCertificate": server_certificates,
    "AWS::IAM::AccountSummary": account_summary,
}
