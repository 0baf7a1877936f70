"""Golden cases without moto: answers made up so that they fit the models, each other and the definition.

What a listing names, its detail calls answer about; what the definition's templates and conditions look at is there.
"""

import json
import re

import answers
import bodies
import cases
import catalog
import reference
from bodies import Values
from catalog import ANY, NoSuchPath, element, shape_at
from cases import Unmade

# What is cut from the answers of giant shapes until a case is readable: (depth, members of a structure).
SIZES = [(3, 40), (3, 24), (2, 40), (2, 24), (2, 14), (1, 24), (1, 14), (1, 8), (0, 8), (0, 4)]
MOST_BYTES = 6000
ERROR_STATUS = 400


def case(kind, service, definition, region):
    """The (exchanges, lines) of a kind, in the largest size that is still readable."""
    for depth, width in SIZES:
        maker = Maker(service, definition, region, depth, width)
        lines = cases.lines_of(kind, maker.call, remarks := [])
        if remarks:
            raise Unmade("; ".join(remarks))
        if sum(len(str(exchange["body"])) for exchange in maker.exchanges) <= MOST_BYTES:
            break
    return maker.exchanges, lines


class Maker:
    """Answers each call with a body of its own, and keeps it."""

    def __init__(self, service, definition, region, depth, width):
        self.service, self.definition, self.region = service, definition, region
        self.depth, self.width = depth, width
        self.exchanges = []
        self.listed = 0
        self.numbers = {}
        # The members that an id is made of.
        self.distinct = {path.rpartition(".")[2] for path in members(definition["id"])}
        self.choices = [action["when"] for action in definition.get("actions", []) if action.get("when")]

    def call(self, service, operation, params, region, asked=None):
        shape = catalog.operation(service, operation).output_shape
        entry = asked.entry
        if entry is self.definition.get("list"):
            value = self.listing(service, operation, shape, params)
        elif asked.items:
            code = self.refusal(entry, asked)
            if code:
                return self.answer(service, operation, params, region, *error(answers.protocol(service), code))
            value = self.detail(service, operation, shape, params, asked)
        elif "id" in entry:
            value = self.parent(service, operation, shape, params, entry)
        else:
            value = self.values(service).make(shape)
        return self.answer(service, operation, params, region, *bodies.render(service, operation, value))

    def answer(self, service, operation, params, region, status, headers, body):
        self.exchanges.append(cases.exchange(service, operation, params, region, status, headers, body))
        return answers.read(service, operation, status, headers, body)

    def values(self, service):
        return Values(service, self.region, self.depth, self.width, self.distinct)

    # Listings

    def listing(self, service, operation, shape, params):
        definition = self.definition
        listing = definition["list"]
        pages = catalog.pages(service, operation)
        second = bool(pages) and any(name in params for name in pages["inputs"])
        count, more = self.share(pages, second)
        paths = catalog.several(listing["items"])
        wanted = self.members_of_items()
        made = self.values(service).make(shape, [*paths, *self.answer_paths(), *self.outer_paths(paths)])
        for place, path in enumerate(paths):
            numbers = [self.listed + 1 + number for number in range(count)][place :: len(paths)]
            self.fill_list(service, shape, made, path, numbers, wanted, listing)
        self.listed += count
        echo(made, params)
        for value in listed_values(made, paths, listing):
            self.fit(value, shape, paths)
        self.without_known(made, paths, listing)
        turn(made, shape, pages, more)
        return made

    def share(self, pages, second):
        """How many items a page of the listing has, and whether another follows."""
        definition = self.definition
        if definition["list"].get("one"):
            return 1, False
        if definition["list"].get("recurse"):
            # Two at the top, one below the first, and no more.
            return ({0: 2, 2: 1}.get(self.listed, 0) if self.listed < 3 else 0), False
        least = max(2, len(self.choices))
        chains = 1
        for parent in definition.get("parents", []):
            if "operation" not in parent:
                home = len(parent.get("home_values", [])) if self.region == reference.HOME else 0
                chains *= len(parent.get("values", [])) + home
        if chains > 1 or not pages:
            return (1 if chains > 1 and least == 2 else least), False
        if second:
            return 1, False
        batches = any("batch" in action for action in definition.get("actions", []))
        return (least if batches else least - 1), True

    def fill_list(self, service, shape, made, path, numbers, wanted, listing):
        """Puts items where the listing has its items."""
        found = shape_at(shape, path)
        inner = element(found) if found is not ANY else ANY
        if inner is ANY:
            raise Unmade(f"nothing tells what {path} holds")
        items = [self.values(service).make(inner, wanted, number, listing.get("as", "name")) for number in numbers]
        if listing.get("one") or (found.type_name != "list" and not path.endswith("]")):
            put(shape, made, path, items[0] if items else None)
            return
        put(shape, made, re.sub(r"\[\]$", "", path), items)

    def parent(self, service, operation, shape, params, parent):
        paths = catalog.several(parent["items"])
        made = self.values(service).make(shape, paths)
        wanted = members(parent["id"])
        for path in paths[:1]:
            self.fill_list(service, shape, made, path, [1], wanted, parent)
        for path in paths[1:]:
            put(shape, made, path, [])
        echo(made, params)
        turn(made, shape, catalog.pages(service, operation), False)
        return made

    def members_of_items(self):
        """Every path of the item that the definition names, as AWS names its first member."""
        definition = self.definition
        templates = [definition["id"], *catalog.several(definition.get("arn")), *catalog.several(definition.get("name"))]
        templates += catalog.several(definition.get("region"))
        templates += [definition[key] for key in ("generation", "owner") if key in definition]
        templates += [*definition.get("set", {}).values(), *definition.get("context", {}).get("add", {}).values()]
        for action in definition.get("actions", []):
            templates += [text for _, text in catalog.texts(action.get("input", {}))]
            templates += [action["identity"]["of"]] if "identity" in action else []
        paths = [path for template in templates for path in members(template)]
        paths += [condition["at"] for condition in self.conditions()]
        paths += [action["known"] for action in definition.get("actions", []) if "known" in action]
        paths += [*definition.get("rename", {})]
        if "since" in definition:
            paths.append(definition["since"]["at"])
        upper = definition.get("case") == "upper-first"
        back = {new: old for old, new in definition.get("rename", {}).items()}
        for path in definition.get("sensitive", []):
            first, dot, rest = path.partition(".")
            first = back.get(first, first)
            paths.append(first + dot + rest)
            if upper:
                paths.append(first[:1].lower() + first[1:] + dot + rest)
        return list(dict.fromkeys(paths))

    def conditions(self):
        definition = self.definition
        found = [*definition.get("keep", []), *definition.get("drop", []), *definition.get("default", {}).get("when", [])]
        for action in definition.get("actions", []):
            found += action.get("when", [])
        return found

    def answer_paths(self):
        names = re.findall(r"\{\$answer\.([^}|]+)", json.dumps(self.definition))
        return list(dict.fromkeys(names))

    def outer_paths(self, paths):
        names = dict.fromkeys(re.findall(r"\{\$outer\.([^}|]+)", json.dumps(self.definition)))
        holders = [catalog.holder_path(path) for path in paths]
        return [name if holder == "." else f"{holder}.{name}" for holder in holders for name in names]

    def without_known(self, made, paths, listing):
        """Every second item lacks what saves a call, so that the call is made."""
        names = [action["known"] for action in self.definition.get("actions", []) if "known" in action]
        for number, value in enumerate(listed_values(made, paths, listing)):
            for name in names:
                if isinstance(value, dict) and number % 2 and "." not in name:
                    value.pop(name, None)

    # Conditions

    def fit(self, value, shape, paths):
        """Makes an item one that the kind keeps."""
        if not isinstance(value, dict):
            return
        inner = element(shape_at(shape, paths[0]))
        self.fit_to(value, inner, "")

    def fit_to(self, value, shape, prefix):
        """Makes the conditions hold that look at this part of the item; `prefix` is the member that it becomes."""
        definition = self.definition
        number = self.numbers.setdefault(id(value), len(self.numbers))
        chosen = self.choices[number % len(self.choices)] if self.choices else []
        for condition in [*chosen, *definition.get("keep", [])]:
            enforce(value, shape, condition, prefix, True)
        for condition in definition.get("drop", []):
            if not any(condition["at"] == other["at"] for other in definition.get("keep", [])):
                enforce(value, shape, condition, prefix, False)
        for condition in definition.get("default", {}).get("when", [])[:1]:
            enforce(value, shape, condition, prefix, False)
        owner = re.fullmatch(r"\{([A-Za-z.]+)\}", definition.get("owner", ""))
        if owner and not prefix:
            try:
                if shape_at(shape, owner[1]) is not ANY and reference.first(value, owner[1]) is not None:
                    put(shape, value, owner[1], cases.ACCOUNT)
            except NoSuchPath:
                pass

    # Details

    def refusal(self, action, asked):
        """The code with which every second item's call is refused, where that means a value."""
        codes = list(action.get("absent", {}))
        number = asked.items[0].index
        return codes[0] if codes and "batch" not in action and self.second(asked.items[0]) and number else None

    def second(self, item):
        """Whether an item is one of every second."""
        order = self.numbers.setdefault(("item", item.id), sum(1 for key in self.numbers if isinstance(key, tuple)))
        return order % 2 == 1

    def detail(self, service, operation, shape, params, asked):
        action = asked.entry
        paths = catalog.several(action["take"])
        wanted = self.wanted_of(action)
        made = self.values(service).make(shape, paths)
        if "batch" in action:
            elements = [
                one
                for number, (identity, item) in enumerate(zip(asked.identities, asked.items), 1)
                for one in self.elements(service, shape, action, wanted, identity, item, number)
            ]
            put(shape, made, re.sub(r"\[\]$", "", paths[0]), elements)
        else:
            for path in paths:
                found = shape_at(shape, path)
                if found is ANY:
                    continue
                value = self.taken(service, found, action, wanted, asked.items[0], 1)
                put(shape, made, path, value)
            echo(made, params)
            if action.get("identity") and asked.identities[0] is not None:
                put(shape, made, catalog.several(action["identity"]["at"])[0], asked.identities[0])
        if action.get("missing"):
            put(shape, made, action["missing"]["items"], [])
        turn(made, shape, catalog.pages(service, operation), False)
        return made

    def elements(self, service, shape, action, wanted, identity, item, number):
        """The elements of a batch's answer that are about one item."""
        inner = element(shape_at(shape, catalog.several(action["take"])[0]))
        if self.second(item) and (action.get("gather") or "left_out" in action):
            return []
        found = []
        for one in range(2 if action.get("gather") else 1):
            value = self.taken(service, inner, action, wanted, item, number + one)
            put(inner, value, catalog.several(action["identity"]["at"])[0], identity)
            found.append(value)
        return found

    def wanted_of(self, action):
        """The paths of an action's value that the definition names."""
        into, pick = action.get("into"), action.get("pick")
        paths = self.members_of_items()
        if into:
            paths = [path[len(into):].lstrip(".") for path in paths if path.startswith(into + ".")]
        if pick:
            paths = [f"{pick}.{path}" for path in paths]
        at = catalog.several(action.get("identity", {}).get("at")) if "batch" in action else []
        return [*paths, *at]

    def taken(self, service, shape, action, wanted, item, number):
        """The value that an action takes, about an item."""
        if shape.type_name == "map" and "into" not in action:
            return self.attributes(action)
        value = self.values(service).make(shape, wanted, number, action.get("into", ""))
        if catalog.is_open(shape) or shape.type_name != "structure":
            return value
        if "into" not in action:
            for name, known in item.value.items():
                if name in value and isinstance(known, str) and isinstance(value[name], str):
                    value[name] = known
        self.fit_to(value, shape, action.get("into", ""))
        return value

    def attributes(self, action):
        """A map of attributes: what the definition says of their names and types is all there is to know."""
        types = self.definition.get("types", {})
        typed = [name for name in action.get("fills", []) if name in types]
        names = dict.fromkeys([*action.get("fills", [])[:3], *typed[:3]]) or {"Example": None}
        values = {"integer": "3", "boolean": "true", None: "example"}
        return {name: values[types.get(name)] for name in names}


