"""Reads a kind by its definition, from catalog/README.md's words: the second opinion that the golden cases hold.

Nothing here is fast, resumable or careful about limits. It asks, in order, and gives the lines that a page has.
"""

import collections
import hashlib
import hmac
import json
from dataclasses import dataclass, field

import catalog
import jmespath
import trusts
from answers import Refused

# As many calls as the guest's host takes at once in the tests: it enriches no more items together than that.
CALLS_AT_ONCE = 16
ITEMS_AT_ONCE = 50
HOME = "us-east-1"
# Bytes of a digest that are shown.
SHOWN = 4


@dataclass
class Asked:
    """What a call is for: the part of the definition that has it, and of a detail call the items and what identifies
    each. For those who make up answers."""

    entry: dict
    identities: list = field(default_factory=list)
    items: list = field(default_factory=list)


@dataclass
class World:
    """Who asks, where, and how. `call(service, operation, params, region, asked)` gives an answer or raises Refused."""

    service: str
    kind: str
    definition: dict
    call: object
    account: str
    account_name: str
    region: str
    partition: str
    key: bytes
    defaults: bool = False
    # What the guest would report as a problem, and no golden case is about.
    remarks: list = field(default_factory=list)
    used: dict = field(default_factory=dict)

    def ask(self, service, operation, params, region, asked=None):
        return self.call(service or self.service, operation, params, region, asked)


@dataclass
class Item:
    value: dict
    parents: list
    outer: dict | None = None
    answer: object = None
    index: int = 0
    id: str | None = None
    arn: str | None = None
    gaps: list = field(default_factory=list)
    gone: bool = False


class Unreadable(Exception):
    """The unit cannot be read whole, which no golden case is about."""


def read(kind, service, definition, call, account, region, account_name="Payments", partition="aws", key=b"", **more):
    """The lines of a unit of this kind: resources, and a scope line below each chain of parents.

    `region` is where it is asked: the unit's, or the one that stands in for a kind that is not regional.
    """
    world = World(service, kind, definition, call, account, account_name, region, partition, key, **more)
    if "made" in definition:
        value = {name: fill(template, world) for name, template in definition["made"].items()}
        return [line(world, Item({name: text for name, text in value.items() if text is not None}, []))]
    return list(unit_lines(world))


def unit_lines(world):
    """All lines, in the order in which the guest works: calls of one level side by side, then what lies below them."""
    tasks, seen = collections.deque([Task([])]), set()
    while tasks:
        expand(world, tasks)
        group = []
        while tasks and len(group) < CALLS_AT_ONCE and (not group or tasks[0].level == group[0].level):
            group.append(tasks.popleft())
        left = []
        for task in group:
            if task.level < len(world.definition.get("parents", [])):
                found, lines = branch(world, task)
            else:
                found, lines = leaf(world, task, seen)
            left += found
            yield from lines
        tasks.extendleft(reversed(left))


@dataclass
class Task:
    """A list call to be made: below which parents, and for which page."""

    parents: list
    token: dict | None = None

    @property
    def level(self):
        return len(self.parents)


# Parents


def expand(world, tasks):
    """Puts enumerated parents in the place of the task that stands for them."""
    levels = world.definition.get("parents", [])
    while tasks and tasks[0].level < len(levels) and "operation" not in levels[tasks[0].level]:
        task = tasks.popleft()
        parent = levels[task.level]
        values = [*parent.get("values", []), *(parent.get("home_values", []) if world.region == HOME else [])]
        tasks.extendleft(Task([*task.parents, value]) for value in reversed(values))


def branch(world, task):
    """A page of parents: the tasks below them, and the lines that there are already."""
    parent = world.definition["parents"][task.level]
    answer, lines = ask_page(world, parent, task)
    if answer is None:
        return [], lines if lines and task.parents else []
    below = []
    for item in items_of(answer, parent, task.parents):
        identity = fill(parent["id"], world, item)
        if identity is None:
            raise Unreadable("a parent without its identity")
        below.append(Task([*task.parents, identity]))
    return below + next_page(world, parent, task, answer), []


