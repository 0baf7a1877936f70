"""What the estate has of Cognito's user pools."""


def user_pools(aws):
    """AWS::Cognito::UserPool"""
    account = aws("sts").get_caller_identity()["Account"]
    cognito = aws("cognito-idp")
    cognito.create_user_pool(
        PoolName="customers",
        Policies={"PasswordPolicy": {"MinimumLength": 12, "RequireNumbers": True}},
        SmsConfiguration={"SnsCallerArn": f"arn:aws:iam::{account}:role/sms", "ExternalId": "hunter2"},
        UserPoolTags={"team": "web"},
    )
    cognito.create_user_pool(PoolName="plain")


KINDS = {"AWS::Cognito::UserPool": user_pools}