def error(protocol, code):
    """(status, headers, body) of an error."""
    if protocol in answers.JSON_PROTOCOLS:
        return ERROR_STATUS, {}, json.dumps({"__type": code, "code": code, "message": f"{code} it is"})
    inner = f"<Code>{code}</Code><Message>{code} it is</Message>"
    if protocol == "ec2":
        return ERROR_STATUS, {}, f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>q</RequestID></Response>"
    return ERROR_STATUS, {}, f"<ErrorResponse><Error>{inner}</Error><RequestId>q</RequestId></ErrorResponse>"


def members(template):
    """The paths into the item that a template names."""
    names = [catalog.split_expression(expression)[0] for expression in catalog.expressions(template)]
    return [name for name in names if not name.startswith("$")]


def listed_values(made, paths, listing):
    for path in paths:
        for value, _ in reference.walk(made, path):
            yield from value if isinstance(value, list) and not listing.get("one") else [value]


def put(shape, value, path, new):
    """Sets what is at a path, making the structures on the way."""
    if path == ".":
        value.clear()
        value.update(new or {})
        return
    steps = catalog.segments(path)
    for place, (name, selector) in enumerate(steps):
        if shape.type_name == "map":
            shape = shape.value
        elif shape.type_name == "structure" and name in shape.members:
            shape = shape.members[name]
        else:
            return
        last = place == len(steps) - 1
        if last and selector is None:
            if new is None:
                value.pop(name, None)
            else:
                value[name] = new
            return
        if selector is None:
            value = value.setdefault(name, {})
            continue
        elements = value.setdefault(name, [])
        shape = element(shape)
        if not elements:
            elements.append({})
        key, _, wanted = selector.partition("=")
        if key and isinstance(elements[0], dict):
            elements[0][key] = wanted
        if last:
            elements[0] = new
            return
        value = elements[0]


