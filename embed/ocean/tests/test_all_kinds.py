"""Every kind that moto knows, made by tests/estate and read through Ocean, against what boto3 gives for the same calls."""

import json

import yaml

import mappings
from conftest import ROOT

# How many kinds and resources must at least be compared: those that moto cannot make or list are no reason to compare none.
KINDS_MIN, RESOURCES_MIN = 150, 350
# moto refuses to say the tags of some resources that it lists.
SPOILED_MAX = 5


def left_out():
    """What the comparison leaves out, with reasons: kinds, and properties of kinds."""
    lines = (ROOT / "tests/data/estate-left-out.tsv").read_text().splitlines()
    return {line.partition("\t")[0] for line in lines if line and not line.startswith("#")}


def optional_actions():
    """Every optional action of every kind, so that all properties are compared."""
    actions = {}
    for path in (ROOT / "guest/catalog").glob("*.yaml"):
        for kind, definition in yaml.safe_load(path.read_text())["kinds"].items():
            actions[kind] = [action["name"] for action in definition.get("actions", []) if action.get("optional")]
    return actions


def canonical(resource, exceptions):
    """A text that is the same for the same resource. jq writes 1.0 as 1, and Python does not."""
    kind = resource["Type"]
    kept = {name: value for name, value in resource["Properties"].items() if f"{kind} {name}" not in exceptions}
    return json.dumps(whole({**kept, "__ExtraContext": resource.get("__ExtraContext")}), sort_keys=True, ensure_ascii=False)


def whole(value):
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [whole(item) for item in value]
    return {name: whole(item) for name, item in value.items()} if isinstance(value, dict) else value


def differences(boto3, ours):
    """A line for each member that only one of them has, or has otherwise; whole resources where their numbers differ."""
    for kind in sorted({kind for kind, _ in boto3 ^ ours}):
        left, right = ([json.loads(text) for of, text in sorted(side) if of == kind] for side in (boto3 - ours, ours - boto3))
        if len(left) != len(right):
            yield f"{kind}: boto3 alone has {left}, Ocean alone {right}"
            continue
        for theirs, found in zip(left, right):
            for name in sorted(theirs.keys() | found.keys()):
                if theirs.get(name) != found.get(name):
                    yield f"{kind} {name}: boto3 {theirs.get(name)!r}, Ocean {found.get(name)!r}"


def spoils(line):
    """Whether a detail call failed in another way than that moto does not have it."""
    return any("InvalidAction" not in failed for failed in line.get("failed", []))


def other_accounts(front, estate):
    """Those of the estate's organization whose roles do not exist."""
    listed = front.boto(estate["account"], estate["home"], "organizations", "list_accounts", {})["Accounts"]
    return [account["Id"] for account in listed if account["Id"] != estate["account"]]


def test_every_kind_that_moto_knows_comes_through_ocean_as_boto3_gives_it(front, ocean, port):
    organization = {"*": {region: "ENABLED_BY_DEFAULT" for region in front.organization["regions"]}}
    estate = json.loads(front.script("estate.py"))
    try:
        assert estate["unmade"] == {}
        actions = optional_actions()
        resources = [mappings.raw(kind, {"includeActions": actions[kind]}) for kind in estate["kinds"]]
        server = port({"resources": resources}, mappings.RAW)
        config = {
            "account_role_arn": estate["role"],
            "external_id": estate["external_id"],
            "exclude_accounts": other_accounts(front, estate),
            "aws_access_key_id": estate["source"]["key_id"],
            "aws_secret_access_key": estate["source"]["secret"],
            "sensitive_values": "keep",
        }
        ran = ocean.resync(server, config, AWS_ACCESS_KEY_ID="not-used", AWS_DEFAULT_REGION=estate["home"])
        expected = [json.loads(line) for line in front.script("estate_oracle.py", given=json.dumps(estate)).splitlines()]
    finally:
        front.ask("POST", "config", {"regions": organization})

    exceptions = left_out()
    boto3, kinds, spoiled = set(), set(), set()
    for line in expected:
        if "error" not in line and line["kind"] not in exceptions:
            kinds.add(line["kind"])
            found = line["kind"], canonical(line["line"]["resource"], exceptions)
            (spoiled if spoils(line) else boto3).add(found)
    raw = [entity["properties"]["resource"] for entity in server.of("raw").values()]
    ours = {(each["Type"], canonical(each, exceptions)) for each in raw if each["Type"] in kinds}
    # What one of moto's answers spoils stays as it is at Port, and is an error; so it may be missing here.
    assert list(differences(boto3, ours - spoiled)) == []
    assert len(spoiled) <= SPOILED_MAX
    print(f"{len(kinds)} kinds, {len(ours)} resources compared")
    assert len(kinds) >= KINDS_MIN and len(ours) >= RESOURCES_MIN
    # That is an error of its kind, so that Ocean deletes nothing. What moto does not have is none.
    spoilable = {line["kind"] for line in expected if line.get("failed")}
    failed = {words[0] for line in ran.log.splitlines() for words in [line.partition("in this resync: ")[2].split()] if words}
    assert {kind.rstrip(":") for kind in failed if kind.startswith("AWS::")} <= spoilable and ran.state == ("failed" if failed else "completed"), failed
    assert server.deleted() == []