def ask_page(world, listing, task):
    """The answer of a list call; None where it is refused and there is nothing: then with the lines that say so."""
    params = filled(listing.get("input", {}), world, Item({}, task.parents))
    if params is None:
        raise Unreadable(f"the input of {listing['operation']} cannot be filled")
    params.update(task.token or {})
    try:
        return world.ask(listing.get("service"), listing["operation"], params, world.region, Asked(listing)), []
    except Refused as refused:
        whole = [{"parent": task.parents, "whole": True}] if task.parents else []
        if task.token is None and refused.code in listing.get("none", []):
            return None, whole if "id" not in listing else []
        if task.parents and refused.code in listing.get("gone", []):
            world.remarks.append(f"{listing['operation']}: {refused.code}")
            return None, whole
        raise


def next_page(world, listing, task, answer):
    token = next_token(catalog.pages(listing.get("service") or world.service, listing["operation"]), answer)
    if token and token == task.token:
        raise Unreadable(f"the pages of {listing['operation']} have no end")
    return [Task(task.parents, token)] if token else []


# The listing


def leaf(world, task, seen):
    """A page of the kind itself: what remains to be asked, and the lines."""
    listing = world.definition["list"]
    answer, lines = ask_page(world, listing, task)
    if answer is None:
        return [], lines
    items = items_of(answer, listing, task.parents)
    for item in items:
        identify(world, item)
    below = []
    if listing.get("recurse"):
        # A tree: what is below knows its own parent in the place of the one above.
        below = [Task([*task.parents[:-1], identity]) for identity in sorted({item.id for item in items})]
    fresh = []
    for item in items:
        if item.id not in seen:
            seen.add(item.id)
            fresh.append(item)
    lines = [line(world, item) for item in enrich(world, fresh)]
    further = next_page(world, listing, task, answer)
    if not further and task.parents:
        lines.append({"parent": task.parents, "whole": True})
    return below + further, lines


def pages(world, service, operation, params, region, asked):
    """The answers of a detail call, page after page."""
    paging = catalog.pages(service or world.service, operation)
    params, last = dict(params), None
    while True:
        answer = world.ask(service, operation, params, region, asked)
        yield answer
        token = next_token(paging, answer)
        if not token:
            return
        if token == last:
            raise Unreadable(f"the pages of {operation} have no end")
        params.update(token)
        last = token


def next_token(paging, answer):
    """The members of the next page's input; None after the last page."""
    if not paging:
        return None
    if paging["more"] and jmespath.search(paging["more"], answer) is False:
        return None
    token = {}
    for name, path in zip(paging["inputs"], paging["outputs"]):
        value = jmespath.search(path, answer)
        if value:
            token[name] = value
    return token or None


def items_of(answer, listing, parents):
    """The items of an answer, each an object."""
    found = []
    paths = catalog.several(listing["items"])
    lists = {catalog.segments(path)[-1][0] for path in paths if path != "."}
    for path in paths:
        holding, place = None, 0
        for value, holder in walk(answer, path):
            if holder is not holding:
                holding, place = holder, 0
            beside = None
            if listing.get("outer", "ignore") != "ignore" and isinstance(holder, dict):
                beside = {member: item for member, item in holder.items() if member not in lists}
            for one in value if isinstance(value, list) and not listing.get("one") else [value]:
                if value is None:
                    continue
                place += 1
                if listing.get("as"):
                    one = {listing["as"]: one}
                found.append(Item(dict(one), parents, beside, answer, place))
    return found


def identify(world, item):
    item.id = fill(world.definition["id"], world, item)
    if item.id is None:
        raise Unreadable("an item without its identity")


# Details