def echo(value, params):
    """Repeats the texts of a call's input where the answer has members of the same names."""
    given = {name.lower(): text for name, text in params.items() if isinstance(text, str)}

    def walk(one):
        if isinstance(one, dict):
            for name, item in one.items():
                if isinstance(item, str) and name.lower() in given and item:
                    one[name] = given[name.lower()]
                else:
                    walk(item)
        elif isinstance(one, list):
            for item in one:
                walk(item)

    if given:
        walk(value)


def turn(made, shape, pages, more):
    """Says whether another page follows."""
    if not pages:
        return
    for path in pages["outputs"]:
        for name in re.findall(r"^[A-Za-z.]+|(?<=\|\| )[A-Za-z.]+$", path):
            try:
                found = shape_at(shape, name)
            except NoSuchPath:
                continue
            if found.type_name in ("string", "integer", "long"):
                token = "page-2" if found.type_name == "string" else 2
                put(shape, made, name, token if more else None)
            elif found.type_name in ("structure", "map") and not more:
                put(shape, made, name, None)
    if pages["more"] and re.fullmatch(r"[A-Za-z.]+", pages["more"]):
        put(shape, made, pages["more"], bool(more))


def enforce(value, shape, condition, prefix, holding):
    """Makes a condition hold, or not, where it looks at this part of the item."""
    path = condition["at"]
    if prefix:
        if not path.startswith(prefix + "."):
            return
        path = path[len(prefix) + 1 :]
    try:
        found = shape_at(shape, path)
    except NoSuchPath:
        return
    local = {**condition, "at": path}
    if holds(local, value) == holding:
        return
    for candidate in candidates(condition, found, holding):
        if candidate is None and "[" in path:
            continue
        put(shape, value, path, candidate)
        if holds(local, value) == holding:
            return


def holds(condition, value):
    found = [one for one, _ in reference.walk(value, condition["at"]) if one is not None]
    return reference.tells(condition, found)


def candidates(condition, shape, holding):
    """Values that may make a condition hold, or not."""
    kind = "string" if shape is ANY else shape.type_name
    named = [*condition.get("in", []), *condition.get("not_in", [])]
    named += [prefix + "example" for prefix in condition.get("starts_with", [])] + condition.get("starts_with", [])
    known = list(getattr(shape, "enum", None) or [])
    other = [name for name in known if name not in named]
    if kind == "boolean":
        return [True, False, None]
    if kind in ("integer", "long"):
        return [*(int(name) for name in named if name.lstrip("-").isdigit()), 7, None]
    if kind in ("list", "map", "structure"):
        return [None, [] if kind == "list" else {}]
    return [*named, *other, "other", None] if holding else [*other, "other", *named, None]
