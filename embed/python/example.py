"""Reads an organization and prints how much there is of each kind; what could not be read goes to standard error.

usage: example.py [--kinds NAME,…] [--ndjson FILE] [--redaction-key HEX]

The role is PORTOLAN_ROLE_ARN, the external id PORTOLAN_EXTERNAL_ID; the credentials are those that botocore finds.
"""

import argparse
import collections
import json
import os
import sys

import portolan


def main() -> int:
    usage = argparse.ArgumentParser(description="Reads an organization.")
    usage.add_argument("--kinds", default="core", help="core, all, or names")
    usage.add_argument("--ndjson", help="a file for the resources, one JSON object a line")
    usage.add_argument("--redaction-key", help="hexadecimal digits, so that the digests of secrets can be compared with another run's")
    asked = usage.parse_args()
    events = portolan.sync(
        account_role_arn=os.environ["PORTOLAN_ROLE_ARN"],
        external_id=os.environ.get("PORTOLAN_EXTERNAL_ID"),
        kinds=asked.kinds if asked.kinds in ("core", "all") else asked.kinds.split(","),
        config={"redaction_key": asked.redaction_key} if asked.redaction_key else None,
    )
    found: collections.Counter[str] = collections.Counter()
    incomplete = 0
    with open(asked.ndjson or os.devnull, "w", encoding="utf-8") as out:
        for event in events:
            if isinstance(event, portolan.PortolanError):
                print(event, file=sys.stderr)
            elif not event.whole:
                print(f"{event.kind} {event.account.id} {event.region}: {event.problems[0]}", file=sys.stderr)
            incomplete += not event.whole
            for line in event.resources:
                found[line["resource"]["Type"]] += 1
                place = {"account": event.account.id, "kind": line["resource"]["Type"], "region": getattr(event, "region", None)}
                out.write(json.dumps({**place, "resource": line["resource"]}, ensure_ascii=False) + "\n")
    for kind, count in sorted(found.items()):
        print(f"{kind:32} {count:6}")
    print(f"{found.total()} resources; {incomplete} units and accounts incomplete")
    return 0


if __name__ == "__main__":
    sys.exit(main())
