"""Kind definitions and the API models they are written against: the files, templates, paths through shapes, pages."""

import functools
import re
from pathlib import Path

import models
import paging
import yaml
from botocore.model import ServiceModel

FOLDER = Path(__file__).resolve().parents[1] / "catalog"

# What no model describes: documents, JSON in a string. Every path below it may exist.
ANY = object()

# What the answer of a listing names its next page. Of other tokens (of clients, of requests) it is no page.
PAGE_TOKEN = re.compile(
    r"(next|page|pagination|continuation|scroll|starting)?token|next.*(token|marker|page|id|cursor|key|name)|.*marker"
    r"|lastevaluated.*|cursor|position|.*paginationtoken|.*nexttoken",
    re.IGNORECASE,
)


def files():
    """The definition files' paths, in order."""
    return sorted(FOLDER.glob("*.yaml"))


def read(path):
    """A file's text as data: {"service", "kinds": {name: definition}}."""
    return yaml.safe_load(path.read_text())


@functools.cache
def kinds():
    """All kinds: {name: (service, definition)}."""
    found = {}
    for path in files():
        file = read(path)
        for name, definition in file["kinds"].items():
            found[name] = (file["service"], definition)
    return found


@functools.lru_cache(maxsize=16)
def model(service):
    """botocore's view of a service's model."""
    return ServiceModel(models.service_model(service), service)


def operation(service, name):
    return model(service).operation_model(name)


@functools.cache
def pages(service, name):
    """How the pages of an operation follow each other; None where they cannot.

    {"inputs", "outputs", "more", "limit", "results"}: names of members, and paths into the answer.
    """
    known = paging.of(models.service_model(service), name, models.paginators(service).get(name)).get("paging")
    if not known:
        return None
    return {
        "inputs": known["input_token"],
        "outputs": known["output_token"],
        "more": known.get("more"),
        "limit": known.get("limit"),
        "results": known["result"],
    }


def page_tokens(operation_model):
    """The output's members that name a next page."""
    shape = operation_model.output_shape
    members = shape.members if shape else {}
    return [name for name, member in members.items() if member.type_name == "string" and PAGE_TOKEN.fullmatch(name)]


def several(value):
    """What may be one or a list, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


# Templates


def expressions(template):
    """What stands in a template's braces."""
    return re.findall(r"\{([^{}]*)\}", template)


def split_expression(expression):
    """`Url|/` as ("Url", "/")."""
    name, _, keep = expression.partition("|")
    return name, keep


def texts(value):
    """Every string of a call's input, with its path."""
    if isinstance(value, str):
        yield "", value
    elif isinstance(value, dict):
        for name, item in value.items():
            for path, text in texts(item):
                yield f"{name}.{path}".rstrip("."), text
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


# Paths


def segments(path):
    """`A[Key=x.y].B[]` as [("A", "Key=x.y"), ("B", "")]; no selector is None."""
    found = []
    for text in re.findall(r"[^.\[]+(?:\[[^\]]*\])?", path):
        name, bracket, selector = text.partition("[")
        found.append((name, selector[:-1] if bracket else None))
    return found


class NoSuchPath(Exception):
    """The path does not exist; says why."""


def is_open(shape):
    """Whether a shape may hold anything."""
    if shape is ANY:
        return True
    if getattr(shape, "is_document_type", False) or shape.serialization.get("jsonvalue"):
        return True
    # botocore decodes IAM's policies, and so does the guest.
    return shape.name == "policyDocumentType"


def shape_at(shape, path):
    """The shape at a path, through structures, lists and maps; ANY where no model tells."""
    if path == ".":
        return shape
    for name, selector in segments(path):
        if is_open(shape):
            return ANY
        if shape.type_name == "structure":
            if name not in shape.members:
                raise NoSuchPath(f"{shape.name} has no member {name}")
            shape = shape.members[name]
        elif shape.type_name == "map":
            shape = shape.value
        elif shape.type_name == "list":
            raise NoSuchPath(f"{name} is asked of a list: [] is missing before it")
        else:
            raise NoSuchPath(f"{name} is asked of a {shape.type_name}")
        if selector is None:
            continue
        if is_open(shape):
            return ANY
        if shape.type_name != "list":
            raise NoSuchPath(f"{name} is no list")
        shape = shape.member
        key = selector.partition("=")[0]
        if key:
            shape_at(shape, key)
    return shape


def element(shape):
    """What a list holds; of anything else, itself."""
    return shape.member if shape is not ANY and shape.type_name == "list" else shape


def holder_path(path):
    """The path of what holds the list: `Reservations[]` of `Reservations[].Instances`, `.` of a member of the answer."""
    head, dot, _ = path.rpartition(".")
    return head if dot and head else "."


# Names


def property_name(definition, member):
    """The property that a member of the item becomes."""
    renamed = definition.get("rename", {}).get(member)
    if renamed:
        return renamed
    return member[:1].upper() + member[1:] if definition.get("case") == "upper-first" else member
