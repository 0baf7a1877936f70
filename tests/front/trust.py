"""Who may have a role: trust documents, with the caller's own policies where AWS asks both sides.

Session names, tags and source identities are actions of their own (sts:TagSession, sts:SetSourceIdentity): each must
be trusted, and allowed to the caller, as sts:AssumeRole itself.
"""

import base64
import json

import policy


def identifiers(key):
    """How a trust may name a caller with an access key: (names of the session, of role or user, of the account)."""
    partition = key.arn.split(":")[1]
    session = {key.arn} if key.role else set()
    return session, {key.role or key.arn}, {key.account, f"arn:{partition}:iam::{key.account}:root"}


def named(principals, key):
    """How a statement's Principal means a caller: "session", "itself", "account", or None."""
    if principals == "*":
        return "itself"
    names = set((principals or {}).get("AWS", []))
    session, itself, account = identifiers(key)
    if names & session:
        return "session"
    if names & itself or "*" in names:
        return "itself"
    return "account" if names & account else None


def spared(principals, key):
    """Whether NotPrincipal leaves a caller out: everything that the caller is must be listed, its account too."""
    names = set((principals or {}).get("AWS", [])) if isinstance(principals, dict) else set()
    return principals == "*" or all(names & kinds for kinds in identifiers(key) if kinds)


def of_key(statements, request, key):
    """(what a trust says of a caller with an access key, how closely it names it)."""
    grants, denied = set(), False
    for one in statements:
        if one.principals is not None:
            how = named(one.principals, key)
        else:
            how = None if spared(one.not_principals, key) else "itself"
        if how and one.applies(request):
            denied |= one.effect == "Deny"
            grants |= {how} if one.effect == "Allow" else set()
    if denied:
        return "deny", None
    closest = next((how for how in ("session", "itself", "account") if how in grants), None)
    return ("allow" if closest else None), closest


def of_other(statements, request, sort, name):
    """What a trust says of a service or of an identity provider."""
    meant = [one for one in statements if isinstance(one.principals, dict) and name in one.principals.get(sort, [])]
    return policy.verdict(meant, request)


def refusal(statements, request, key, layers, account):
    """None where a caller may, else who refuses: ("trust", explicit) or (a layer of the caller's, explicit).

    Within an account a trust that names the caller itself is enough beside whatever limits its session, and one that
    names the session is enough alone; one that names the account, or is another account's, leaves it to the caller's
    own policies as well. An explicit deny always counts.
    """
    said, closest = of_key(statements, request, key)
    own = policy.decide(layers, request)
    if said != "allow":
        return "trust", said == "deny"
    if own is None or own[1]:
        return own
    if account == key.account and closest == "session":
        return None
    if account == key.account and closest == "itself":
        return policy.decide([layer for layer in layers if layer[0] != "identity"], request)
    return own


def claims(token):
    """The claims of a JWT, whose signature nobody looks at; None where it is none."""
    parts = token.split(".")
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return None
    return found if len(parts) == 3 and isinstance(found, dict) and isinstance(found.get("iss"), str) else None


def issuer(found):
    """An issuer as a provider's ARN and condition keys name it."""
    return found["iss"].removeprefix("https://")


def claims_context(found):
    """The condition keys that STS makes of a token's claims."""
    name = issuer(found).lower()
    audience = found.get("azp") or found.get("aud")
    keys = {"aud": audience, "sub": found.get("sub"), "oaud": found.get("aud") if found.get("azp") else None, "amr": found.get("amr")}
    return {f"{name}:{key}": [str(text) for text in policy.listed(value)] for key, value in keys.items() if value}
