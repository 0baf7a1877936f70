"""The jq expressions of the default mappings, from what a person decided. Plain paths wherever they suffice: they are fast."""

import re

from catalog import property_name
from default_paths import optional, type_of

TYPES = {"string", "number", "boolean", "object", "array", "array of string", "array of object", "date-time", "url"}


def context(name):
    return f".__ExtraContext.{name}"


def value(path):
    return f".Properties.{path}"


def each(path):
    """A path with `[]`: nothing where a list is absent."""
    return value(path).replace("[]", "[]?")


def quoted(expression):
    """An expression as a scalar of YAML."""
    if re.fullmatch(r"\.[A-Za-z0-9_.]+", expression):
        return expression
    return "'" + expression.replace("'", "''") + "'"


# Identifiers


def parts_of(template):
    """`region/VpcId` as ["region", "VpcId"]."""
    return template.split("/")


def part(name):
    return {"account": context("AccountId"), "region": context("Region")}.get(name) or value(name)


def identifier(kind, template, actions):
    for name in parts_of(template):
        if name not in ("account", "region"):
            type_of(kind, name, actions)
    return ' + "/" + '.join(part(name) for name in parts_of(template))


# Properties


def property_of(kind, name, spec, actions):
    """The expression and the schema of a property."""
    if isinstance(spec, str):
        spec = {"path": spec}
    known = spec.get("type")
    asked = [*actions, spec["needs"]] if "needs" in spec else actions
    if "jq" in spec:
        expression = spec["jq"]
    else:
        path = spec["path"]
        # Tags may come by an action that only a user asks for.
        asked = optional(kind) if name.lower() == "tags" else asked
        known = known or type_of(kind, path, asked)
        expression = f"[{each(path)} | values]" if "[]" in path else value(path)
    if known not in TYPES:
        raise ValueError(f"{name}: no model tells its type: give it a `type`, not {known!r}")
    return expression, schema(spec.get("format") or known)


def schema(known):
    if known in ("date-time", "url"):
        return {"type": "string", "format": known}
    if known.startswith("array of "):
        return {"type": "array", "items": {"type": known.removeprefix("array of ").replace("array", "object").replace("date-time", "string")}}
    return {"type": known}


# Titles of entities


def title(kind, decided, definition, actions):
    """As decided, else by the kind's own names: the first that there is."""
    if isinstance(decided, str):
        return decided
    templates = definition["name"] if isinstance(definition["name"], list) else [definition["name"]]
    return " // ".join(named(kind, template, definition, actions) for template in templates)


def named(kind, template, definition, actions):
    def written(expression):
        path, _, last = expression.partition("|")
        tag = re.fullmatch(r"(\w+)\[Key=Name\]\.Value", path)
        if tag:
            return f'[.Properties.{tag[1]}[]? | select(.Key == "Name" and .Value != "") | .Value][0]'
        first, dot, rest = path.partition(".")
        path = property_name(definition, first) + dot + rest
        if path.startswith("$"):
            raise ValueError(f"the name {template} is of more than the item: give the kind a `name`")
        type_of(kind, path.replace("[]", ""), actions)
        found = value(path.replace("[]", "[0]"))
        return f'({found} // "" | split("{last}") | last)' if last else found

    found = re.findall(r"\{([^{}]*)\}", template)
    if len(found) == 1 and template == "{" + found[0] + "}":
        return written(found[0])
    return '"' + re.sub(r"\{([^{}]*)\}", lambda match: f"\\({written(match[1])})", template) + '"'


# Relations


def relation(kind, spec, target, actions):
    """The expression that gives the target's identifier, and whether there are several."""
    if "jq" in spec:
        return spec["jq"], spec.get("many", False)
    if "beside" in spec:
        return beside(kind, spec, actions)
    ids = parts_of(spec["id"])
    wanted = parts_of(target["identifier"])
    before = [context({"account": "AccountId", "region": "Region"}[name]) for name in wanted if name in ("account", "region")]
    if len(wanted) - len(before) != len(ids) and not (len(wanted) == 1 and not before and len(ids) == 1):
        raise ValueError(f"{spec['id']} is not the identifier {target['identifier']} of {spec['to']}")
    for path in ids:
        type_of(kind, path, [*actions, spec["needs"]] if "needs" in spec else actions)
    *first, last = ids
    before += [value(path) for path in first]
    if "[]" in last:
        return several(last, before, spec), True
    found = value(last)
    if "fields" in spec:
        return f'if ({found} // "") == "" then null else {found} | split(":")[:{spec["fields"]}] | join(":") end', False
    if "match" in spec:
        return f'{found} // "" | if contains("{spec["match"]}") then . else null end', False
    if not before:
        return found, False
    text = ' + "/" + '.join([*before, found])
    if spec.get("always"):
        return text, False
    return f'if ({found} // "") == "" then null else {text} end', False


def several(path, before, spec):
    chosen = f'select(contains("{spec["match"]}"))' if "match" in spec else 'select(. != "")'
    if not before:
        return f"[{each(path)} | values | {chosen}]"
    stem = ' + "/" + '.join(before)
    return f'({stem}) as $stem | [{each(path)} | values | {chosen} | $stem + "/" + .]'


def beside(kind, spec, actions):
    """An ARN that differs from this one's only at its end."""
    arn, until, then = spec["beside"]["arn"], spec["beside"]["until"], spec["beside"]["then"]
    type_of(kind, arn, actions)
    type_of(kind, spec["id"], actions)
    stem = f'({value(arn)} | split("{until}")[0]) + "{then}"'
    if "[]" in spec["id"]:
        return f'({stem}) as $stem | [{each(spec["id"])} | values | $stem + .]', True
    found = value(spec["id"])
    return f'if ({found} // "") == "" then null else {stem} + {found} end', False