def enrich(world, items):
    """The items with what the detail calls found, without those that are gone, dropped or everybody's."""
    actions = world.definition.get("actions", [])
    singly = sum(1 for action in actions if "batch" not in action)
    largest = max([action["batch"] for action in actions if "batch" in action], default=1)
    at_once = max(1, CALLS_AT_ONCE // singly) if singly else len(items)
    at_once = min(at_once, max(ITEMS_AT_ONCE, largest)) if actions else len(items)
    kept = []
    for start in range(0, len(items), max(1, at_once)):
        some = items[start : start + at_once]
        first_ones = [action for action in actions if not action.get("then")]
        later = [action for action in actions if action.get("then")]
        # What is surely none of the kind's is not asked about any further.
        some = settled(world, some, actions)
        run(world, first_ones, some)
        if later:
            some = settled(world, some, later)
            run(world, later, some)
        kept += settled(world, some, [])
    return kept


def settled(world, items, pending):
    """The items without those that are gone, and those that are dropped or everybody's whatever is still to come."""
    return [item for item in items if not item.gone and is_kept(world, item, pending)]


def run(world, actions, items):
    """Asks all these actions of the items as they are now, and merges what they found afterwards."""
    found = [(action, ask(world, action, items)) for action in actions]
    for action, answers in found:
        for number, item in enumerate(items):
            if number in answers:
                merge(world, action, item, answers[number])


class Gap:
    """Nobody knows."""


class Gone:
    """The resource is not there any more."""


class Nothing:
    """There is no value, and AWS says so."""


def ask(world, action, items):
    """What an action finds: {number of the item: value, Nothing, Gap or Gone}."""
    found, asked = {}, []
    for number, item in enumerate(items):
        applies = all_hold(action.get("when", []), item, world, [])
        if applies is not True:
            if applies is None:
                found[number] = Gap
            continue
        known = first(item.value, action["known"]) if action.get("known") else None
        if known is not None:
            found[number] = translated(action, known)
        else:
            asked.append(number)
    if "batch" in action:
        for group in groups(world, action, items, asked):
            found.update(ask_batch(world, action, items, group))
    else:
        for number in asked:
            found[number] = ask_one(world, action, items[number])
    return found


def ask_one(world, action, item):
    params = filled(action.get("input", {}), world, item)
    if params is None:
        return Gap
    of = action.get("identity", {}).get("of")
    wanted = fill(of, world, item) if of else None
    try:
        asked = Asked(action, [wanted], [item])
        answers = list(pages(world, action.get("service"), action["operation"], params, where(world, item), asked))
    except Refused as refused:
        return refusal(world, action, refused)
    if of:
        named = [identity for answer in answers for identity in identities(action, answer)]
        if (text(named[0]) if named else None) != wanted:
            return Gap
    value = None
    for path in catalog.several(action["take"]):
        value = joined(value, all_pages(world, action, answers, path))
    if value is None and "otherwise" in action:
        value = action["otherwise"]
    return Nothing if value is None else translated(action, value)


def all_pages(world, action, answers, path):
    """What stands at a path of all pages. Of the whole answer the page tokens are no property."""
    service = action.get("service") or world.service
    paging = catalog.pages(service, action["operation"])
    going_on = set()
    if paging:
        prefix = "" if path == "." else path + "."
        results = [result for result in paging["results"] if result.startswith(prefix)]
        going_on = {result[len(prefix) :] for result in results}
    value = None
    for answer in answers:
        part = first(answer, path)
        if isinstance(value, dict) and isinstance(part, dict):
            lists = {name: value[name] + part[name] for name in going_on if name in value and name in part}
            value = {**value, **part, **lists}
        else:
            value = joined(value, part)
    if path == "." and paging and isinstance(value, dict):
        tokens = {name.strip() for output in paging["outputs"] for name in output.split("||")}
        value = {name: item for name, item in value.items() if name not in tokens and name != paging["more"]}
    return value


def groups(world, action, items, asked):
    """What is asked for together: of the same region and parents, at most so many. Each: {identity: numbers of items}."""
    together = {}
    for number in asked:
        item = items[number]
        wanted = fill(action["identity"]["of"], world, item)
        group = together.setdefault((where(world, item), tuple(item.parents)), {})
        # Two items may need the same, which is asked for once.
        group.setdefault(wanted, []).append(number)
    for key in sorted(together):
        wanted = list(together[key].items())
        for start in range(0, len(wanted), action["batch"]):
            yield dict(wanted[start : start + action["batch"]])


def ask_batch(world, action, items, group):
    if None in group:
        rest = {wanted: numbers for wanted, numbers in group.items() if wanted is not None}
        found = ask_batch(world, action, items, rest) if rest else {}
        return {**found, **{number: Gap for number in group[None]}}
    wanted = list(group)
    leader = items[group[wanted[0]][0]]
    params = filled(action.get("input", {}), world, leader, wanted)
    numbers = [number for some in group.values() for number in some]
    if params is None:
        return {number: Gap for number in numbers}
    try:
        asked = Asked(action, wanted, [items[group[identity][0]] for identity in wanted])
        answers = list(pages(world, action.get("service"), action["operation"], params, where(world, leader), asked))
    except Refused as refused:
        verdict = refusal(world, action, refused)
        if verdict is Gone and len(wanted) > 1:
            half = len(wanted) // 2
            halves = [{identity: group[identity] for identity in some} for some in (wanted[:half], wanted[half:])]
            return {**ask_batch(world, action, items, halves[0]), **ask_batch(world, action, items, halves[1])}
        return {number: verdict for number in numbers}
    elements = {}
    for element in elements_of(action, answers):
        named = identities(action, element)
        for identity in named:
            elements.setdefault(identity, []).append(element)
        if named and not set(named) & set(wanted):
            world.remarks.append(f"{action['operation']} answers about {named[0]}, which was not asked for")
    return {
        number: of_batch(action, answers, elements.get(identity, []), identity)
        for identity, some in group.items()
        for number in some
    }


def elements_of(action, answers):
    for answer in answers:
        for path in catalog.several(action["take"]):
            yield from listed(answer, path)


def of_batch(action, answers, elements, wanted):
    picked = [first(element, action["pick"]) if action.get("pick") else element for element in elements]
    if picked and not action.get("gather"):
        value = action.get("otherwise") if picked[-1] is None else picked[-1]
        return Nothing if value is None else translated(action, value)
    missing = action.get("missing")
    if missing:
        for answer in answers:
            for entry in listed(answer, missing["items"]):
                if first(entry, missing["id"]) == wanted:
                    return Gone if first(entry, missing["at"]) in missing["in"] else Gap
    if action.get("gather"):
        return [value for value in picked if value is not None]
    if "left_out" in action:
        return Nothing if action["left_out"] is None else action["left_out"]
    return Gap


def identities(action, value):
    """What an answer says it is about: of several paths the first that is there; what is gathered may name several."""
    found = []
    for path in catalog.several(action["identity"]["at"]):
        named = [text(one) for one, _ in walk(value, path) if text(one) is not None]
        if named and not action.get("gather"):
            return named[:1]
        found += named
    return list(dict.fromkeys(found))


def refusal(world, action, refused):
    absent = action.get("absent", {})
    if refused.code in absent:
        return Nothing if absent[refused.code] is None else absent[refused.code]
    # What another service does not know is not gone for that.
    own = action.get("service", world.service) == world.service
    return Gone if own and refused.code in world.definition.get("gone", []) else Gap


def joined(value, more):
    """What the pages or parts of an answer are together: lists follow each other, structures are merged."""
    if more is None:
        return value
    if isinstance(value, list) and isinstance(more, list):
        return value + more
    if isinstance(value, dict) and isinstance(more, dict):
        return {**value, **more}
    return more if value is None else value


def translated(action, value):
    return action.get("translate", {}).get(value, value) if isinstance(value, str) else value


def merge(world, action, item, value):
    if value is Gone:
        item.gone = True
        world.remarks.append(f"{action['operation']}: {item.id} is gone")
    elif value is Gap:
        item.gaps.append(action["name"])
    elif value is Nothing:
        return
    elif "into" in action:
        item.value[action["into"]] = value
    else:
        item.value.update(value)


def where(world, item):
    """The region that an item's calls go to."""
    if world.definition["scope"] == "region":
        return world.region
    return item_region(world, item) or world.region


def item_region(world, item):
    if world.definition["scope"] == "region":
        return None
    return fill_first(world.definition.get("region"), world, item, plain_region=True)


# Which items stay


def is_kept(world, item, pending):
    """Whether an item is the kind's. What an action may still tell, or failed to tell, is no reason to leave it out."""
    definition = world.definition
    if all_hold(definition.get("keep", []), item, world, pending) is False:
        return False
    if any(holds(condition, item, world, pending) for condition in definition.get("drop", [])):
        return False
    default = definition.get("default")
    if not default or world.defaults or not all_hold(default["when"], item, world, pending):
        return True
    return "unless" in default and is_used(world, default["unless"], item)


def is_used(world, unless, item):
    params = filled(unless["input"], world, item)
    if params is None:
        return True
    question = json.dumps([where(world, item), params], sort_keys=True)
    if question not in world.used:
        answers = pages(world, None, unless["operation"], params, where(world, item), Asked(unless))
        world.used[question] = any(listed(answer, unless["items"]) for answer in answers)
    return world.used[question]


def all_hold(conditions, item, world, pending):
    """True, False, or None where nobody knows."""
    held = [holds(condition, item, world, pending) for condition in conditions]
    return False if False in held else None if None in held else True


def holds(condition, item, world, pending):
    """Whether a condition holds; None where an action that has not answered may tell."""
    found = [value for value, _ in walk(item.value, condition["at"]) if value is not None]
    if not found:
        failed = [action for action in world.definition.get("actions", []) if action["name"] in item.gaps]
        name = catalog.segments(condition["at"])[0][0]
        if any(action.get("into", name) == name for action in [*pending, *failed]):
            return None
    return tells(condition, found)


def tells(condition, found):
    """Whether a condition holds of what was found at its path."""
    written = [text(value) for value in found if text(value) is not None]
    if "in" in condition and not any(value in condition["in"] for value in written):
        return False
    if "not_in" in condition and any(value in condition["not_in"] for value in written):
        return False
    if "starts_with" in condition and not any(value.startswith(tuple(condition["starts_with"])) for value in written):
        return False
    empty = all(value == "" or value == [] or value == {} for value in found)
    return condition.get("absent", empty) == empty


# Lines


def line(world, item):
    definition = world.definition
    if item.id is None:
        identify(world, item)
    found = {"id": item.id, "arn": arn_of(world, item) or ""}
    name = fill_first(definition.get("name"), world, item)
    if name is not None:
        found["name"] = name
    region = item_region(world, item)
    if region:
        found["region"] = region
    if item.parents:
        found["parents"] = item.parents
    created = fill(definition["generation"], world, item) if "generation" in definition else None
    if created is not None:
        found["created"] = created
    owner = fill(definition["owner"], world, item) if "owner" in definition else None
    if owner is not None and owner != world.account:
        found["owner"] = owner
    found["gaps"] = item.gaps
    found["resource"] = {"Type": world.kind, "Properties": properties(world, item)}
    context = context_of(world, item)
    if context:
        found["resource"]["__ExtraContext"] = context
    return found


def properties(world, item):
    definition = world.definition
    found = {}
    types = definition.get("types", {})
    for member, value in item.value.items():
        name = catalog.property_name(definition, member)
        found[name] = value
    for name in definition.get("case_below", []):
        if isinstance(found.get(name), dict):
            found[name] = {member[:1].upper() + member[1:]: value for member, value in found[name].items()}
    for name, template in definition.get("set", {}).items():
        value = fill(template, world, item)
        if name not in found and value is not None:
            found[name] = value
    for name, kind in types.items():
        if name in found:
            found[name] = typed(found[name], kind)
    if definition.get("trust") in found:
        found["Trust"] = trusts.trust(found[definition["trust"]], world.account)
    for path in definition.get("sensitive", []):
        redact(found, path.split("."), world.key)
    return found


def typed(value, kind):
    if kind == "integer" and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def context_of(world, item):
    context = world.definition.get("context", {})
    found = {}
    if context.get("base", True):
        found["AccountId"] = world.account
        region = world.region if world.definition["scope"] == "region" else item_region(world, item)
        if region:
            found["Region"] = region
    if world.definition.get("list", {}).get("outer") == "context":
        found.update(item.outer or {})
    for name, template in context.get("add", {}).items():
        value = fill(template, world, item)
        if value is not None:
            found[name] = value
    return found


def redact(value, path, key):
    """Puts digests in the place of all scalars below a path; lists are passed through."""
    if isinstance(value, list):
        for item in value:
            redact(item, path, key)
    elif isinstance(value, dict) and path and path[0] in value:
        if len(path) == 1:
            value[path[0]] = redacted(value[path[0]], key)
        else:
            redact(value[path[0]], path[1:], key)


def redacted(value, key):
    if value is None:
        return None
    if isinstance(value, dict):
        return {name: redacted(item, key) for name, item in value.items()}
    if isinstance(value, list):
        return [redacted(item, key) for item in value]
    if value == "":
        return {"redacted": True}
    spelt = value if isinstance(value, str) else json.dumps(value)
    digest = hmac.new(key, spelt.encode(), hashlib.sha256).digest()
    return {"redacted": True, "sha256_8": digest[:SHOWN].hex()}


# Paths and templates


def walk(value, path, holder=None):
    """Every (value, what holds it) at a path."""
    if path == ".":
        yield value, holder
        return
    steps = catalog.segments(path)
    yield from follow(value, steps)


def follow(value, steps):
    (name, selector), rest = steps[0], steps[1:]
    if not isinstance(value, dict) or name not in value:
        return
    found = [value[name]]
    if selector is not None:
        key, _, wanted = selector.partition("=")
        elements = value[name] if isinstance(value[name], list) else []
        found = [
            one for one in elements if not key or (isinstance(one, dict) and one.get(key) == wanted)
        ]
    for one in found:
        if rest:
            yield from follow(one, rest)
        else:
            yield one, value


def first(value, path):
    for found, _ in walk(value, path):
        return found
    return None


def listed(value, path):
    """All elements of the lists at a path."""
    found = []
    for one, _ in walk(value, path):
        if one is not None:
            found.extend(one if isinstance(one, list) else [one])
    return found


def text(value):
    """A scalar as text; None of what is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return json.dumps(value)
    return value if isinstance(value, str) else None


def filled(given, world, item, batch=()):
    """A call's input; None where a template in it cannot be filled: without it, it would be another question."""
    if isinstance(given, str):
        return list(batch) if given == "{$batch}" else fill(given, world, item)
    if isinstance(given, list):
        members = [filled(one, world, item, batch) for one in given]
        return None if None in members else members
    if isinstance(given, dict):
        members = {name: filled(one, world, item, batch) for name, one in given.items()}
        return None if None in members.values() else members
    return given


def fill_first(templates, world, item, plain_region=False):
    for template in catalog.several(templates):
        value = fill(template, world, item, plain_region)
        if value is not None:
            return value
    return None


def fill(template, world, item=None, plain_region=False):
    """A template's text; None where something in it has no value."""
    found = template
    for expression in catalog.expressions(template):
        name, keep = catalog.split_expression(expression)
        if name.startswith("$"):
            value = known(name[1:], world, item, plain_region)
        else:
            value = text(first(item.value, name)) if item else None
        value = cut(value, keep) if value else None
        if not value:
            return None
        found = found.replace("{" + expression + "}", value, 1)
    return found


def cut(value, keep):
    if keep in ("/", ":"):
        return value.rpartition(keep)[2]
    if keep in ("account", "region"):
        fields = value.split(":")
        place = 4 if keep == "account" else 3
        return fields[place] if value.startswith("arn:") and len(fields) > place else None
    return value


def known(name, world, item, plain_region):
    """What the context calls by this name, as text."""
    head, _, tail = name.partition(".")
    if head == "account":
        return world.account_name if tail == "name" else world.account
    if head == "partition":
        return world.partition
    if head == "region":
        return world.region if plain_region or item is None else where(world, item)
    if item is None:
        return None
    if head == "parent":
        return item.parents[int(tail)] if int(tail) < len(item.parents) else None
    if head == "outer":
        return text(first(item.outer or {}, tail))
    if head == "answer":
        return text(first(item.answer or {}, tail))
    if head == "index":
        return str(item.index)
    if head == "arn":
        return arn_of(world, item)
    if head == "id":
        parts = (item.id or "").split("|")
        return item.id if not tail else parts[int(tail)] if int(tail) < len(parts) else None
    return None


def arn_of(world, item):
    return fill_first(world.definition.get("arn"), world, item)
