"""The partitions and how a region's name tells its partition."""

import re

import models

# The one form that every partition's pattern has today: a choice of prefixes, a word, a number.
PATTERN = re.compile(r"\^(?P<prefix>[a-z\\\-]*?)(?:\((?P<choice>[a-z|]+)\))?\\-\\w\+\\-\\d\+\$")


def table():
    return [_partition(entry) for entry in models.partitions()]


def _partition(entry):
    outputs = entry["outputs"]
    return {
        "id": entry["id"],
        "dns_suffix": outputs["dnsSuffix"],
        "dual_stack_suffix": outputs["dualStackDnsSuffix"],
        "implicit_global_region": outputs["implicitGlobalRegion"],
        "supports_fips": outputs["supportsFIPS"],
        "supports_dual_stack": outputs["supportsDualStack"],
        "region_prefixes": prefixes(entry["regionRegex"]),
        "regions": regions(entry),
    }


def regions(entry):
    """The regions known today, without the pseudo region that stands for the whole partition."""
    return sorted(name for name in entry["regions"] if not name.endswith("-global"))


def prefixes(pattern):
    """`^(us|eu)\\-\\w+\\-\\d+$` is what begins with `us-` or `eu-` and ends in one word and a number."""
    match = PATTERN.fullmatch(pattern)
    if not match:
        raise SystemExit(f"the region pattern {pattern} has a new form: teach it to partitions.py and partition.rs")
    before = match["prefix"].replace("\\-", "-")
    found = [before + choice for choice in match["choice"].split("|")] if match["choice"] else [before]
    for prefix in found:
        if not re.match(pattern, f"{prefix}-middle-1"):
            raise SystemExit(f"the region pattern {pattern} was misread")
    return found
