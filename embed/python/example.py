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
    out = open(asked.ndjson, "w", encoding="utf-8") if asked.ndjson else None
    found: collections.Counter[str] = collections.Counter()
    incomplete = 0
    for page in portolan.sync(
        account_role_arn=os.environ["PORTOLAN_ROLE_ARN"],
        external_id=os.environ.get("PORTOLAN_EXTERNAL_ID"),
        kinds=asked.kinds if asked.kinds in ("core", "all") else asked.kinds.split(","),
        config={"redaction_key": asked.redaction_key} if asked.redaction_key else None,
    ):
        for line in page.resources:
            found[line["resource"]["Type"]] += 1
            if out and isinstance(page, portolan.Page):
                envelope = {"account": page.account.id, "kind": page.kind, "region": page.region, "resource": line["resource"]}
                out.write(json.dumps(envelope, ensure_ascii=False) + "\n")
        if not page.whole:
            incomplete += 1
            print(page if isinstance(page, portolan.PortolanError) else f"{page.kind} {page.account.id} {page.region}: {page.problems[0]}", file=sys.stderr)
    if out:
        out.close()
    for kind, count in sorted(found.items()):
        print(f"{kind:32} {count:6}")
    print(f"{found.total()} resources; {incomplete} units and accounts incomplete")
    return 0


if __name__ == "__main__":
    sys.exit(main())
