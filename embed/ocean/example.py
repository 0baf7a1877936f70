"""One resync of the organization that with_moto.py has in moto, into a server that stands for Port. Run by `dev.py example`.

usage: example.py [--resources] [KIND…]     --resources prints what was read, one JSON line each, and nothing else
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "tests"))

import mappings  # noqa: E402
from port_api import CLIENT_ID, CLIENT_SECRET, PortApi  # noqa: E402

KINDS = ["AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::DynamoDB::Table", "AWS::EC2::Instance", "AWS::Lambda::Function"]


def resync(kinds, log):
    """Runs Ocean for one resync of these kinds with every resource kept whole; gives what Port then has."""
    port = PortApi({"resources": [mappings.raw(kind) for kind in kinds]}, mappings.RAW)
    settings = {
        "OCEAN__PORT__BASE_URL": port.url,
        "OCEAN__PORT__CLIENT_ID": CLIENT_ID,
        "OCEAN__PORT__CLIENT_SECRET": CLIENT_SECRET,
        "OCEAN__INTEGRATION__IDENTIFIER": "example",
        "OCEAN__EVENT_LISTENER__TYPE": "ONCE",
        "OCEAN__INTEGRATION__CONFIG__ACCOUNT_ROLE_ARN": os.environ["PORTOLAN_ROLE_ARN"],
        "OCEAN__INTEGRATION__CONFIG__EXTERNAL_ID": os.environ["PORTOLAN_EXTERNAL_ID"],
        "APPLICATION__ENABLE_HTTP_LOGGING": "false",
    }
    subprocess.run([sys.executable, HERE / "tests/run_ocean.py"], cwd=HERE, env={**settings, **os.environ}, stdout=log, stderr=log, check=False)
    port.stop()
    return port


def main():
    options = sys.argv[1:]
    kinds = [option for option in options if not option.startswith("--")] or KINDS
    with tempfile.TemporaryFile("w+") as log:
        port = resync(kinds, log)
        resources = [entity["properties"]["resource"] for entity in port.of("raw").values()]
        if "--resources" in options:
            for resource in resources:
                print(json.dumps(resource, sort_keys=True, ensure_ascii=False))
            return 0
        log.seek(0)
        said = log.read()
    for kind, number in sorted(collections.Counter(resource["Type"] for resource in resources).items()):
        print(f"{number:5}  {kind}")
    print(f"the resync: {port.states[-1] if port.states else 'was not begun'}; deleted: {len(port.deleted())}")
    # Ocean's log says it in the error and in the traceback, which quotes our line as well.
    texts = dict.fromkeys(line.partition("in this resync: ")[2].strip() for line in said.splitlines() if "{" not in line)
    errors = [text for text in texts if text]
    for text in errors[:2]:
        print(f"not read whole: {text}")
    if errors[2:]:
        print(f"and {len(errors) - 2} kinds more")
    return 0


if __name__ == "__main__":
    sys.exit(main())
