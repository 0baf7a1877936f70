"""Who may assume a role by its trust policy: a second reading, for golden cases, of what crates/trust says.

It knows the forms that the cases have and refuses others, so that no case passes by what is not read here.
"""

import json
from urllib.parse import unquote

FEDERATIONS = ("accounts.google.com", "www.amazon.com", "graph.facebook.com")
ASSUMING = {"service": "sts:AssumeRole", "account": "sts:AssumeRole", "role": "sts:AssumeRole", "user": "sts:AssumeRole", "oidc": "sts:AssumeRoleWithWebIdentity", "saml": "sts:AssumeRoleWithSAML"}
# (operator, key) of what keeps others out, and what it is called.
CLOSING = {
    ("StringEquals", "sts:ExternalId"): "external-id",
    ("StringEquals", "aws:SourceAccount"): "source-account",
    ("ArnLike", "aws:SourceArn"): "source-arn",
    ("ArnEquals", "aws:PrincipalArn"): "principal-arn",
    ("StringEquals", "SAML:aud"): "audience",
}


def trust(text, account):
    # botocore gives the text of a policy as what it says.
    document = text if isinstance(text, dict) else json.loads(text if text.lstrip().startswith("{") else unquote(text))
    principals, flags = [], set()
    for statement in listed(document.get("Statement", [])):
        if statement["Effect"] != "Allow" or set(statement) - {"Effect", "Sid", "Principal", "Action", "Condition"}:
            raise NotImplementedError(f"a statement of another form: {statement}")
        for family, names in statement["Principal"].items():
            for name in listed(names):
                kind, owner = sort_of(family, name)
                if ASSUMING[kind] not in listed(statement["Action"]):
                    continue
                closed = closed_by(statement.get("Condition", {}), name)
                place = "service" if kind == "service" else "federation" if kind in ("oidc", "saml") else "own-account" if owner == account else "outside"
                if place == "outside" and "external-id" not in closed:
                    flags.add("outside-without-external-id")
                if kind == "oidc":
                    flags |= {f"oidc-without-{what}" for what in ("audience", "subject") if what not in closed}
                found = {"Name": name, "Kind": kind, "Place": place, "ClosedBy": closed}
                if owner:
                    found["Account"] = owner
                principals.append(found)
    outside = any(found["Place"] in ("outside", "federation") for found in principals)
    # In the order in which crates/trust names its flags.
    order = ["outside-without-external-id", "oidc-without-audience", "oidc-without-subject"]
    return {"Flags": [flag for flag in order if flag in flags], "Outside": outside, "Principals": principals}


def listed(value):
    return value if isinstance(value, list) else [value]


def sort_of(family, name):
    """What a principal is, and whose."""
    if family == "Service":
        return "service", None
    if family == "AWS" and name.isdigit() and len(name) == 12:
        return "account", name
    if family == "Federated" and name in FEDERATIONS:
        return "oidc", None
    _, _, service, _, owner, resource = name.split(":", 5)
    sorts = {"root": "account", "role": "role", "user": "user", "oidc-provider": "oidc", "saml-provider": "saml"}
    if service != "iam" or len(owner) != 12:
        raise NotImplementedError(f"another principal: {name}")
    return sorts[resource.split("/")[0]], owner


def closed_by(condition, name):
    provider = name.partition(":oidc-provider/")[2] or name
    order = ["external-id", "principal-arn", "source-account", "source-arn", "audience", "subject"]
    known = {**CLOSING, ("StringEquals", f"{provider}:aud"): "audience", ("StringEquals", f"{provider}:sub"): "subject"}
    found = {known[operator, key] for operator, keys in condition.items() for key in keys}
    return [what for what in order if what in found]
