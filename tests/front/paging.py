"""Forced paging: moto answers with everything at once; AWS does not.

The front asks moto for the whole list each time and cuts the page out of it. Which member is the list, the token, the
limit, and how they are written on the wire, comes from botocore's paginators and models.
"""

import copy
import json
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

import wire
from answer import error

PREFIX = "front."
# Limits that AWS documents and that its models do not carry.
BOUNDS = {("rds", "DescribeDBInstances"): (20, 100), ("organizations", "ListAccounts"): (1, 20), ("sqs", "ListQueues"): (1, 1000)}


# ListQueues gives no token unless it is asked for pages: without MaxResults, what is beyond these is never seen.
UNASKED_MAX = {("sqs", "ListQueues"): 1000}


# Listings with several lists: which one fills the pages is what was filtered for.
FILTERED = {("iam", "GetAccountAuthorizationDetails"): {"Role": "RoleDetailList", "LocalManagedPolicy": "Policies"}}


class Paging:
    """How one operation pages, in the names of the wire."""

    def __init__(self, service, operation, rule):
        shape = wire.model(service).operation_model(operation)
        one = lambda value: value[0] if isinstance(value, list) else value
        self.ec2 = wire.protocol(service) == "ec2"
        self.token_in = self.wire_name(shape.input_shape, one(rule["input_token"]))
        self.token_out = self.wire_name(shape.output_shape, one(rule["output_token"]))
        self.limit = self.wire_name(shape.input_shape, rule["limit_key"]) if "limit_key" in rule else None
        self.items = self.wire_name(shape.output_shape, one(rule["result_key"]))
        self.bounds = BOUNDS.get((service, operation))
        if self.limit and not self.bounds:
            metadata = shape.input_shape.members[rule["limit_key"]].metadata
            self.bounds = (metadata.get("min", 1), metadata.get("max", 1 << 31))

    def wire_name(self, shape, name):
        member = shape.members.get(name)
        given = member.serialization.get("name", name) if member else name
        if self.ec2 and shape and name == given == "NextToken":
            return name
        if self.ec2 and member and shape.name.endswith("Request"):
            return member.serialization.get("queryName", given[:1].upper() + given[1:])
        return given


_known = {}


def of(call):
    """How the call's operation pages, or None when it does not."""
    key = (call.service, call.operation)
    if key not in _known:
        rule = wire.paginator(*key)
        simple = rule and (key in FILTERED or not any("." in part or "[" in part for part in str(rule["result_key"]).split(",")))
        _known[key] = Paging(*key, rule) if simple else None
    paging = _known[key]
    chosen = FILTERED.get(key, {}).get(call.input.get("Filter.member.1"))
    if paging and chosen:
        paging = copy.copy(paging)
        paging.items = chosen
    return paging


def asked(call, paging):
    """(offset, limit) of a request; the token is the front's own or moto's."""
    token = str(call.input.get(paging.token_in) or "")
    offset = int(token.rpartition(".")[2]) if token.startswith(PREFIX) else 0
    limit = call.input.get(paging.limit) if paging.limit else None
    return offset, int(limit) if limit not in (None, "") else None


def unpaged(call, paging):
    """How many items an operation gives at most when no page was asked for, where that ends the list for good."""
    most = UNASKED_MAX.get((call.service, call.operation))
    return most if most and asked(call, paging)[1] is None else None


def out_of_bounds(call, paging):
    """AWS's refusal of a page size that the operation does not allow, or None."""
    _, limit = asked(call, paging)
    if limit is None or not paging.bounds or paging.bounds[0] <= limit <= paging.bounds[1]:
        return None
    least, most = paging.bounds
    code = {"ec2": "InvalidParameterValue", "query": "InvalidParameterValue", "rest-xml": "InvalidArgument"}.get(call.protocol, "ValidationException")
    return error(call, code, f"Value {limit} at {paging.limit} is out of bounds: between {least} and {most}")


def whole(call, paging):
    """The call without token and limit: what the front asks moto."""
    drop = {paging.token_in, paging.limit}
    bare = copy.copy(call)
    if call.protocol == "json":
        bare.body = json.dumps({key: value for key, value in call.input.items() if key not in drop}).encode()
    elif call.protocol in ("query", "ec2"):
        bare.body = urlencode([pair for pair in call.input.items() if pair[0] not in drop]).encode()
    else:
        pairs = [pair for pair in parse_qsl(call.query, keep_blank_values=True) if pair[0] not in drop]
        bare.target = call.path + (f"?{urlencode(pairs)}" if pairs else "")
    return bare


def cut(answer, paging, offset, size, fault=None):
    """The page of `size` items from `offset` out of a whole answer; `fault` spoils its token (see rules.py)."""
    if answer.status != 200:
        return answer
    token = None
    if answer.body.lstrip()[:1] == b"{":
        document = json.loads(answer.body)
        items = document.get(paging.items) or []
        token = next_token(len(items), offset, size, fault)
        document[paging.items] = items[offset : offset + size] if fault is None else items[:size]
        document.pop(paging.token_out, None)
        if token:
            document[paging.token_out] = token
        answer.body = json.dumps(document, ensure_ascii=False).encode()
        return answer
    tree = ElementTree.fromstring(answer.body)
    space = tree.tag.partition("}")[0] + "}" if tree.tag.startswith("{") else ""
    if space:
        ElementTree.register_namespace("", space[1:-1])
    parents = {child: parent for parent in tree.iter() for child in parent}
    for old in list(tree.iter(f"{space}{paging.token_out}")):
        parents[old].remove(old)
    holder = next(tree.iter(f"{space}{paging.items}"), None)
    items = list(holder) if holder is not None else []
    token = next_token(len(items), offset, size, fault)
    keep = items[offset : offset + size] if fault is None else items[:size]
    for item in items:
        if item not in keep:
            holder.remove(item)
    if token:
        place = parents.get(holder, tree) if holder is not None else tree
        ElementTree.SubElement(place, f"{space}{paging.token_out}").text = token
    answer.body = b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(tree)
    return answer


def next_token(count, offset, size, fault):
    if fault == "repeat-token":
        return f"{PREFIX}again.0"
    if fault == "endless-tokens":
        return f"{PREFIX}{offset + 1}"
    return f"{PREFIX}{offset + size}" if offset + size < count else None
