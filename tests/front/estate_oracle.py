"""What boto3 gives for every kind of the estate, put together by guest/generator/reference.py: the truth that a sync is
compared with. No code of the guest has a part in it.

One JSON line for each resource: {"kind", "scope_region", "line"}, the line as reference.py has it; and one for each kind
and region that cannot be read: {"kind", "scope_region", "error"}. Secrets are as they are.
usage: estate_oracle.py FRONT    with the description that estate.py printed on standard input
"""

import json
import sys

import estate
from clients import client

import answers
import catalog
import reference
from botocore.exceptions import BotoCoreError, ClientError


class Asking:
    """boto3 calls of the account; what was asked before is answered from memory, as nothing changes."""

    def __init__(self, front, account):
        self.front, self.account, self.known, self.failed = front, account, {}, []

    def call(self, service, operation, params, region, _=None):
        key = json.dumps([service, operation, params, region], sort_keys=True)
        if key not in self.known:
            self.known[key] = self.ask(service, operation, params, region)
        status, headers, body = self.known[key]
        try:
            return answers.read(service, operation, status, headers, body)
        except answers.Refused as refused:
            self.failed.append(f"{service}:{operation} {refused}")
            raise

    def ask(self, service, operation, params, region):
        seen = []
        asking = client(self.front, service, self.account, region)
        keep = lambda response_dict, **_: seen.append(response_dict)
        asking.meta.events.register("response-received", keep)
        try:
            asking._make_api_call(operation, params)
        except (ClientError, BotoCoreError):
            if not seen:
                raise
        finally:
            asking.meta.events.unregister("response-received", keep)
        found = seen[-1]
        return found["status_code"], dict(found["headers"]), found["body"].decode()


def units(definition, regions):
    """(the region of the unit, where it is asked)."""
    if definition["scope"] == "region":
        return [(region, region) for region in regions]
    return [(None, definition.get("home", [reference.HOME])[0])]


def main():
    front, made = sys.argv[1], json.load(sys.stdin)
    organizations = client(front, "organizations", made["account"], "us-east-1")
    name = organizations.describe_account(AccountId=made["account"])["Account"]["Name"]
    asking = Asking(front, made["account"])
    for kind in made["kinds"]:
        service, definition = catalog.kinds()[kind]
        kept = {key: value for key, value in definition.items() if key != "sensitive"}
        for unit, region in units(definition, made["regions"]):
            place = {"kind": kind, "scope_region": unit}
            asking.failed.clear()
            try:
                lines = reference.read(kind, service, kept, asking.call, made["account"], region, name)
            except Exception as error:  # noqa: BLE001 - the kind is then told apart by name
                print(json.dumps({**place, "error": f"{type(error).__name__}: {error}"[:300]}))
                continue
            for line in lines:
                if "id" in line:
                    print(json.dumps({**place, "failed": asking.failed[:3] if line["gaps"] else [], "line": line}, ensure_ascii=False))


if __name__ == "__main__":
    main()
