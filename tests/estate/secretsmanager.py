"""What the estate has of Secrets Manager."""

import json

READ = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    ],
}


def secrets(aws):
    """AWS::SecretsManager::Secret"""
    secretsmanager = aws("secretsmanager")
    if "estate/orders" in [secret["Name"] for secret in secretsmanager.list_secrets()["SecretList"]]:
        return
    secretsmanager.create_secret(
        Name="estate/orders",
        Description="The orders' database",
        SecretString="hunter2",
        Tags=[{"Key": "team", "Value": "orders"}],
    )
    secretsmanager.put_resource_policy(SecretId="estate/orders", ResourcePolicy=json.dumps(READ))
    secretsmanager.create_secret(Name="estate/plain", SecretString="hunter2")
    # Left out: it is on its way to being deleted.
    secretsmanager.create_secret(Name="estate/old", SecretString="hunter2")
    secretsmanager.delete_secret(SecretId="estate/old")


KINDS = {"AWS::SecretsManager::Secret": secrets}
