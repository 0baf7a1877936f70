"""Makes resources of every kind that moto knows, in one account: what tests/estate has.

Each kind is made in the region where its listing is asked, in the order of the definitions.
usage: estate.py FRONT     prints what was made, as JSON: {"account", "regions", "home", "role", …, "kinds", "unmade": {kind: why}}
"""

import importlib.util
import json
import sys
from pathlib import Path

from clients import allow_admins, client, control

WORKSPACE = Path(__file__).resolve().parents[2]
ESTATE = WORKSPACE / "tests" / "estate"
sys.path[:0] = [str(WORKSPACE / "guest" / "generator"), str(ESTATE)]

import catalog  # noqa: E402
import reference  # noqa: E402

# What tests/estate names in ARNs.
ACCOUNT, REGION = "111122223333", "eu-west-1"
REGIONS = [REGION, reference.HOME]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/portolan/PortolanRead"
EXTERNAL_ID = "estate-external-id"
SOURCE_KEY, SOURCE_SECRET, SOURCE_ARN = "AKIASOURCEPORTOLAN02", "estate-source-secret", f"arn:aws:iam::{ACCOUNT}:user/portolan"


def makers():
    """What makes each kind, in the order of the definitions: (kind, definition, function of `aws`)."""
    modules = {}
    for kind, (service, definition) in catalog.kinds().items():
        if service not in modules:
            modules[service] = load(ESTATE / f"{service.replace('-', '_')}.py")
        if kind in modules[service]:
            yield kind, definition, modules[service][kind]


def load(path):
    if not path.exists():
        return {}
    spec = importlib.util.spec_from_file_location(f"estate_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.KINDS


def region_of(definition):
    """Where a kind is asked: in a region, or where its global service is."""
    return REGION if definition["scope"] == "region" else definition.get("home", [reference.HOME])[0]


def build(front):
    allow_admins(front, [ACCOUNT])
    # One that makes it must find the organization; the others do not care.
    client(front, "organizations", ACCOUNT, "us-east-1").create_organization(FeatureSet="ALL")
    kinds, unmade = [], {}
    for kind, definition, make in makers():
        region = region_of(definition)

        def aws(service, where=None, region=region, **_):
            return client(front, service, ACCOUNT, where or region)

        kinds.append(kind)
        try:
            make(aws)
        except Exception as error:  # noqa: BLE001 - whatever moto or a maker raises is this kind's alone
            unmade[kind] = f"{type(error).__name__}: {error}"
    control(front, "POST", "config", {
        "keys": {SOURCE_KEY: {"secret": SOURCE_SECRET, "account": ACCOUNT, "arn": SOURCE_ARN}},
        "roles": {ROLE: {"principals": [SOURCE_ARN], "external_id": EXTERNAL_ID}},
        "regions": {"*": {region: "ENABLED_BY_DEFAULT" for region in REGIONS}},
    })
    control(front, "POST", "forget")
    source = {"key_id": SOURCE_KEY, "secret": SOURCE_SECRET, "arn": SOURCE_ARN}
    return {"account": ACCOUNT, "regions": REGIONS, "home": reference.HOME, "role": ROLE, "external_id": EXTERNAL_ID, "source": source, "kinds": kinds, "unmade": unmade}


if __name__ == "__main__":
    print(json.dumps(build(sys.argv[1]), ensure_ascii=False))
