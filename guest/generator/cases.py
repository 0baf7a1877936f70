"""Golden cases: where they lie, what stands in them, how their exchanges are matched and written."""

import json
import re
from pathlib import Path

import answers
import catalog
import reference

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "golden"
# As guest/tests/it/script.rs has them.
ACCOUNT, ACCOUNT_NAME = "111122223333", "Payments"
KEY = bytes.fromhex("0badcafe")
REGION = "eu-west-1"
WIDTH = 118


class Unmade(Exception):
    """Why there is no case."""


def path_of(kind):
    return FOLDER / kind.replace("::", "_") / "case.json"


def region_of(definition):
    """Where a kind is asked: the unit's region, or the one that stands in for a kind without."""
    if definition["scope"] == "region":
        return REGION
    return definition.get("home", [reference.HOME])[0]


def lines_of(kind, call, remarks=None):
    """The lines that a kind must give. What the guest would report as a problem goes into `remarks`."""
    service, definition = catalog.kinds()[kind]
    region, remarks = region_of(definition), [] if remarks is None else remarks
    return reference.read(kind, service, definition, call, ACCOUNT, region, ACCOUNT_NAME, key=KEY, remarks=remarks)


def exchange(service, operation, params, region, status, headers, body):
    """One exchange; `when` names every value of the request."""
    request = answers.write(service, operation, params)
    found = {"operation": f"{service}:{operation}", "region": region}
    when = parts(answers.protocol(service), request)
    if when:
        found["when"] = when
    if status != 200:
        found["status"] = status
    if headers:
        found["headers"] = headers
    try:
        found["body"] = json.loads(body) if body[:1] in ("{", "[") else body
    except ValueError:
        found["body"] = body
    found["_text"] = answers.request_text(service, operation, params)
    return found


def parts(protocol, request):
    """What tells a request apart, in the guest's spelling."""
    if protocol in ("query", "ec2"):
        return [part for part in request["body"].split("&") if not part.startswith(("Action=", "Version="))]
    found = []
    if protocol != "json":
        path, mark, query = request["target"].partition("?")
        asked = query.split("&") if query else []
        # What the model's path asks for itself (`?tagging`) stands first; for the rest no order is promised.
        fixed = asked.pop(0) if asked and "=" not in asked[0] else ""
        found += [path + mark + fixed, *asked]
    if request["body"][:1] == "{":
        found.extend(leaves(json.loads(request["body"])))
    elif request["body"]:
        found.extend(re.findall(r"<(?:\w+)>[^<>]+</\w+>", request["body"]))
    return found


def leaves(value, name=None):
    """`"name":"text"` of each scalar of a JSON body; of lists, the elements alone."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        spelt = json.dumps(value, ensure_ascii=False)
        yield spelt if name is None else f"{json.dumps(name, ensure_ascii=False)}:{spelt}"


def in_order(exchanges):
    """The exchanges so that the first that fits a request is its own: those that also fit others' requests come later."""
    ordered = list(exchanges)
    for _ in ordered:
        moved = False
        for late, exchange in enumerate(ordered):
            early = next((number for number in range(late) if takes(ordered[number], exchange)), None)
            # Equal requests are answered in the order in which they were asked.
            if early is not None and not takes(exchange, ordered[early]):
                ordered.insert(early, ordered.pop(late))
                moved = True
        if not moved:
            return ordered
    return ordered


def takes(exchange, other):
    """Whether an exchange would answer another one's request."""
    return exchange["operation"] == other["operation"] and all(part in other["_text"] for part in exchange.get("when", []))


def told(definition, exchange):
    """An exchange as it is stored. Its region is named where the unit has none."""
    stored = {name: value for name, value in exchange.items() if name != "_text"}
    if definition["scope"] == "region":
        stored.pop("region")
    if definition["scope"] == "organization":
        stored["identity"] = "management"
    return stored


class Stored:
    """Answers from a case's exchanges, each once, as guest/tests/it/golden.rs does."""

    def __init__(self, exchanges):
        self.left = list(exchanges)

    def call(self, service, operation, params, region, asked=None):
        text = answers.request_text(service, operation, params)
        for exchange in self.left:
            if fits(exchange, service, operation, text):
                break
        else:
            raise LookupError(f"nothing answers {service}:{operation} {text}")
        self.left.remove(exchange)
        if exchange.get("region", region) != region:
            raise LookupError(f"{service}:{operation} is asked in {region}, and stored for {exchange['region']}")
        body = exchange.get("body", "")
        body = body if isinstance(body, str) else json.dumps(body)
        return answers.read(service, operation, exchange.get("status", 200), exchange.get("headers", {}), body)


def fits(exchange, service, operation, text):
    return exchange["operation"] == f"{service}:{operation}" and all(part in text for part in exchange.get("when", []))


# Writing


def written(case):
    """JSON with an exchange or a line to a row, broken where a row is long."""
    head = json.dumps({name: case[name] for name in ("kind", "region", "made")})[1:-1]
    rows = [f"  {head},", '  "exchanges": [']
    rows.append(",\n".join("    " + folded(exchange, "body") for exchange in case["exchanges"]))
    rows += ["  ],", '  "expected": [']
    rows.append(",\n".join("    " + folded(line, "resource") for line in case["expected"]))
    rows.append("  ]")
    return "{\n" + "\n".join(row for row in rows if row) + "\n}\n"


def folded(value, last):
    """An object in one row, or with its largest member in a row of its own."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= WIDTH or last not in value:
        return text
    head = json.dumps({name: item for name, item in value.items() if name != last}, ensure_ascii=False)
    return f"{head[:-1]},\n     {json.dumps(last)}: {json.dumps(value[last], ensure_ascii=False)}}}"
