"""What real jq makes of the mappings in guest/tests/mapping, for the tests of the guest.

    target/generator/bin/python guest/generator/mapping.py [--check]

For each NAME.json there, a mapping and perhaps some resources of its own (`lines`), it writes NAME.expected.json: the entities'
lines for every resource of the golden cases of its kinds. It follows the peer's rules (quotes, first output, errors as null,
items, booleans only) with libjq, and shares no code with the guest.
"""

import json
import re
import sys
from pathlib import Path

import jq

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "mapping"
GOLDEN = ROOT / "tests" / "golden"

QUOTES = re.compile(r"""(^|\s)'(?!\s|")|(?<!\s|")'(\s|$)""")
NOT_A_VALUE = object()


def evaluate(expression, value):
    if not isinstance(expression, str):
        return expression
    code = QUOTES.sub(r'\1"\2', expression)
    try:
        return next(iter(jq.compile("def env: {}; {} as $ENV | " + code).input_value(value)), None)
    except (ValueError, StopIteration):
        return NOT_A_VALUE


def build(node, value):
    if isinstance(node, dict):
        return {name: build(part, value) for name, part in node.items()}
    if isinstance(node, list):
        return [build(part, value) for part in node]
    found = evaluate(node, value)
    return None if found is NOT_A_VALUE else found


def source(expression):
    """The path that is taken out of a resource: the first that a step between pipes begins with."""
    chain = expression.strip()
    if chain.startswith("("):
        inside = re.match(r"\((.*?)\)", chain, re.DOTALL)
        if not inside:
            return None
        chain = inside.group(1).strip()
    for step in (step.strip() for step in chain.split("|")):
        if re.match(r"\.\s+as\s+\$\w+", step) or step == "." or step.startswith("$"):
            continue
        path = re.match(r"(\.\w+|\.\[[^\]]+\])(\.\w+|\[[^\]]+\]|\.\[[^\]]+\])*", step)
        if path:
            return path.group(0)
    return None


def inputs(port, resource):
    """The inputs of the expressions, or None where there is no list."""
    expression = port.get("itemsToParse")
    if expression is None:
        return [resource]
    items = evaluate(expression, resource)
    if not isinstance(items, list):
        return None
    path = source(expression) if port.get("itemsToParseTopLevelTransform", True) else None
    rest = evaluate(f". | del({path})", resource) if path else resource
    return [{**rest, port.get("itemsToParseName", "item"): item} for item in items]


def entities(index, resource_config, line):
    def failed(cause):
        return {"of": line["id"], "mapping": index, "failed": cause}

    port = resource_config["port"]
    mappings = {name: value for name, value in port["entity"]["mappings"].items() if value is not None}
    found = inputs(port, line["resource"])
    if found is None:
        return [failed("items")]
    lines = []
    for value in found:
        chosen = evaluate(resource_config["selector"]["query"], value)
        if not isinstance(chosen, bool):
            lines.append(failed("selector"))
            continue
        if not chosen:
            continue
        identifier, blueprint = build(mappings["identifier"], value), build(mappings["blueprint"], value)
        missing = [name for name, part in (("identifier", identifier), ("blueprint", blueprint)) if not part or part is True]
        if missing:
            lines.append(failed(missing[0]))
            continue
        names = ["title", "icon", "team", "properties", "relations"]
        entity = {name: build(mappings[name], value) for name in names if name in mappings}
        if isinstance(identifier, dict):
            entity["identifier"] = identifier
            identifier = json.dumps(identifier, ensure_ascii=False, separators=(",", ":"))
        lines.append(
            {"of": line["id"], "mapping": index, "identifier": str(identifier), "blueprint": blueprint, "entity": entity}
        )
    return lines


def golden(kind):
    case = json.loads((GOLDEN / kind.replace("::", "_") / "case.json").read_text())
    return [line for line in case["expected"] if "resource" in line]


def expected(case):
    found = []
    for index, resource_config in enumerate(case["mapping"]["resources"]):
        kind = case.get("aliases", {}).get(resource_config["kind"], resource_config["kind"])
        lines = golden(kind) + [line for line in case.get("lines", []) if line["resource"]["Type"] == kind]
        for line in lines:
            found.extend(entities(index, resource_config, line))
    return found


def main():
    stale = []
    for path in sorted(CASES.glob("*.json")):
        if path.name.endswith(".expected.json"):
            continue
        lines = expected(json.loads(path.read_text()))
        text = "[\n" + ",\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n]\n"
        target = path.with_name(path.stem + ".expected.json")
        if "--check" not in sys.argv:
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            stale.append(target.name)
    if stale:
        sys.exit(f"stale: {', '.join(stale)}")


if __name__ == "__main__":
    main()
