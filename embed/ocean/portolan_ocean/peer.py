"""What the peer's settings and selectors mean to the component. Pure functions; what they make is JSON."""

import hashlib
import hmac
import re

PARTITIONS = ("aws", "aws-us-gov", "aws-cn")
ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+")
# The peer's names of where credentials come from, in its own order.
PROVIDERS = ("AssumeRoleWithWebIdentity", "StaticCredential", "AssumeRole")


class SettingsError(Exception):
    """A setting of the integration that cannot be. Says which one, and what to write."""


def settings(config, environment, redaction_key):
    """The integration's configuration (`ocean.integration_config`) as the worker takes it.

    {"role", "roles", "external_id", "ous", "exclude", "keys", "provider", "region", "sensitive", "redaction_key", "accept_denied"}
    """
    given = {name: value for name, value in config.items() if value not in (None, [], {})}
    for name, value in given.items():
        if isinstance(value, str) and not value.strip():
            raise SettingsError(f"{name}: an empty text is no value; unset it, or give it one")
    role, roles = given.get("account_role_arn"), texts(given, "account_role_arns")
    check_roles(given.get("aws_partition"), [role] if role else roles)
    exclude = texts(given, "exclude_accounts")
    chosen = provider(given, environment, bool(role or roles))
    # The account of whatever identity happens to be at hand is never meant by nobody's saying so.
    if not role and not roles and chosen != "StaticCredential":
        raise SettingsError("no accounts: set accountRoleArn, accountRoleArns, or for one account aws_access_key_id and aws_secret_access_key")
    left = [each for each in roles if each.split(":")[4] not in exclude]
    if roles and not left:
        raise SettingsError("exclude_accounts leaves none of account_role_arns")
    sensitive = given.get("sensitive_values", "redact")
    if sensitive not in ("redact", "keep"):
        raise SettingsError(f"sensitive_values: {sensitive!r} is neither redact nor keep")
    return {
        "role": role,
        # The peer's rule: an organization's role comes first.
        "roles": [] if role else left,
        "external_id": given.get("external_id"),
        "ous": texts(given, "ou_id"),
        "exclude": exclude,
        "keys": [given.get(f"aws_{name}") for name in ("access_key_id", "secret_access_key", "session_token")],
        "provider": chosen,
        "region": given.get("region"),
        "sensitive": sensitive,
        "redaction_key": redaction_key,
        "accept_denied": texts(given, "accept_denied"),
    }


def texts(given, name):
    """A list of texts, each once; a text is one with commas, as the peer takes organizational units."""
    value = given.get(name, [])
    items = value.split(",") if isinstance(value, str) else value
    if not all(isinstance(item, str) for item in items):
        raise SettingsError(f"{name}: a list of quoted texts is expected")
    return list(dict.fromkeys(item.strip() for item in items if item.strip()))


def check_roles(partition, roles):
    if partition not in (None, *PARTITIONS):
        raise SettingsError(f"aws_partition: {partition!r} is none of {', '.join(PARTITIONS)}")
    for role in roles:
        if not ROLE.fullmatch(role):
            raise SettingsError(f"{role!r} is not a role's ARN: arn:aws:iam::111111111111:role/NAME is expected")
        if partition and role.split(":")[1] != partition:
            raise SettingsError(f"aws_partition is {partition}, and {role} is of another; leave it out to take the role's")


def provider(given, environment, has_roles):
    """Which of the peer's providers is used: the first in the order that is configured. None: the SDK's own chain."""
    order = texts(given, "credential_provider_priority") or list(PROVIDERS)
    unknown = [name for name in order if name not in PROVIDERS]
    if unknown:
        raise SettingsError(f"credential_provider_priority: {unknown[0]!r} is none of {', '.join(PROVIDERS)}")
    configured = {
        "AssumeRoleWithWebIdentity": bool(environment.get("AWS_WEB_IDENTITY_TOKEN_FILE")),
        "StaticCredential": bool(given.get("aws_access_key_id") and given.get("aws_secret_access_key")),
        "AssumeRole": has_roles,
    }
    chosen = next((name for name in order if configured[name]), None)
    # "AssumeRole" says nothing about what the role is assumed from.
    return None if chosen == "AssumeRole" else chosen


def redaction_key(client_secret, identifier):
    """Under which secret values are digested: the same in every resync, and known to nobody else."""
    return hmac.new(client_secret.encode(), f"portolan {identifier}".encode(), hashlib.sha256).hexdigest()


def wanted(resource):
    """What a resource of the mapping asks of the component: {"kind", "regions", "actions"}."""
    selector = resource.selector
    policy = {"allow": selector.region_policy.allow, "deny": selector.region_policy.deny}
    return {"kind": resource.kind, "regions": policy, "actions": selector.include_actions}
