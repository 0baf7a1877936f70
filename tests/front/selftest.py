"""Checks the front with boto3, which knows AWS better than we do.

usage: selftest.py FRONT    with the description of a tiny organization on standard input
"""

import json
import sys
import unittest
import urllib.error
import urllib.request

import botocore.config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

import conform
from clients import MANAGEMENT, SESSION, client, control

from registry import DENIED, LEGACY, TYPES

FRONT = sys.argv.pop(1)
MADE = json.load(sys.stdin)
ACCOUNT, REGION = MADE["accounts"]["prod-web"], "eu-west-1"
# (service, operation, the list in its answer, arguments): every list operation that a kind or the discovery uses.
LISTS = [
    ("ec2", "describe_instances", "Reservations", {}),
    ("ec2", "describe_volumes", "Volumes", {}),
    ("rds", "describe_db_instances", "DBInstances", {}),
    ("sns", "list_topics", "Topics", {}),
    ("sqs", "list_queues", "QueueUrls", {}),
    ("dynamodb", "list_tables", "TableNames", {}),
    ("ecs", "list_clusters", "clusterArns", {}),
    ("ecs", "list_services", "serviceArns", {"cluster": "main"}),
    ("eks", "list_clusters", "clusters", {}),
    ("lambda", "list_functions", "Functions", {}),
    ("s3", "list_buckets", "Buckets", {}),
    ("account", "list_regions", "Regions", {}),
    ("organizations", "list_accounts", "Accounts", {}),
    ("organizations", "list_accounts_for_parent", "Accounts", {"ParentId": MADE["units"]["prod"]}),
    ("organizations", "list_organizational_units_for_parent", "OrganizationalUnits", {"ParentId": MADE["root"]}),
]
# What a denial is called, by service, as AWS's own SDK reads it.
DENIALS = {
    "ec2": "UnauthorizedOperation", "rds": "AccessDenied", "sns": "AuthorizationError", "sqs": "AccessDenied",
    "dynamodb": "AccessDeniedException", "ecs": "AccessDeniedException", "eks": "AccessDeniedException", "lambda": "AccessDeniedException",
    "s3": "AccessDenied", "account": "AccessDeniedException", "organizations": "AccessDeniedException",
}
THROTTLES = {"ec2": "RequestLimitExceeded", "rds": "Throttling", "s3": "SlowDown", "lambda": "TooManyRequestsException", "ecs": "ThrottlingException", "sqs": "RequestThrottled"}


def asked(service, account=ACCOUNT, region=REGION):
    if service in ("organizations", "account"):
        account, region = (MANAGEMENT if service == "organizations" else account), "us-east-1"
    return client.__wrapped__(FRONT, service, account, region)


def session(key_id, secret, token=None, service="sts", region=REGION):
    config = botocore.config.Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return SESSION.client(service, region, endpoint_url=FRONT, config=config, aws_access_key_id=key_id, aws_secret_access_key=secret, aws_session_token=token)


