"""Reads AWS's API models from the installed botocore package."""

import functools
import gzip
import json
from pathlib import Path

import botocore

DATA = Path(botocore.__file__).parent / "data"

# The protocol that is spoken where a model offers several. CBOR is not among them: but for
# three small ones in botocore 1.44.5, every service that speaks it declares JSON as well.
PREFERRED = ["json", "rest-json", "query", "ec2", "rest-xml"]


def source():
    """What the tables are derived from, as text."""
    return f"botocore {botocore.__version__}"


def services():
    """The names of all services, as botocore names their folders."""
    return sorted(folder.name for folder in DATA.iterdir() if list(folder.glob("*/service-2.json*")))


@functools.lru_cache(maxsize=8)
def service_model(service):
    return _newest(service, "service-2")


def paginators(service):
    return _newest(service, "paginators-1").get("pagination", {})


def endpoint_rules(service):
    return _newest(service, "endpoint-rule-set-1")


def partitions():
    return _read(DATA / "partitions.json")["partitions"]


def endpoints():
    """The older endpoint list. It alone says which FIPS and dual-stack names really exist."""
    return _read(DATA / "endpoints.json")["partitions"]


def protocol(metadata):
    """The protocol that is spoken with a service; None where it offers none that the guest speaks."""
    offered = metadata.get("protocols") or [metadata["protocol"]]
    for name in PREFERRED:
        if name in offered:
            return name
    return None


def _newest(service, name):
    versions = sorted(folder.name for folder in (DATA / service).iterdir() if folder.is_dir())
    return _read(DATA / service / versions[-1] / f"{name}.json", missing={})


def _read(path, missing=None):
    packed = path.with_name(path.name + ".gz")
    if path.exists():
        return json.loads(path.read_text())
    if packed.exists():
        return json.loads(gzip.decompress(packed.read_bytes()))
    if missing is None:
        raise SystemExit(f"botocore has no {path.name}")
    return missing
