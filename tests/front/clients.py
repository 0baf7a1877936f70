"""boto3 clients through the front, for those who build the fixture and for the oracle."""

import functools
import json
import urllib.request

import boto3
import botocore.config

# The account whose user runs everything: the organization's management account.
MANAGEMENT = "111111111111"


def admin_key(account):
    """The access key of an account's administrator, who builds resources and asks for the truth about them."""
    return f"AKIAADMIN{account}X", f"admin-secret-of-{account}"


# One session for all: it reads each service's model once, and the models are large.
SESSION = boto3.session.Session()


@functools.cache
def client(front, service, account, region):
    """A client of an account's administrator. Retries are off: the front's answers are to be seen as they are."""
    key_id, secret = admin_key(account)
    config = botocore.config.Config(
        retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, request_checksum_calculation="when_required", ignore_configured_endpoint_urls=True
    )
    return SESSION.client(service, region, endpoint_url=front, config=config, aws_access_key_id=key_id, aws_secret_access_key=secret)


def control(front, method, what, body=None):
    """One call of the front's control interface."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{front}/_front/{what}", data=data, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def allow_admins(front, accounts):
    """Tells the front the administrators' keys."""
    keys = {}
    for account in accounts:
        key_id, secret = admin_key(account)
        keys[key_id] = {"secret": secret, "account": account, "arn": f"arn:aws:iam::{account}:user/admin"}
    control(front, "POST", "config", {"keys": keys})
