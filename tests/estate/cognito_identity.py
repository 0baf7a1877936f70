"""What the estate has of Cognito's identity pools."""


def identity_pools(aws):
    """AWS::Cognito::IdentityPool"""
    cognito = aws("cognito-identity")
    cognito.create_identity_pool(
        IdentityPoolName="customers",
        AllowUnauthenticatedIdentities=False,
        IdentityPoolTags={"team": "web"},
    )
    cognito.create_identity_pool(IdentityPoolName="plain", AllowUnauthenticatedIdentities=True)


KINDS = {"AWS::Cognito::IdentityPool": identity_pools}
