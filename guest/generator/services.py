"""Turns one service's model and a choice of its operations into the entry that the tables hold."""

import json

import models
import paging
from shapes import ShapeTable


def compile_service(name, model, operations, pages, actions, whole=False):
    """The table of one service. `actions` gives the authorization fields of an operation; None leaves them out.

    `whole` gives the shapes of operations too that nothing opens.
    """
    metadata = model["metadata"]
    protocol = models.protocol(metadata)
    if protocol is None:
        raise SystemExit(f"{name}: offers no protocol that the guest speaks")
    table = ShapeTable(model["shapes"], protocol)
    signing_name = metadata.get("signingName", metadata["endpointPrefix"])
    compiled = {}
    for operation in operations:
        granted = actions.of(name, signing_name, operation) if actions else {}
        opened = whole or not actions or may_be_called(granted)
        entry = _operation(model["operations"][operation], table if opened else None)
        if opened:
            entry.update(paging.of(model, operation, pages.get(operation)))
        compiled[operation] = {**entry, **granted}
    service = {
        "name": name,
        "id": metadata.get("serviceId", name),
        "protocol": protocol,
        "endpoint_prefix": metadata["endpointPrefix"],
        "signing_name": signing_name,
        "api_version": metadata["apiVersion"],
    }
    if protocol == "json":
        service["target_prefix"] = metadata["targetPrefix"]
        service["json_version"] = metadata.get("jsonVersion", "1.0")
    if "awsQueryCompatible" in metadata:
        service["query_compatible"] = True
    service["operations"] = compiled
    service["shapes"] = table.entries
    return service


def may_be_called(granted):
    """Whether anything opens an operation. Of one that stays closed the tables need to know it by sight only."""
    return granted.get("access") in ("list", "read") and granted.get("denied", {}).get("rule") != "never"


def _operation(operation, table):
    http = operation.get("http", {})
    entry = {"method": http.get("method", "POST"), "path": http.get("requestUri", "/")}
    prefix = operation.get("endpoint", {}).get("hostPrefix")
    if prefix:
        entry["host_prefix"] = prefix
    if table is None:
        return entry
    if "input" in operation:
        entry["input"] = table.add(operation["input"]["shape"])
    if "output" in operation:
        entry["output"] = table.add(operation["output"]["shape"])
        if "resultWrapper" in operation["output"]:
            entry["result_wrapper"] = operation["output"]["resultWrapper"]
    return entry



def text(table):
    """A service's table as the crate reads it: the service, a line for each operation, and after an empty line one for each shape."""
    header = {key: value for key, value in table.items() if key not in ("operations", "shapes")}
    lines = [_json(header)]
    lines += [f"{name} {_json(entry)}" for name, entry in table["operations"].items()]
    lines += ["", *map(_json, table["shapes"])]
    return "\n".join(lines) + "\n"


def _json(value):
    return json.dumps(value, separators=(",", ":"))
