"""Turns one service's model and a choice of its operations into the entry that the tables hold."""

import models
from shapes import ShapeTable


def compile_service(name, model, operations, pages, actions):
    """The table of one service. `actions` gives the authorization fields of an operation; None leaves them out."""
    metadata = model["metadata"]
    protocol = models.protocol(metadata)
    if protocol is None:
        raise SystemExit(f"{name}: offers no protocol that the guest speaks")
    table = ShapeTable(model["shapes"], protocol)
    signing_name = metadata.get("signingName", metadata["endpointPrefix"])
    compiled = {}
    for operation in operations:
        entry = _operation(model["operations"][operation], table)
        if pages.get(operation):
            entry["paging"] = _paging(pages[operation])
        if actions:
            entry.update(actions.of(name, signing_name, operation))
        compiled[operation] = entry
    service = {
        "name": name,
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


def _operation(operation, table):
    http = operation.get("http", {})
    entry = {"method": http.get("method", "POST"), "path": http.get("requestUri", "/")}
    prefix = operation.get("endpoint", {}).get("hostPrefix")
    if prefix:
        entry["host_prefix"] = prefix
    if "input" in operation:
        entry["input"] = table.add(operation["input"]["shape"])
    if "output" in operation:
        entry["output"] = table.add(operation["output"]["shape"])
        if "resultWrapper" in operation["output"]:
            entry["result_wrapper"] = operation["output"]["resultWrapper"]
    return entry


def _paging(page):
    def names(key):
        value = page.get(key, [])
        return value if isinstance(value, list) else [value]

    entry = {
        "input_token": names("input_token"),
        "output_token": names("output_token"),
        "result": names("result_key"),
    }
    if "limit_key" in page:
        entry["limit"] = page["limit_key"]
    if "more_results" in page:
        entry["more"] = page["more_results"]
    return entry
