"""Which operations go into the tables."""

import re
import sys
from pathlib import Path

import models

LIST = Path(__file__).with_name("operations.txt")
READS = re.compile(r"(List|Describe|Get|BatchGet|BatchDescribe)[A-Z]")


def curated():
    """The operations named in operations.txt, by service, in the order of the model."""
    chosen = {}
    for number, line in enumerate(LIST.read_text().splitlines(), 1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        service, colon, names = line.partition(":")
        if not colon or not names.split():
            raise SystemExit(f"{LIST.name}:{number}: expected `service: Operation …`")
        chosen.setdefault(service.strip(), set()).update(names.split())
    return {service: in_model_order(service, names) for service, names in sorted(chosen.items())}


def all_reads():
    """Every operation of every service whose name begins as a read does."""
    chosen = {}
    for service in models.services():
        if models.protocol(models.service_model(service)["metadata"]) is None:
            print(f"left out, no protocol that the guest speaks: {service}", file=sys.stderr)
            continue
        names = {name for name in models.service_model(service)["operations"] if READS.match(name)}
        if names:
            chosen[service] = in_model_order(service, names)
    return chosen


def in_model_order(service, names):
    known = models.service_model(service)["operations"]
    missing = sorted(set(names) - set(known))
    if missing:
        raise SystemExit(f"{LIST.name}: {service} has no operation {', '.join(missing)}")
    return [name for name in known if name in names]
