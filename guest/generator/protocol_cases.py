#!/usr/bin/env python3
"""Turns botocore's protocol test cases into cases for the guest's wire formats, as JSON lines on stdout.

    python3 guest/generator/protocol_cases.py BOTOCORE_SOURCE/tests/unit/protocols

Each case's model goes through the code that makes the real tables, so that the generator is tested with the readers.
What is expected is put into the forms that the guest gives out and takes in: points in time as ISO-8601 text, bytes as
base64. That is done here, from the model, so that no code under test touches an expectation.
"""

import base64
import datetime
import json
import sys
from pathlib import Path

from services import compile_service, text

SUITES = ["ec2", "query", "rest-xml", "json", "json_1_0", "json_1_0-query-compatible", "rest-json"]
# The guest writes reads only: GET, HEAD and POST. How members are placed is the same for all methods.
WRITTEN_AS = {"PUT": "POST", "PATCH": "POST", "DELETE": "POST"}


def main():
    folder = Path(sys.argv[1])
    for direction, read in (("output", output_case), ("input", input_case)):
        for suite in SUITES:
            for group in json.loads((folder / direction / f"{suite}.json").read_text()):
                for case in group["cases"]:
                    row = read(group, case)
                    row["name"] = f"{direction}/{suite}/{case['id']}"
                    print(json.dumps(row))


def output_case(group, case):
    given, response = case["given"], case["response"]
    operation = dict(given)
    protocol = group["metadata"]["protocol"]
    output = given.get("output")
    if protocol == "query" and output and group["shapes"][output["shape"]]["members"]:
        # The suite leaves it out, and botocore's own test adds it.
        operation["output"] = {**output, "resultWrapper": f"{given['name']}Result"}
    row = {
        "kind": "error" if "error" in case else "output",
        "service": service(group, operation),
        "operation": given["name"],
        "status": response["status_code"],
        "headers": sorted(response.get("headers", {}).items()),
        "body": response.get("body", ""),
    }
    if "error" in case:
        row["code"] = case.get("errorCode", "")
        row["message"] = case.get("errorMessage", "")
    else:
        row["expected"] = convert(group["shapes"], output, case["result"]) if output else case["result"]
    return row


def input_case(group, case):
    given, serialized = case["given"], case["serialized"]
    operation = {**given, "http": dict(given.get("http", {}))}
    method = operation["http"].get("method", "POST")
    operation["http"]["method"] = WRITTEN_AS.get(method, method)
    params = case.get("params", {})
    protocol = group["metadata"]["protocol"]
    row = {
        "kind": "input",
        "service": service(group, operation),
        "operation": given["name"],
        "input": convert(group["shapes"], given["input"], params) if "input" in given else params,
        "method": operation["http"]["method"],
        "uri": serialized.get("uri", "/"),
        "headers": sorted(header(protocol, name, value) for name, value in serialized.get("headers", {}).items()),
        "forbidden": [name.lower() for name in serialized.get("forbidHeaders", [])],
        # The base host is the suite's own; what matters is what stands before it.
        "host": serialized.get("host"),
    }
    if "body" in serialized:
        row["body"] = serialized["body"]
    return row


def header(protocol, name, value):
    # botocore states the character set, the suites do not.
    if protocol in ("query", "ec2") and name.lower() == "content-type":
        value += "; charset=utf-8"
    return name.lower(), value


def service(group, operation):
    metadata = {"endpointPrefix": "case", "apiVersion": "2020-01-01", **group["metadata"]}
    model = {"metadata": metadata, "shapes": group["shapes"], "operations": {operation["name"]: operation}}
    return text(compile_service("case", model, [operation["name"]], {}, None))


def convert(shapes, reference, value):
    """A value of the suite in the forms of the guest."""
    if value is None:
        return None
    shape = {**shapes[reference["shape"]], **{key: item for key, item in reference.items() if key != "shape"}}
    kind = shape["type"]
    if kind == "structure" and not shape.get("document") and isinstance(value, dict):
        members = shape["members"]
        return {name: convert(shapes, members[name], item) if name in members else item for name, item in value.items()}
    if kind == "list":
        return [convert(shapes, shape["member"], item) for item in value]
    if kind == "map":
        return {name: convert(shapes, shape["value"], item) for name, item in value.items()}
    if kind == "timestamp":
        return point_in_time(value)
    if kind == "blob":
        return base64.b64encode(value.encode()).decode()
    return value


def point_in_time(seconds):
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=round(seconds * 1_000_000))
    return moment.isoformat() + "Z"


if __name__ == "__main__":
    main()
