"""What is on the wire against what botocore's parser took from it."""

from datetime import datetime

# What AWS says and the model does not have: its own documentation of the attachment does.
ALSO = {"ec2:DescribeInternetGateways.InternetGateways.Attachments.State": ["available"]}


def types(value, shape, where):
    """Every value has its model's type, and every member that must be there is there."""
    kind = shape.type_name
    if kind == "structure":
        for name in shape.required_members:
            assert name in value, f"{where}: no {name}"
        for name, member in value.items():
            types(member, shape.members[name], f"{where}.{name}")
    elif kind == "list":
        for member in value:
            types(member, shape.member, where)
    elif kind == "map":
        for member in value.values():
            types(member, shape.value, where)
    else:
        wanted = {
            "string": str, "integer": int, "long": int, "boolean": bool, "timestamp": datetime, "float": float, "double": (float, int),
        }[kind]
        assert isinstance(value, wanted) and (kind not in ("integer", "long") or value is not True), f"{where}: {value!r} is no {kind}"
        allowed = list(getattr(shape, "enum", None) or []) + ALSO.get(where, [])
        assert not getattr(shape, "enum", None) or value == "" or value in allowed, f"{where}: {value!r} is none of {allowed}"


def leaves(value, shape, keys):
    """How many texts were taken from the wire; in XML the keys of maps are texts as well."""
    kind = shape.type_name
    if kind == "structure":
        return sum(leaves(member, shape.members[name], keys) for name, member in value.items())
    if kind == "list":
        return sum(leaves(member, shape.member, keys) for member in value)
    if kind == "map":
        return sum(leaves(member, shape.value, keys) + keys for member in value.values())
    return int(value != "")


def scalars(value):
    if isinstance(value, dict):
        return sum(map(scalars, value.values()))
    if isinstance(value, list):
        return sum(map(scalars, value))
    return int(value != "")


def texts(element):
    """The texts of a document, but the request's id."""
    if element.tag.rpartition("}")[2] in ("requestId", "RequestId"):
        return 0
    return sum(map(texts, element)) if len(element) else int(bool(element.text))
