#!/usr/bin/env python3
"""Cases for every operation that the tables open, as JSON lines: what AWS could answer or be asked, and what botocore
makes of it.

    python3 guest/generator/differential.py --operations all --seed 1 --cases 3
    python3 guest/generator/differential.py --operations FILE      # lines of `service: Operation …`, as in operations.txt

Rows are those of protocol_cases.py, with the service's name in the place of its table:
{"kind": "output", "name", "service", "operation", "status", "headers", "body", "expected"} and
{"kind": "input", "name", "service", "operation", "input", "method", "uri", "headers", "forbidden", "host", "body"}.
{"kind": "left-out", "name", "rule"} stands for a case that there is none of: tests/data/differential-left-out.tsv says why.
A row depends on the seed, its operation and its number only.
"""

import argparse
import json
import sys
from pathlib import Path

import answers
import bodies
import catalog
from botocore.exceptions import BotoCoreError

DENIED_READS = Path(__file__).resolve().parents[2] / "crates" / "tables" / "data" / "denied-reads.tsv"
WRITTEN = {"GET", "HEAD", "POST"}

# Two members of its answer have one name on the wire, and botocore gives out XML's own objects.
AMBIGUOUS = {("s3", "GetBucketNotification")}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--operations", default="all", metavar="all|FILE")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--cases", type=int, default=3, help="of each operation and direction (default: %(default)s)")
    chosen = arguments.parse_args()
    for service, names in operations(chosen.operations):
        for name in names:
            for number in range(chosen.cases):
                seed = f"{chosen.seed} {service} {name} {number}"
                for make, direction in ((output_row, "output"), (input_row, "input")):
                    row = make(service, name, seed)
                    if isinstance(row, str):
                        row = {"kind": "left-out", "rule": f"{direction}-{row}"}
                    row = {"kind": row.pop("kind"), "name": f"{service}/{name}/{number}", **row}
                    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


def operations(chosen):
    """(service, names of operations) in order."""
    if chosen == "all":
        # What the tables are made with: whoever names the operations needs none of it.
        import selection
        from actions import Actions
        from services import may_be_called

        granted = Actions(DENIED_READS)
        for service, names in selection.reads().items():
            signing = catalog.model(service).signing_name
            # Of the others the tables know the name only.
            yield service, [name for name in names if may_be_called(granted.of(service, signing, name))]
        return
    found = {}
    for line in Path(chosen).read_text().splitlines():
        service, colon, names = line.partition("#")[0].partition(":")
        if colon:
            found.setdefault(service.strip(), []).extend(names.split())
    yield from sorted(found.items())


def output_row(service, name, seed):
    """An answer and what it says; the rule by which there is none."""
    model = catalog.operation(service, name)
    shape = model.output_shape
    if shape is None:
        return "nothing"
    if (service, name) in AMBIGUOUS:
        return "ambiguous"
    if model.has_streaming_output or model.has_event_stream_output:
        return "stream"
    nulls = answers.protocol(service) in answers.JSON_PROTOCOLS
    value = bodies.Odd(seed, nulls=nulls).make(shape)
    status, headers, body = bodies.render(service, name, value, bodies.Loose(seed))
    try:
        expected = answers.read(service, name, status, headers, body)
    except BotoCoreError:
        # A null where it expects none, a union with nothing in it.
        return "refused"
    return {
        "kind": "output",
        "service": service,
        "operation": name,
        "status": status,
        "headers": sorted(headers.items()),
        "body": body,
        "expected": expected,
    }


def input_row(service, name, seed):
    """A request and its input; the rule by which there is none."""
    model = catalog.operation(service, name)
    shape = model.input_shape
    if model.http.get("method", "POST") not in WRITTEN:
        return "method"
    if model.has_streaming_input or model.has_event_stream_input:
        return "stream"
    given = bodies.Inputs(seed, service).make(shape) if shape else {}
    if answers.protocol(service) == "rest-xml" and shape:
        # The guest writes no XML.
        located = {key for key, member in shape.members.items() if "location" in member.serialization}
        if any(key not in located for key in shape.required_members):
            return "xml"
        given = {key: value for key, value in given.items() if key in located}
    try:
        request = answers.write(service, name, given)
    except BotoCoreError:
        return "refused"
    return {
        "kind": "input",
        "service": service,
        "operation": name,
        "input": answers.plain(shape, given, policies=False) if shape else {},
        "method": request["method"],
        "uri": request["target"],
        "headers": sorted((key.lower(), value) for key, value in request["headers"].items()),
        "forbidden": [],
        "host": None,
        "body": request["body"],
    }


if __name__ == "__main__":
    main()
