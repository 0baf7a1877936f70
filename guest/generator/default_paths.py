"""The paths through a kind's output: whether they exist, of what type they are, and which optional action fills them."""

import functools

import catalog
import check_kinds
from catalog import ANY

CONTEXT = {"AccountId", "Region"}
SCALARS = {
    "string": "string", "character": "string", "blob": "string", "timestamp": "date-time", "boolean": "boolean",
    "integer": "number", "long": "number", "short": "number", "float": "number", "double": "number",
    "structure": "object", "map": "object", "list": "array",
}


class NoPath(Exception):
    """The path is in no answer; says where it ends."""


@functools.cache
def whole(kind, actions):
    """The kind's output with these optional actions: {property: [shape or None]}, and what holds properties of any name."""
    service, definition = catalog.kinds()[kind]
    chosen = [action for action in definition.get("actions", []) if not action.get("optional") or action["name"] in actions]
    check = check_kinds.Check(service, service, kind, {**definition, "actions": chosen})
    # The findings are check_kinds.py's to tell.
    list(check.check_answers())
    found = {}
    for name, shape in check.properties():
        found.setdefault(catalog.property_name(definition, name), []).append(shape)
    is_open = any(catalog.is_open(shape) or shape.type_name == "map" for shape in check.whole.shapes)
    for name in definition.get("set", {}):
        found[name] = [None]
    return found, is_open


def optional(kind):
    return [action["name"] for action in catalog.kinds()[kind][1].get("actions", []) if action.get("optional")]


def type_of(kind, path, actions):
    """The type at a path with these optional actions: one of Port's, `date-time`, or None where no model tells."""
    names = [(part.removesuffix("[]"), part.endswith("[]")) for part in path.split(".")]
    if len(names) > 1 and names[0][0] in catalog.kinds()[kind][1].get("case_below", []):
        name, each = names[1]
        if not name[:1].isupper():
            raise NoPath(f"{kind}: the members of {names[0][0]} begin with capitals, and {name} does not")
        names[1] = (name[:1].lower() + name[1:], each)
    found, is_open = whole(kind, frozenset(actions))
    shapes = found.get(names[0][0])
    if shapes is None:
        if is_open:
            return None
        raise NoPath(f"{kind} has no property {names[0][0]}")
    declared = catalog.kinds()[kind][1].get("types", {}).get(names[0][0])
    said = []
    for shape in shapes:
        try:
            return walk(shape, names, declared)
        except NoPath as error:
            said.append(str(error))
    raise NoPath(f"{kind} {path}: {'; '.join(said)}")


def walk(shape, names, declared):
    if shape is None:
        if len(names) > 1:
            return None
        return {"integer": "number", "boolean": "boolean"}.get(declared, "string")
    is_list = False
    for index, (name, each) in enumerate(names):
        if index:
            if shape is ANY or catalog.is_open(shape):
                return None
            if shape.type_name == "map":
                shape = shape.value
            elif shape.type_name != "structure" or member_of(shape, name) is None:
                raise NoPath(f"{shape.name} has no member {name}")
            else:
                shape = member_of(shape, name)
        if each:
            if shape is ANY or catalog.is_open(shape):
                return None
            if shape.type_name != "list":
                raise NoPath(f"{name} is no list")
            shape, is_list = shape.member, True
        elif index + 1 < len(names) and shape is not ANY and shape.type_name == "list":
            raise NoPath(f"{name} is a list: [] is missing behind it")
    if shape is ANY or catalog.is_open(shape):
        return None
    if is_list:
        return "array of " + SCALARS[shape.type_name]
    if shape.type_name == "list":
        return "array of " + SCALARS[shape.member.type_name]
    return SCALARS[shape.type_name]


def member_of(shape, name):
    return shape.members.get(name)


def needs(kind, path, actions):
    """The optional actions without which a path is null, none where it is always there."""
    try:
        type_of(kind, path, actions)
        return []
    except NoPath:
        pass
    helping = []
    for name in optional(kind):
        try:
            type_of(kind, path, [*actions, name])
            helping.append(name)
        except NoPath:
            pass
    if not helping:
        type_of(kind, path, [*actions, *optional(kind)])
    return helping or optional(kind)
