"""Which operations go into the tables: the reads of every service."""

import re
import sys

import endpoints
import models

# By their names. Whether one really only reads is decided by its IAM action and by the reviewed list of denied reads.
# Import/Export of disks by mail: it is gone, and its requests are like no other's.
GONE = {"importexport"}
READS = re.compile(r"(List|Describe|Get|BatchGet|BatchDescribe|Head)[A-Z]")


def reads():
    """Every read of every service, by service, in the order of the model."""
    chosen = {}
    for service in models.services():
        if service in GONE:
            continue
        model = models.service_model(service)
        if models.protocol(model["metadata"]) is None:
            print(f"left out, no protocol that the guest speaks: {service}", file=sys.stderr)
            continue
        if not endpoints.has_host(service):
            print(f"left out, its host is not told by the region alone: {service}", file=sys.stderr)
            continue
        names = [name for name in model["operations"] if READS.match(name)]
        elsewhere = [name for name in names if endpoints.has_host_of_its_own(service, name)]
        if elsewhere:
            print(f"left out, another host than that of {service}: {' '.join(elsewhere)}", file=sys.stderr)
        if len(names) > len(elsewhere):
            chosen[service] = [name for name in names if name not in elsewhere]
    return chosen
