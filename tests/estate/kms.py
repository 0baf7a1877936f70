"""What the estate has of KMS."""


def keys(aws):
    """AWS::KMS::Key"""
    kms = aws("kms")
    if "alias/estate" in [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]]:
        return
    key = kms.create_key(Description="The orders", Tags=[{"TagKey": "team", "TagValue": "orders"}])["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/estate", TargetKeyId=key)
    kms.enable_key_rotation(KeyId=key)
    # It does not rotate, and is not asked whether it does.
    kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")


def aliases(aws):
    """AWS::KMS::Alias"""
    keys(aws)


KINDS = {"AWS::KMS::Key": keys, "AWS::KMS::Alias": aliases}