class FrontTest(unittest.TestCase):
    def tearDown(self):
        control(FRONT, "DELETE", "rules")
        control(FRONT, "POST", "config", {"page_sizes": {}, "hidden_accounts": [], "hidden_resources": []})
        control(FRONT, "POST", "clock", {"offset_s": 0})

    def code(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        return caught.exception.response["Error"]["Code"]

    def items(self, service, operation, key, arguments):
        size = {"PageSize": 100} if service == "sqs" else {}
        pages = list(asked(service).get_paginator(operation).paginate(PaginationConfig=size, **arguments))
        return len(pages), [item for page in pages for item in page.get(key, [])]

    def test_forced_pages_hold_the_same_as_the_whole(self):
        for service, operation, key, arguments in LISTS:
            _, whole = self.items(service, operation, key, arguments)
            control(FRONT, "POST", "config", {"page_sizes": {"*": 1}})
            count, paged = self.items(service, operation, key, arguments)
            control(FRONT, "POST", "config", {"page_sizes": {}})
            names = lambda items: [str(item.get("Name") or item.get("Id") or item) if isinstance(item, dict) and service in ("s3", "organizations") else str(item) for item in items]
            self.assertTrue(whole, operation)
            self.assertEqual(names(paged), names(whole), operation)
            self.assertEqual(count, len(whole), operation)

    def test_a_limit_that_the_operation_does_not_allow_is_refused(self):
        control(FRONT, "POST", "config", {"page_sizes": {"*": 5}})
        self.assertEqual(self.code(asked("organizations").list_accounts, MaxResults=21), "ValidationException")
        self.assertEqual(self.code(asked("rds").describe_db_instances, MaxRecords=19), "InvalidParameterValue")

    def test_sqs_gives_no_token_unless_asked_for_pages(self):
        control(FRONT, "POST", "config", {"page_sizes": {"sqs:ListQueues": 1}})
        self.assertNotIn("NextToken", asked("sqs").list_queues())
        self.assertIn("NextToken", asked("sqs").list_queues(MaxResults=100))

    def test_denials_have_each_services_own_code(self):
        for service, operation, _, arguments in LISTS:
            control(FRONT, "POST", "rules", {"do": "deny", "by": "scp", "service": service})
            self.assertEqual(self.code(getattr(asked(service), operation), **arguments), DENIALS[service], service)
            control(FRONT, "DELETE", "rules")

    def test_a_denial_says_which_policy_did_it(self):
        for by, words in (("scp", "explicit deny in a service control policy"), ("session", "no session policy allows the ecs:ListClusters"), ("identity", "no identity-based policy allows")):
            control(FRONT, "POST", "rules", {"do": "deny", "by": by, "service": "ecs", "account": ACCOUNT, "region": REGION, "operation": "ListClusters"})
            with self.assertRaises(ClientError) as caught:
                asked("ecs").list_clusters()
            self.assertIn(words, str(caught.exception))
            self.assertTrue(asked("ecs", region="us-east-1").list_clusters() and asked("ecs").describe_clusters())
            control(FRONT, "DELETE", "rules")

    def test_throttles_have_each_services_own_code_and_end(self):
        for service, operation, _, arguments in LISTS:
            if service not in THROTTLES:
                continue
            control(FRONT, "POST", "rules", {"do": "throttle", "service": service, "times": 1})
            self.assertEqual(self.code(getattr(asked(service), operation), **arguments), THROTTLES[service], service)
            getattr(asked(service), operation)(**arguments)
            control(FRONT, "DELETE", "rules")

    def test_a_wrong_secret_is_refused_and_counted(self):
        before = len(control(FRONT, "GET", "state")["mismatches"])
        for service, call, code in (("ecs", "list_clusters", "SignatureDoesNotMatch"), ("ec2", "describe_volumes", "AuthFailure"), ("s3", "list_buckets", "SignatureDoesNotMatch"), ("eks", "list_clusters", "SignatureDoesNotMatch")):
            wrong = session(f"AKIAADMIN{ACCOUNT}X", "not-the-secret", service=service)
            self.assertEqual(self.code(getattr(wrong, call)), code)
        self.assertEqual(len(control(FRONT, "GET", "state")["mismatches"]), before + 4)
        self.assertEqual(self.code(session("AKIAUNKNOWN", "x", service="ecs").list_clusters), "UnrecognizedClientException")

    def test_a_body_that_was_changed_after_signing_is_refused(self):
        for service, call, arguments in (("sqs", "list_queues", {"QueueNamePrefix": "work"}), ("sns", "list_topics", {})):
            tampered = asked(service)
            tampered.meta.events.register("before-send.*", tamper)
            self.assertEqual(self.code(getattr(tampered, call), **arguments), "SignatureDoesNotMatch", service)

    def test_a_clock_that_is_off_is_refused_with_the_right_time(self):
        control(FRONT, "POST", "clock", {"offset_s": 900})
        self.assertEqual(self.code(asked("s3").list_buckets), "RequestTimeTooSkewed")
        self.assertEqual(self.code(asked("ecs").list_clusters), "InvalidSignatureException")

    def test_a_role_is_lent_to_its_principal_with_its_external_id_only(self):
        sts = session(MADE["source"]["key_id"], MADE["source"]["secret"])
        role = MADE["role"].replace(MANAGEMENT, ACCOUNT)
        arguments = {"RoleArn": role, "RoleSessionName": "test"}
        self.assertEqual(self.code(sts.assume_role, **arguments), "AccessDenied")
        self.assertEqual(self.code(sts.assume_role, **arguments, ExternalId="wrong-one"), "AccessDenied")
        self.assertEqual(self.code(asked("sts").assume_role, **arguments, ExternalId=MADE["external_id"]), "AccessDenied")
        arguments["ExternalId"] = MADE["external_id"]
        for name in ("sandbox", "legacy"):
            other = {**arguments, "RoleArn": MADE["role"].replace(MANAGEMENT, MADE["accounts"][name])}
            if name == "sandbox":
                self.assertEqual(self.code(sts.assume_role, **other), "AccessDenied")
        got = sts.assume_role(**arguments)["Credentials"]
        member = session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])
        self.assertEqual(member.get_caller_identity()["Account"], ACCOUNT)
        self.assertEqual(self.code(session(got["AccessKeyId"], got["SecretAccessKey"]).get_caller_identity), "InvalidClientTokenId")
        chained = {**arguments, "DurationSeconds": 7200}
        self.assertEqual(self.code(member.assume_role, **chained), "ValidationError")
        control(FRONT, "POST", "expire", {})
        self.assertEqual(self.code(member.get_caller_identity), "ExpiredToken")
        self.assertEqual(self.code(session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], "ecs").list_clusters), "ExpiredTokenException")

    def test_regions_are_the_same_by_both_operations_and_closed_ones_refuse(self):
        opened = asked("account").list_regions(RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"])["Regions"]
        described = asked("ec2").describe_regions()["Regions"]
        self.assertEqual([region["RegionName"] for region in opened], MADE["regions"])
        self.assertEqual([region["RegionName"] for region in described], MADE["regions"])
        self.assertIn("not-opted-in", [region["OptInStatus"] for region in asked("ec2").describe_regions(AllRegions=True)["Regions"]])
        for service, call, code in (("ec2", "describe_volumes", "AuthFailure"), ("ecs", "list_clusters", "UnrecognizedClientException"), ("sns", "list_topics", "InvalidClientTokenId")):
            self.assertEqual(self.code(getattr(asked(service, region="ap-east-1"), call)), code)

    def test_a_bucket_answers_in_its_own_region_only(self):
        name = asked("s3").list_buckets()["Buckets"][0]["Name"]
        other = asked("s3", region="us-east-1")
        other.meta.events.unregister("needs-retry.s3", unique_id="retry-config-s3")
        request = {}
        other.meta.events.register("after-call.s3.GetBucketTagging", lambda parsed, **_: request.update(parsed["ResponseMetadata"]))
        asked("s3").get_public_access_block(Bucket=name)
        try:
            other.get_bucket_tagging(Bucket=name)
        except ClientError:
            pass
        log = [call for call in control(FRONT, "GET", "calls") if call["operation"] == "GetBucketTagging"]
        self.assertEqual(log[0]["status"], 301)
        self.assertEqual(asked("s3").list_buckets(MaxBuckets=10)["Buckets"][0]["BucketRegion"], REGION)
        self.assertNotIn("BucketRegion", asked("s3").list_buckets()["Buckets"][0])

    def test_spoiled_answers_are_spoiled(self):
        for fault in ("truncate", "cut", "drop", "html", "not-utf8", "empty"):
            for service, operation, key, arguments in LISTS[:11]:
                control(FRONT, "POST", "rules", {"do": fault, "service": service, "operation": "".join(part.title() for part in operation.split("_")).replace("Db", "DB")})
                try:
                    answer = getattr(asked(service), operation)(**arguments)
                    self.assertFalse(answer.get(key), f"{fault} {operation}")
                except (BotoCoreError, ClientError, ResponseParserError, ValueError, UnicodeError):
                    pass
                self.assertEqual(control(FRONT, "GET", "state")["rules"][-1]["used"], 1, f"{fault} {operation}")
                control(FRONT, "DELETE", "rules")

    def test_tokens_repeat_and_never_end_where_asked_to(self):
        for fault in ("repeat-token", "endless-tokens"):
            control(FRONT, "POST", "rules", {"do": fault, "service": "ecs", "operation": "ListClusters"})
            first = asked("ecs").list_clusters()["nextToken"]
            second = asked("ecs").list_clusters(nextToken=first)["nextToken"]
            third = asked("ecs").list_clusters(nextToken=second)["nextToken"]
            self.assertEqual(second == third, fault == "repeat-token")
            control(FRONT, "DELETE", "rules")

    def test_states_of_accounts_are_what_the_test_says(self):
        by_name = lambda: {account["Name"]: account["State"] for page in asked("organizations").get_paginator("list_accounts").paginate() for account in page["Accounts"]}
        self.assertEqual((by_name()["legacy"], by_name()["staging"]), ("SUSPENDED", "ACTIVE"))
        staging = MADE["accounts"]["staging"]
        control(FRONT, "POST", "config", {"accounts": {staging: "PENDING_CLOSURE"}})
        self.assertEqual(by_name()["staging"], "PENDING_CLOSURE")
        self.assertEqual(asked("organizations").describe_account(AccountId=staging)["Account"]["State"], "PENDING_CLOSURE")
        control(FRONT, "POST", "config", {"accounts": {staging: "ACTIVE"}, "hidden_accounts": [staging]})
        self.assertNotIn("staging", by_name())

    def test_types_are_described_as_botocores_model_says_with_handlers_or_without(self):
        registry = asked("cloudformation", region="us-east-1")
        complaints = conform.watch(registry, ["DescribeType"])
        for name in TYPES:
            found = registry.describe_type(Type="RESOURCE", TypeName=name)
            schema = json.loads(found["Schema"])
            self.assertEqual((found["TypeName"], schema["typeName"], found["Visibility"]), (name, name, "PUBLIC"))
            self.assertEqual(set(schema.get("handlers", {})), set() if name == LEGACY else {"create", "list", "read"}, name)
            keys = [key.removeprefix("/properties/") for key in schema["primaryIdentifier"] + schema["readOnlyProperties"]]
            self.assertLessEqual(set(keys), set(schema["properties"]), name)
        self.assertIn("secretsmanager:GetSecretValue", json.loads(registry.describe_type(Type="RESOURCE", TypeName=DENIED)["Schema"])["handlers"]["read"]["permissions"])
        for arguments, code in (({"Type": "RESOURCE", "TypeName": "AWS::IoT::Thingy"}, "TypeNotFoundException"), ({"Type": "RESOURCE"}, "CFNRegistryException"), ({"Type": "HOOK", "TypeName": "AWS::IoT::Thing"}, "CFNRegistryException")):
            self.assertEqual(self.code(registry.describe_type, **arguments), code)
        elsewhere = asked("cloudformation", region="eu-west-1")
        self.assertEqual(self.code(elsewhere.describe_type, Type="RESOURCE", TypeName="AWS::CE::AnomalyMonitor"), "TypeNotFoundException")
        self.assertEqual(complaints, [])

    def test_cloud_control_lists_and_reads_as_botocores_model_says(self):
        cloud = asked("cloudcontrol", region="us-east-1")
        complaints = conform.watch(cloud, ["ListResources", "GetResource"])
        counts = {}
        for name, kind in TYPES.items():
            if name == LEGACY:
                continue
            below = [{}] if not kind.required else [{"ResourceModel": json.dumps({"ChannelGroupName": group})} for group in ("live", "archive")]
            for arguments in below:
                pages = list(cloud.get_paginator("list_resources").paginate(TypeName=name, **arguments))
                for item in (item for page in pages for item in page["ResourceDescriptions"]):
                    listed = json.loads(item["Properties"])
                    whole = json.loads(cloud.get_resource(TypeName=name, Identifier=item["Identifier"])["ResourceDescription"]["Properties"])
                    self.assertEqual({key: whole[key] for key in listed}, listed)
                    self.assertEqual(item["Identifier"], "|".join(whole[key] for key in kind.identifier))
                    counts.setdefault(name, []).append(listed == whole)
                self.assertEqual(len(pages), 3 if name == "AWS::IoT::Thing" else 1, name)
        self.assertEqual({name: len(found) for name, found in counts.items()}, {
            "AWS::Athena::DataCatalog": 3, "AWS::CE::AnomalyMonitor": 1, "AWS::IoT::Thing": 45, "AWS::MediaPackageV2::ChannelGroup": 2,
            "AWS::MediaPackageV2::Channel": 3, "AWS::Timestream::Table": 3, DENIED: 1,
        })
        partial = {"AWS::Athena::DataCatalog", "AWS::MediaPackageV2::ChannelGroup", "AWS::MediaPackageV2::Channel"}
        self.assertEqual({name for name, found in counts.items() if not all(found)}, partial)
        self.assertEqual(complaints, [])

    def test_cloud_control_pages_by_limit_and_forced_size(self):
        cloud = asked("cloudcontrol")
        sizes = lambda **arguments: [len(page["ResourceDescriptions"]) for page in cloud.get_paginator("list_resources").paginate(TypeName="AWS::IoT::Thing", **arguments)]
        self.assertEqual(sizes(), [20, 20, 5])
        self.assertEqual(sizes(PaginationConfig={"PageSize": 15}), [15, 15, 15])
        control(FRONT, "POST", "config", {"page_sizes": {"cloudcontrol:ListResources": 40}})
        self.assertEqual(sizes(), [40, 5])
        self.assertEqual(self.code(cloud.list_resources, TypeName="AWS::IoT::Thing", MaxResults=101), "ValidationException")

    def test_cloud_controls_refusals_are_its_own(self):
        cloud = asked("cloudcontrol", region="eu-west-1")
        complaints = conform.watch(cloud, ["ListResources", "GetResource"])
        for call, arguments, code in (
            (cloud.list_resources, {"TypeName": "AWS::IoT::Thingy"}, "TypeNotFoundException"),
            (cloud.get_resource, {"TypeName": "AWS::IoT::Thingy", "Identifier": "x"}, "TypeNotFoundException"),
            (cloud.list_resources, {"TypeName": "AWS::CE::AnomalyMonitor"}, "TypeNotFoundException"),
            (cloud.list_resources, {"TypeName": LEGACY}, "UnsupportedActionException"),
            (cloud.get_resource, {"TypeName": LEGACY, "Identifier": "legacy"}, "UnsupportedActionException"),
            (cloud.list_resources, {"TypeName": "AWS::MediaPackageV2::Channel"}, "InvalidRequestException"),
            (cloud.list_resources, {"TypeName": "AWS::MediaPackageV2::Channel", "ResourceModel": "{\"Arn\": \"x\"}"}, "InvalidRequestException"),
            (cloud.get_resource, {"TypeName": "AWS::IoT::Thing", "Identifier": "nobody"}, "ResourceNotFoundException"),
        ):
            self.assertEqual(self.code(call, **arguments), code)
        self.assertEqual(complaints, [])
        self.assertTrue(cloud.get_resource(TypeName="AWS::IoT::Thing", Identifier="sensor-001"))
        control(FRONT, "POST", "config", {"hidden_resources": ["sensor-001"]})
        self.assertEqual(self.code(cloud.get_resource, TypeName="AWS::IoT::Thing", Identifier="sensor-001"), "ResourceNotFoundException")
        names = [item["Identifier"] for page in cloud.get_paginator("list_resources").paginate(TypeName="AWS::IoT::Thing") for item in page["ResourceDescriptions"]]
        self.assertEqual((len(names), "sensor-001" in names), (44, False))
        control(FRONT, "POST", "rules", {"do": "deny", "service": "cloudcontrol"})
        with self.assertRaises(ClientError) as caught:
            cloud.list_resources(TypeName="AWS::IoT::Thing")
        self.assertIn("cloudformation:ListResources", str(caught.exception))

    def test_an_answer_that_the_model_does_not_have_is_noticed(self):
        cloud = asked("cloudcontrol")
        complaints = conform.watch(cloud, ["ListResources"])
        for old, new in (('"TypeName"', '"TypeNames"'), ('"Identifier": "', '"Identifier": 7, "Properties": "'), ("AWS::IoT::Thing", "Thing")):
            control(FRONT, "POST", "rules", {"do": "replace", "service": "cloudcontrol", "old": old, "new": new})
            cloud.list_resources(TypeName="AWS::IoT::Thing", MaxResults=1)
            self.assertTrue(complaints, new)
            complaints.clear()
            control(FRONT, "DELETE", "rules")

    def test_what_the_control_interface_does_not_know_is_refused(self):
        for method, what, body in (("POST", "rules", {"do": "dance"}), ("POST", "config", {"kyes": {}}), ("GET", "nothing", None)):
            with self.assertRaises(urllib.error.HTTPError):
                control(FRONT, method, what, body)


def tamper(request, **_):
    body = request.body if isinstance(request.body, bytes) else request.body.encode()
    request.body = body.replace(b"work", b"walk").replace(b"ListTopics", b"ListTopicz")


if __name__ == "__main__":
    unittest.main(verbosity=0)
