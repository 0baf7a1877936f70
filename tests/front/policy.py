"""A small evaluator of IAM policy documents: what a document says of an action on a resource under given conditions.

`parse` reads a document and refuses what AWS refuses; `verdict` says "allow", "deny" or None (it says nothing);
`decide` puts the layers together that AWS puts together: each must allow, and no one may deny. It knows identity,
session, trust, boundary and service control policies. It does not know resource policies other than trusts.
"""

import dataclasses
import functools
import json
import re

import conditions

VERSIONS = ("2012-10-17", "2008-10-17")
ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Principal", "NotPrincipal"}
PRINCIPALS = {"AWS", "Service", "Federated", "CanonicalUser"}
# Whom a trust may name as AWS: an account by number or root, one role, user or session, or everybody. Never a pattern.
NAMED = re.compile(r"\*|\d{12}|arn:aws[a-z-]*:(iam::\d{12}:(root|(role|user)/[^*?]+)|sts::\d{12}:(assumed-role|federated-user)/[^*?]+)|A[IR]\w{14,}")
# A service's prefix, which holds no wildcard.
VENDOR = re.compile(r"[a-zA-Z0-9.-]+")
# What a trust may speak of: nothing but the ways into the role.
TRUSTED = re.compile(r"sts:(AssumeRole(WithSAML|WithWebIdentity)?|TagSession|SetSourceIdentity|SetContext)", re.IGNORECASE)


class Malformed(ValueError):
    """AWS refuses the document; the text says why in AWS's words where they are known."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What is asked for. The context's keys are in lower case, its values are lists."""

    action: str
    resource: str
    context: dict


@dataclasses.dataclass
class Statement:
    effect: str
    actions: list | None
    not_actions: list | None
    resources: list | None
    not_resources: list | None
    conditions: dict
    principals: object
    not_principals: object
    # Policy variables are read in documents of the newer version only.
    variables: bool
    sid: str | None = None

    def applies(self, request):
        """Whether action, resource and conditions are those of the request; principals are `trust.py`'s."""
        if self.actions is not None:
            if not any(conditions.like(action, request.action, True) for action in self.actions):
                return False
        elif any(conditions.like(action, request.action, True) for action in self.not_actions):
            return False
        if self.resources is not None and not self.about(self.resources, request):
            return False
        if self.not_resources is not None and self.about(self.not_resources, request):
            return False
        return conditions.hold(self.conditions, request.context, self.variables)

    def about(self, patterns, request):
        filled = (conditions.substituted(text, request.context) if self.variables else text for text in patterns)
        return any(text is not None and resource_like(text, request.resource) for text in filled)


def resource_like(wanted, resource):
    """Part by part as far as both are ARNs; a pattern's last part takes whatever is left."""
    if wanted == "*":
        return True
    parts = wanted.split(":", 5)
    found = resource.split(":", len(parts) - 1)
    return len(parts) == len(found) and all(map(conditions.like, parts, found))


def parse(source, sort="identity"):
    """The statements of a document, given as text or as what JSON makes of it; `sort` is identity, session or trust."""
    if isinstance(source, str):
        try:
            source = json.loads(source, object_pairs_hook=once)
        except ValueError as error:
            raise Malformed("This policy contains invalid Json") from error
    if not isinstance(source, dict) or not set(source) <= {"Version", "Id", "Statement"} or not source.get("Statement"):
        raise Malformed("Syntax errors in policy.")
    version = source.get("Version", VERSIONS[1])
    if version not in VERSIONS:
        raise Malformed("The policy must contain a valid version string")
    statements = [statement(one, sort, version == VERSIONS[0]) for one in listed(source["Statement"])]
    sids = [one.sid for one in statements if one.sid]
    if len(sids) != len(set(sids)):
        raise Malformed("Statement IDs (SID) in a single policy must be unique.")
    return statements


