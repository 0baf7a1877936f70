"""What the estate has of OpenSearch Serverless."""

import json


def collections(aws):
    """AWS::OpenSearchServerless::Collection"""
    client = aws("opensearchserverless")
    # A collection needs a policy for its encryption first.
    policy = {
        "Rules": [{"ResourceType": "collection", "Resource": ["collection/plain", "collection/vectors"]}],
        "AWSOwnedKey": False,
        "KmsARN": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    }
    client.create_security_policy(name="all", type="encryption", policy=json.dumps(policy))
    client.create_collection(name="vectors", type="VECTORSEARCH", tags=[{"key": "team", "value": "search"}])
    client.create_collection(name="plain")


KINDS = {"AWS::OpenSearchServerless::Collection": collections}
