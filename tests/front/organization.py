"""Builds the organization that the tests and the demo's recording read: nested OUs, seven accounts, three regions.

It is built with boto3 through the front, in one order, so that with moto's seed the same identifiers come every time.
usage: organization.py FRONT bare|tiny|small|full     prints a description of what was made, as JSON
"""

import json
import sys

import resources
from clients import MANAGEMENT, allow_admins, client, control

REGIONS = ["eu-central-1", "eu-west-1", "us-east-1"]
CLOSED = {"af-south-1": "DISABLED", "ap-east-1": "DISABLED", "il-central-1": "ENABLING", "me-south-1": "DISABLING"}
# (name, OU). The member role of `sandbox` does not exist; `legacy` is suspended; an SCP closes a region to `staging`.
ACCOUNTS = [
    ("prod-web", "prod"),
    ("prod-data", "prod"),
    ("staging", "staging"),
    ("Sicherheit & Prüfung „Ü“", "security"),
    ("sandbox", "sandbox"),
    ("legacy", "prod"),
]
TINY = ("prod-web", "prod-data")
# What stands in the way of the others is left out: six accounts that can be read everywhere, with nothing in them.
BARE = [(name, unit) for name, unit in ACCOUNTS if name != "legacy"]
# (name, parent): workloads holds prod and staging.
UNITS = [("workloads", None), ("prod", "workloads"), ("staging", "workloads"), ("security", None), ("sandbox", None)]
ROLE = "portolan/PortolanRead"
EXTERNAL_ID = "planted-external-id-7f3c91"
SOURCE_KEY = "AKIASOURCEPORTOLAN01"
SOURCE_SECRET = "planted-source-secret-b1946ac92492"
SOURCE_ARN = f"arn:aws:iam::{MANAGEMENT}:user/portolan"
DENIED_REGION = "eu-central-1"
# What a region-deny SCP leaves open: what is global, and S3's list of names.
DENIED_SERVICES = ["dynamodb", "ec2", "ecs", "eks", "lambda", "rds", "sns", "sqs"]


def build(front, scale):
    allow_admins(front, [MANAGEMENT])
    organizations = client(front, "organizations", MANAGEMENT, "us-east-1")
    organization = organizations.create_organization(FeatureSet="ALL")["Organization"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    units = {}
    for name, parent in UNITS:
        made = organizations.create_organizational_unit(ParentId=units.get(parent, root), Name=name)
        units[name] = made["OrganizationalUnit"]["Id"]
    accounts = {"management": MANAGEMENT}
    for name, unit in BARE if scale == "bare" else ACCOUNTS:
        accounts[name] = add_account(organizations, root, name, units[unit])
    organizations.tag_resource(ResourceId=accounts["prod-web"], Tags=[{"Key": "team", "Value": "Web & Größe"}, {"Key": "leer", "Value": ""}])
    if scale != "bare":
        organizations.close_account(AccountId=accounts["legacy"])
    allow_admins(front, accounts.values())
    for index, (name, account) in enumerate(accounts.items() if scale != "bare" else ()):
        if name not in ("sandbox", "legacy") and (scale != "tiny" or name in TINY):
            resources.fill(front, account, index, REGIONS, scale)
    denied = None if scale == "bare" else accounts["sandbox"]
    control(front, "POST", "config", settings(organization["Id"], accounts, denied))
    rule = {"do": "deny", "by": "scp", "account": accounts["staging"], "region": DENIED_REGION, "service": DENIED_SERVICES}
    if scale != "bare":
        control(front, "POST", "rules", rule)
    control(front, "POST", "forget") if "--keep-log" not in sys.argv else None
    return {
        "organization": organization["Id"],
        "root": root,
        "units": units,
        "accounts": accounts,
        "readable": [account for name, account in accounts.items() if name not in ("sandbox", "legacy")],
        "regions": REGIONS,
        "denied_region": {"account": accounts["staging"], "region": DENIED_REGION},
        "role": role_arn(MANAGEMENT),
        "external_id": EXTERNAL_ID,
        "source": {"key_id": SOURCE_KEY, "secret": SOURCE_SECRET, "arn": SOURCE_ARN},
        "planted": [EXTERNAL_ID, SOURCE_SECRET, resources.LAMBDA_SECRET],
    }


def add_account(organizations, root, name, unit):
    """An account in an OU, as Organizations makes it: first under the root, then moved."""
    status = organizations.create_account(AccountName=name, Email=f"aws+{len(name)}-{abs(hash_of(name))}@example.com")["CreateAccountStatus"]
    organizations.move_account(AccountId=status["AccountId"], SourceParentId=root, DestinationParentId=unit)
    return status["AccountId"]


def hash_of(name):
    """A number that is the same in every run, which Python's own hash is not."""
    return sum((index + 1) * ord(letter) for index, letter in enumerate(name))


def role_arn(account):
    return f"arn:aws:iam::{account}:role/{ROLE}"


def role(external_id=EXTERNAL_ID):
    return {"principals": [SOURCE_ARN], "external_id": external_id}


def settings(organization, accounts, denied):
    """The front's configuration: source key, roles with their trust, and every account's regions."""
    roles = {role_arn(account): role() for account in accounts.values()}
    if denied:
        roles[role_arn(denied)] = {"missing": True}
    table = {**{region: "ENABLED_BY_DEFAULT" for region in REGIONS}, **CLOSED}
    return {
        "keys": {SOURCE_KEY: {"secret": SOURCE_SECRET, "account": MANAGEMENT, "arn": SOURCE_ARN}},
        "roles": roles,
        "organization_id": organization,
        "regions": {"*": table},
    }


if __name__ == "__main__":
    print(json.dumps(build(sys.argv[1], sys.argv[2]), ensure_ascii=False))