def once(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a key twice")
    return dict(pairs)


def statement(source, sort, variables):
    if not isinstance(source, dict) or not set(source) <= ELEMENTS or source.get("Effect") not in ("Allow", "Deny"):
        raise Malformed("Syntax errors in policy.")
    if ("Action" in source) == ("NotAction" in source):
        raise Malformed("Policy statement must contain actions.")
    who = [name for name in ("Principal", "NotPrincipal") if name in source]
    what = [name for name in ("Resource", "NotResource") if name in source]
    if sort == "trust":
        if what:
            raise Malformed(f"Has prohibited field {what[0]}")
        if len(who) != 1:
            raise Malformed("Missing required field Principal")
    else:
        if who:
            raise Malformed("Policy document should not specify a principal.")
        if len(what) != 1:
            raise Malformed("Policy statement must contain resources.")
    actions = texts(source.get("Action"))
    for action in (actions or []) + (texts(source.get("NotAction")) or []):
        vendor, colon, name = action.partition(":")
        if action != "*" and not (colon and name):
            raise Malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        if ":" in name:
            raise Malformed("Actions/Condition can contain only one colon.")
        if vendor != "*" and not VENDOR.fullmatch(vendor):
            raise Malformed(f"Vendor {vendor} is not valid")
        if sort == "trust" and not ("*" in action or "?" in action or TRUSTED.fullmatch(action)):
            raise Malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    for resource in (texts(source.get("Resource")) or []) + (texts(source.get("NotResource")) or []):
        if resource != "*" and not resource.startswith("arn:"):
            raise Malformed(f'Resource {resource} must be in ARN format or "*".')
    return Statement(
        source["Effect"], actions, texts(source.get("NotAction")), texts(source.get("Resource")), texts(source.get("NotResource")),
        conditions_of(source.get("Condition", {})), principals(source.get("Principal")), principals(source.get("NotPrincipal")), variables, source.get("Sid"),
    )


def conditions_of(source):
    if not isinstance(source, dict):
        raise Malformed("Syntax errors in policy.")
    made = {}
    for name, keys in source.items():
        try:
            conditions.taken_apart(name)
        except ValueError as error:
            raise Malformed(f"Invalid Condition type : {name}.") from error
        if not isinstance(keys, dict):
            raise Malformed("Syntax errors in policy.")
        made[name] = {key: [text if isinstance(text, str) else json.dumps(text) for text in listed(values)] for key, values in keys.items()}
    return made


def principals(source):
    """"*", or the names by sort; None where the element is missing."""
    if source is None or source == "*":
        return source
    if not isinstance(source, dict) or not source or not set(source) <= PRINCIPALS:
        raise Malformed("Syntax errors in policy.")
    made = {sort: texts(names) for sort, names in source.items()}
    for name in made.get("AWS", []):
        if not NAMED.fullmatch(name):
            raise Malformed(f'Invalid principal in policy: "AWS":"{name}"')
    return made


def listed(value):
    return value if isinstance(value, list) else [value]


def texts(value):
    if value is None:
        return None
    found = listed(value)
    if not found or not all(isinstance(text, str) and text for text in found):
        raise Malformed("Syntax errors in policy.")
    return found


def verdict(statements, request):
    """What documents together say: a deny stands above every allow."""
    effects = {one.effect for one in statements if one.applies(request)}
    return "deny" if "Deny" in effects else "allow" if "Allow" in effects else None


def decide(layers, request):
    """None where a request is allowed, else (the layer that does not allow it, whether explicitly).

    A layer is (name, statements), in AWS's order; one without policies (None) stands for no limit.
    """
    verdicts = [(name, verdict(statements, request)) for name, statements in layers if statements is not None]
    for wanted in ("deny", None):
        for name, said in verdicts:
            if said == wanted:
                return name, wanted == "deny"
    return None


@functools.cache
def managed():
    """The documents of AWS's managed policies by their path and name, as moto carries them."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    found = json.loads(aws_managed_policies_data)
    return {fields.get("Path", "/") + name: fields["Document"] for name, fields in found.items()}


@functools.cache
def managed_statements(arn):
    """The statements of one of AWS's managed policies, which are long and often asked for."""
    return parse(managed_document(arn))


def managed_document(arn):
    """The document of one of AWS's managed policies; raises ValueError where there is none."""
    found = re.fullmatch(r"arn:aws[a-z-]*:iam::aws:policy(/.+)", arn)
    if not found or found[1] not in managed():
        raise ValueError(f"Policy {arn} does not exist or is not attachable.")
    return managed()[found[1]]
