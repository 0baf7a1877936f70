"""Asks for everything there is through botocore, and looks at what botocore's parser makes of it.

    python answers.py ENDPOINT CONTROL
"""

import json
import sys
import urllib.request
from pathlib import Path
from xml.etree import ElementTree

import botocore.parsers
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from wire import leaves, scalars, texts, types

DATA = Path(__file__).parents[2] / "data"
ENDPOINT, CONTROL = sys.argv[1:3]
SESSION = botocore.session.get_session()
# Codes that the services give and their models do not have.
UNMODELLED = {"ValidationError", "NoSuchBucket"}


def control(path):
    with urllib.request.urlopen(f"{CONTROL}/__control/{path}") as answer:
        return json.load(answer)


class Asker:
    """A client of one service, whose answers are looked at before they are given out."""

    def __init__(self, service, region, credentials=None):
        keys = credentials and {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        self.client = SESSION.create_client(service, region, endpoint_url=ENDPOINT, config=config, **(keys or {}))
        self.client.meta.events.register("before-parse", self.keep)
        self.kept = None

    def keep(self, response_dict, operation_model, **_):
        self.kept = dict(response_dict), operation_model

    def ask(self, operation, **arguments):
        name = botocore.xform_name(operation)
        answer = getattr(self.client, name)(**arguments)
        self.look()
        return answer

    def look(self):
        response, operation = self.kept
        protocol = operation.metadata["protocol"]
        shape = operation.output_shape
        parsed = botocore.parsers.create_parser(protocol).parse(response, shape)
        parsed.pop("ResponseMetadata")
        where = f"{operation.service_model.service_name}:{operation.name}"
        types(parsed, shape, where)
        if "json" in protocol:
            raw = json.loads(response["body"])
            there, taken = scalars(raw), leaves(parsed, shape, False)
        else:
            there, taken = texts(ElementTree.fromstring(response["body"])), leaves(parsed, shape, True)
        assert there == taken, f"{where}: {there} values on the wire, {taken} taken: {response['body'][:3000]}"


def operations():
    for file in sorted((DATA / "operations").glob("*.txt")):
        service, operation = file.stem.split(".")
        header = dict(line.split(": ", 1) for line in file.read_text().split("--- ")[0].splitlines())
        yield service, operation, header


def scopes():
    lines = (line.split(" ", 1) for line in (DATA / "kinds.txt").read_text().splitlines() if not line.startswith("#"))
    return {name: scope for scope, name in lines}


def items(service, operation, page):
    """What a page lists: botocore's paginators name the member, and where there is none it is the one list."""
    paginators = SESSION.get_component("data_loader").load_service_model(service, "paginators-1")["pagination"]
    keys = paginators.get(operation, {}).get("result_key", [])
    found = []
    for key in [keys] if isinstance(keys, str) else keys or [key for key in page if isinstance(page[key], list)]:
        value = page
        for part in key.split("."):
            value = value.get(part, {})
        found += value or []
    return found


def listed(asker, service, operation, given):
    """All that an operation lists."""
    name = botocore.xform_name(operation)
    found = []
    if asker.client.can_paginate(name):
        pages = asker.client.get_paginator(name).paginate(**given)
        for page in pages:
            asker.look()
            found += items(service, operation, page)
    else:
        found += items(service, operation, asker.ask(operation))
    return found


def named(value, wanted):
    """The first value of this name, at any depth."""
    if isinstance(value, dict):
        if wanted in value:
            return value[wanted]
        value = list(value.values())
    return next(filter(None, (named(member, wanted) for member in value)), None) if isinstance(value, list) else None


# Pages small enough that there are several, or that must be given.
SMALL = {"s3": {"MaxBuckets": 50}, "cognito-idp": {"MaxResults": 60}, "sqs": {"MaxResults": 100}, "ec2": {"MaxResults": 100}}


def small(service, operation):
    return {} if operation == "DescribeAddresses" else SMALL.get(service, {})


# What names a resource in a detail call: (member of the call, as a list?, member of the listing or None for a plain name).
ASKED = {
    "iam:GetRole": ("RoleName", False, "RoleName"),
    "sns:GetTopicAttributes": ("TopicArn", False, "TopicArn"),
    "secretsmanager:DescribeSecret": ("SecretId", False, "ARN"),
    "lambda:GetFunctionConfiguration": ("FunctionName", False, "FunctionName"),
    "apigateway:GetRestApi": ("restApiId", False, "id"),
    "dynamodb:DescribeTable": ("TableName", False, None),
    "sqs:GetQueueAttributes": ("QueueUrl", False, None),
    "sqs:GetQueueUrl": ("QueueName", False, None),
    "eks:DescribeCluster": ("name", False, None),
    "ecs:DescribeClusters": ("clusters", True, None),
    "kinesis:DescribeStreamSummary": ("StreamName", False, "StreamName"),
    "kms:DescribeKey": ("KeyId", False, "KeyId"),
    "stepfunctions:DescribeStateMachine": ("stateMachineArn", False, "stateMachineArn"),
    "cognito-idp:DescribeUserPool": ("UserPoolId", False, "Id"),
    "opensearch:DescribeDomains": ("DomainNames", True, "DomainName"),
    "opensearch:DescribeDomain": ("DomainName", False, "DomainName"),
    "s3:GetBucketTagging": ("Bucket", False, "Name"),
    "route53:GetHostedZone": ("Id", False, "Id"),
    # Listings that are asked for some.
    "ec2:DescribeInstances": ("InstanceIds", True, "InstanceId"),
    "ec2:DescribeVolumes": ("VolumeIds", True, "VolumeId"),
    "autoscaling:DescribeAutoScalingGroups": ("AutoScalingGroupNames", True, "AutoScalingGroupName"),
    "cloudformation:DescribeStacks": ("StackName", False, "StackId"),
    "elasticache:DescribeCacheClusters": ("CacheClusterId", False, "CacheClusterId"),
    "elbv2:DescribeLoadBalancers": ("LoadBalancerArns", True, "LoadBalancerArn"),
    "elbv2:DescribeTargetGroups": ("TargetGroupArns", True, "TargetGroupArn"),
    "rds:DescribeDBInstances": ("DBInstanceIdentifier", False, "DBInstanceIdentifier"),
    "rds:DescribeDBClusters": ("DBClusterIdentifier", False, "DBClusterIdentifier"),
    "ecr:DescribeRepositories": ("repositoryNames", True, "repositoryName"),
    "efs:DescribeFileSystems": ("FileSystemId", False, "FileSystemId"),
    "s3:ListBuckets": ("Prefix", False, "Name"),
}
# Answers that do not say what they are about.
SILENT = {"s3:GetBucketTagging", "sqs:GetQueueAttributes"}


def details(asker, service, operation, some):
    """A detail call is answered about what was asked, and one for what is not there as the model says."""
    member, many, of = ASKED[f"{service}:{operation}"]
    extra = {"AttributeNames": ["All"]} if operation == "GetQueueAttributes" else {}
    for item in some:
        identity = item if of is None else named(item, of)
        if operation == "GetQueueUrl":
            identity = identity.rpartition("/")[2]
        answer = asker.ask(operation, **{member: [identity] if many else identity}, **extra)
        said = json.dumps(answer, default=str)
        assert identity in said or f"{service}:{operation}" in SILENT, f"{operation} of {identity}: {said}"
    gone = identity[:-8] + "fffffff0"
    try:
        answer = asker.ask(operation, **{member: [gone] if many else gone}, **extra)
        lists = [value for name, value in answer.items() if isinstance(value, list) and name != "failures"]
        assert lists and not any(lists), f"{operation} of what is not there: {answer}"
    except ClientError as error:
        code = error.response["Error"]["Code"]
        model = asker.client.meta.service_model.operation_model(operation)
        codes = {shape.metadata.get("error", {}).get("code", shape.name) for shape in model.error_shapes}
        codes |= {shape.name for shape in model.error_shapes}
        assert code in codes | UNMODELLED, f"{operation}: {code} is none of {codes}"


def main():
    estate = control("estate")
    accounts, regions = sorted(estate["by_account"]), estate["regions"]
    sts = Asker("sts", "us-east-1")
    assert sts.ask("GetCallerIdentity")["Account"] == accounts[0]
    sessions = {}
    for account in accounts:
        role = f"arn:aws:iam::{account}:role/path/Reader"
        made = sts.ask("AssumeRole", RoleArn=role, RoleSessionName="test", ExternalId="external")
        assert made["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account}:assumed-role/Reader/test", made
        sessions[account] = made["Credentials"]
        assert Asker("sts", "eu-west-1", made["Credentials"]).ask("GetCallerIdentity")["Account"] == account

    askers = {}

    def asker_of(service, region, account):
        key = service, region, account
        if key not in askers:
            askers[key] = Asker(service, region, sessions[account])
        return askers[key]

    kinds, counted, details_asked = scopes(), {}, 0
    for service, operation, header in operations():
        if "kind" not in header:
            continue
        kind = header["kind"]
        lists = "page" in header or operation in ("DescribeAddresses", "ListDomainNames")
        for account in accounts:
            for region in regions if kinds[kind] == "region" else ["us-east-1"]:
                asker = asker_of(service, region, account)
                if lists:
                    found = listed(asker, service, operation, small(service, operation))
                    counted[kind] = counted.get(kind, 0) + len(found)
                if f"{service}:{operation}" in ASKED and region == "us-east-1" and account == accounts[-1]:
                    lister = next(
                        other for where, other, parts in operations()
                        if parts.get("kind") == kind and ("page" in parts or other in ("DescribeAddresses", "ListDomainNames"))
                    )
                    found = listed(asker, service, lister, small(service, lister))
                    details(asker, service, operation, found[:1] + found[-1:])
                    details_asked += 1
    assert details_asked == len(ASKED), f"{details_asked} of {len(ASKED)}"
    # Reservations of one instance each, names, summaries: as many as there are.
    assert counted == estate["by_kind"], {kind: (counted.get(kind), count) for kind, count in estate["by_kind"].items() if counted.get(kind) != count}

    organizations = Asker("organizations", "us-east-1", sessions[accounts[0]])
    assert organizations.ask("DescribeOrganization")["Organization"]["MasterAccountId"] == accounts[0]
    root = organizations.ask("ListRoots")["Roots"][0]["Id"]
    walked = [account["Id"] for account in listed_below(organizations, root)]
    assert sorted(walked) == accounts, walked
    assert sorted(account["Id"] for account in listed(organizations, "organizations", "ListAccounts", {})) == accounts
    account = accounts[-1]
    assert organizations.ask("DescribeAccount", AccountId=account)["Account"]["Id"] == account
    parent = organizations.ask("ListParents", ChildId=account)["Parents"][0]["Id"]
    assert organizations.ask("DescribeOrganizationalUnit", OrganizationalUnitId=parent)["OrganizationalUnit"]["Id"] == parent
    assert organizations.ask("ListParents", ChildId=parent)["Parents"][0]["Id"] == root
    organizations.ask("ListTagsForResource", ResourceId=account)

    enabled = [
        region["RegionName"] for region in listed(Asker("account", "us-east-1", sessions[account]), "account", "ListRegions", {})
        if region["RegionOptStatus"] == "ENABLED_BY_DEFAULT"
    ]
    assert enabled == regions, enabled
    answer = Asker("ec2", "us-east-1", sessions[account]).ask("DescribeRegions", AllRegions=True)
    assert [region["RegionName"] for region in answer["Regions"] if region["OptInStatus"] != "not-opted-in"] == regions
    print(f"fine: {sum(counted.values())} resources of {len(counted)} kinds")


def listed_below(organizations, parent):
    pages = organizations.client.get_paginator("list_accounts_for_parent").paginate(ParentId=parent)
    found = [account for page in pages for account in page["Accounts"]]
    for page in organizations.client.get_paginator("list_organizational_units_for_parent").paginate(ParentId=parent):
        organizations.look()
        found += [account for unit in page["OrganizationalUnits"] for account in listed_below(organizations, unit["Id"])]
    return found


main()
