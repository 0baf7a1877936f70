"""Checks with boto3 how the front lends roles and holds calls to their policies.

usage: selftest_access.py FRONT    before a moto that has AWS's managed policies
"""

import base64
import json
import sys
import unittest
import urllib.error

import botocore.config
from botocore.exceptions import ClientError

import trust_cases as cases
from clients import SESSION, allow_admins, client, control

FRONT = sys.argv.pop(1)
REGION = "eu-west-1"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
# (service, operation, arguments, action, the denial's code): two of each protocol, so that one is allowed and one not.
CALLS = {
    "ec2": [("ec2", "describe_volumes", {}, "ec2:DescribeVolumes", "UnauthorizedOperation"), ("ec2", "describe_vpcs", {}, "ec2:DescribeVpcs", "UnauthorizedOperation")],
    "query": [("rds", "describe_db_instances", {}, "rds:DescribeDBInstances", "AccessDenied"), ("sns", "list_topics", {}, "sns:ListTopics", "AuthorizationError")],
    "json": [("dynamodb", "list_tables", {}, "dynamodb:ListTables", "AccessDeniedException"), ("ecs", "list_clusters", {}, "ecs:ListClusters", "AccessDeniedException")],
    "json, once query": [("sqs", "list_queues", {}, "sqs:ListQueues", "AccessDenied"), ("cloudwatch", "describe_alarms", {}, "cloudwatch:DescribeAlarms", "AccessDeniedException")],
    "rest-json": [("eks", "list_clusters", {}, "eks:ListClusters", "AccessDeniedException"), ("lambda", "list_functions", {}, "lambda:ListFunctions", "AccessDeniedException")],
    "rest-xml": [("s3", "list_buckets", {}, "s3:ListAllMyBuckets", "AccessDenied"), ("s3", "get_bucket_tagging", {"Bucket": "made"}, "s3:GetBucketTagging", "AccessDenied")],
    "other names": [("resourcegroupstaggingapi", "get_resources", {}, "tag:GetResources", "AccessDeniedException"), ("apigateway", "get_rest_apis", {}, "apigateway:GET", "AccessDeniedException")],
}


def session(key_id, secret, token=None, service="sts"):
    config = botocore.config.Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return SESSION.client(service, REGION, endpoint_url=FRONT, config=config, aws_access_key_id=key_id, aws_secret_access_key=secret, aws_session_token=token)


def policy(*actions, effect="Allow", resource="*"):
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": list(actions), "Resource": resource}]}


def trust(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def jwt(claims):
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    return f"{part({'alg': 'RS256'})}.{part(claims)}.c2lnbmF0dXJl" if isinstance(claims, dict) else claims


def configure(**config):
    control(FRONT, "POST", "config", config)


def role(arn=cases.ROLE, **fields):
    configure(roles={arn: fields})


class Access(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        keys = {f"AKIA{name}": {"secret": f"secret-{name}", **fields} for name, fields in cases.KEYS.items()}
        bounded = {"policies": [policy("sts:*")], "boundary": policy("s3:*")}
        configure(keys=keys, organization_id=cases.ORGANIZATION, roles={cases.KEYS["bounded"]["role"]: bounded})
        allow_admins(FRONT, [cases.HOME, cases.MEMBER])
        client(FRONT, "s3", cases.MEMBER, REGION).create_bucket(Bucket="made", CreateBucketConfiguration={"LocationConstraint": REGION})

    def tearDown(self):
        configure(oidc_providers={cases.PROVIDER: None})

    def refused(self, call, **arguments):
        """(code, message) of a call that must be refused."""
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        return error["Code"], error["Message"]

    def assume(self, name="user", arn=cases.ROLE, **more):
        sts = session(f"AKIA{name}", f"secret-{name}")
        return sts.assume_role(**{"RoleArn": arn, "RoleSessionName": "test", **more})["Credentials"]

    def member(self, service, **more):
        """A client with a fresh session of the role."""
        got = self.assume(**more)
        return session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], service)

    def test_trusts_are_read_as_aws_reads_them(self):
        for number, (about, statements, name, arguments, action, *words) in enumerate(cases.ASSUME):
            with self.subTest(about):
                role(trust=trust(*statements))
                if action is None:
                    self.assume(name, **arguments)
                    continue
                code, message = self.refused(self.assume, name=name, **arguments)
                who = cases.KEYS[name]["arn"]
                reason = "".join(" " + word.format(action) for word in words)
                self.assertEqual((code, message), ("AccessDenied", f"User: {who} is not authorized to perform: {action} on resource: {cases.ROLE}{reason}"))
        self.assertGreaterEqual(len(cases.ASSUME), 60)

    def test_tokens_are_taken_by_their_claims(self):
        sts = session("AKIAuser", "secret-user")
        for about, statements, claims, code in cases.WEB_IDENTITY:
            with self.subTest(about):
                role(trust=trust(*statements))
                arguments = {"RoleArn": cases.ROLE, "RoleSessionName": "test", "WebIdentityToken": jwt(claims)}
                if code is None:
                    got = sts.assume_role_with_web_identity(**arguments)["Credentials"]
                    self.assertIn(":assumed-role/Read/test", session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"]).get_caller_identity()["Arn"])
                    continue
                found, message = self.refused(sts.assume_role_with_web_identity, **arguments)
                self.assertEqual(found, code)
                if code == "AccessDenied":
                    self.assertEqual(message, "Not authorized to perform sts:AssumeRoleWithWebIdentity")

    def test_a_provider_must_exist_and_know_the_audience(self):
        sts = session("AKIAuser", "secret-user")
        role(trust=trust(*cases.federated(None)))
        for providers, words in (({cases.PROVIDER: {"client_ids": ["other"]}}, "Incorrect token audience"), ({cases.PROVIDER: {"client_ids": ["sts.amazonaws.com"]}}, None)):
            configure(oidc_providers=providers)
            for claims, said in ((cases.RIGHT, words), ({**cases.RIGHT, "iss": "https://unknown.example"}, "No OpenIDConnect provider found in your account for https://unknown.example")):
                arguments = {"RoleArn": cases.ROLE, "RoleSessionName": "test", "WebIdentityToken": jwt(claims)}
                if said:
                    self.assertEqual(self.refused(sts.assume_role_with_web_identity, **arguments), ("InvalidIdentityToken", said))
                else:
                    sts.assume_role_with_web_identity(**arguments)

    def test_services_get_the_roles_that_trust_them(self):
        for about, statements, service, context, tags, action in cases.SERVICES:
            with self.subTest(about):
                role(trust=trust(*statements), policies=[policy("sqs:*")])
                got = control(FRONT, "POST", "lend", {"role": cases.ROLE, "service": service, "context": context, "tags": tags})
                if action:
                    self.assertEqual(got, {"refused": f"{service} is not authorized to perform: {action} on resource: {cases.ROLE}"})
                    continue
                lent = lambda name: session(got["AccessKeyId"], got["SecretAccessKey"], got["Token"], name)
                self.assertEqual(lent("sts").get_caller_identity()["Arn"], got["arn"])
                lent("sqs").list_queues()
                self.assertEqual(self.refused(lent("ec2").describe_vpcs)[0], "UnauthorizedOperation")
                role(cases.NEAR, trust=trust(cases.aws(cases.ROLE, "sts:AssumeRole")))
                role(trust=trust(*statements), policies=[policy("sts:*")])
                if tags:
                    _, message = self.refused(lent("sts").assume_role, RoleArn=cases.NEAR, RoleSessionName="next")
                    self.assertIn("sts:TagSession on resource", message)
                else:
                    lent("sts").assume_role(RoleArn=cases.NEAR, RoleSessionName="next")

    def test_what_is_no_trust_is_refused_when_it_is_configured(self):
        for statements, words in cases.MALFORMED:
            with self.assertRaises(urllib.error.HTTPError) as caught:
                role(trust=trust(*statements))
            self.assertIn(words, caught.exception.read().decode())

    def test_a_role_has_its_longest_session(self):
        role(trust=trust(cases.aws(cases.HOME)), max_session=7200)
        self.assume(DurationSeconds=7200)
        self.assertIn("MaxSessionDuration", self.refused(self.assume, DurationSeconds=7201)[1])
        # A session of a role chains for an hour at most.
        self.assertIn("role chaining", self.refused(self.assume, name="task", DurationSeconds=7200)[1])
        role(trust=trust(cases.aws(cases.HOME)))
        self.assertEqual(self.refused(self.assume, DurationSeconds=3601)[0], "ValidationError")

    def test_calls_need_the_identity_policy_and_the_session_policy_in_every_protocol(self):
        asked = lambda service, **more: self.member(service, **more)
        count = 0
        for protocol, calls in CALLS.items():
            for (service, operation, arguments, action, code), (_, _, _, other, _) in (calls, calls[::-1]):
                with self.subTest(f"{protocol} {action}"):
                    # (policies of the role, Policy, PolicyArns, the reason of the denial or None)
                    for own, inline, arns, reason in (
                        (None, None, [], None),
                        ([policy(action)], None, [], None),
                        ([policy(action)], policy(action), [], None),
                        (["arn:aws:iam::aws:policy/AdministratorAccess"], policy(action), [], None),
                        ([policy(action)], None, [READ_ONLY], None),
                        ([policy(action)], policy(other), [READ_ONLY], None),
                        ([policy(other)], None, [], f"because no identity-based policy allows the {action} action"),
                        ([], policy(action), [], f"because no identity-based policy allows the {action} action"),
                        (None, policy(other), [], f"because no session policy allows the {action} action"),
                        ([READ_ONLY], policy(other), [], f"because no session policy allows the {action} action"),
                        ([READ_ONLY], policy(action, effect="Deny"), [READ_ONLY], "with an explicit deny in a session policy"),
                        ([READ_ONLY, policy(action, effect="Deny")], None, [], "with an explicit deny in an identity-based policy"),
                    ):
                        role(trust=trust(cases.aws(cases.HOME)), **({"policies": own} if own is not None else {}))
                        limits = {"Policy": json.dumps(inline)} if inline else {}
                        limits |= {"PolicyArns": [{"arn": arn} for arn in arns]} if arns else {}
                        call = getattr(asked(service, **limits), operation)
                        count += 1
                        if reason is None:
                            try:
                                call(**arguments)
                            except ClientError as error:
                                self.assertEqual(error.response["Error"]["Code"], "NoSuchTagSet")
                            continue
                        found, message = self.refused(call, **arguments)
                        self.assertEqual(found, code)
                        self.assertIn(f"is not authorized to perform: {action}", message)
                        self.assertTrue(message.endswith(reason), message)
        self.assertGreater(count, 160)

    def test_policies_hold_as_they_are_now_and_resources_are_the_calls_own(self):
        role(trust=trust(cases.aws(cases.HOME)), policies=[policy("s3:*", resource="arn:aws:s3:::made"), policy("sqs:*", resource=f"arn:aws:sqs:eu-west-1:{cases.MEMBER}:mine")])
        s3, sqs = self.member("s3"), self.member("sqs")
        s3.get_bucket_location(Bucket="made")
        self.assertEqual(self.refused(s3.get_bucket_location, Bucket="another")[0], "AccessDenied")
        self.assertEqual(self.refused(s3.list_buckets)[0], "AccessDenied")
        self.assertIn(f"resource: arn:aws:sqs:eu-west-1:{cases.MEMBER}:other because", self.refused(sqs.get_queue_url, QueueName="other")[1])
        self.assertIn("NonExistentQueue", self.refused(sqs.get_queue_url, QueueName="mine")[0])
        role(trust=trust(cases.aws(cases.HOME)), policies=[])
        self.assertEqual(self.refused(s3.get_bucket_location, Bucket="made")[0], "AccessDenied")
        self.assertEqual(session("AKIAnobody", "secret-nobody").get_caller_identity()["Account"], cases.HOME)

    def test_service_control_policies_stand_above_all(self):
        role(trust=trust(cases.aws(cases.HOME)), policies=["arn:aws:iam::aws:policy/AdministratorAccess"])
        sqs = self.member("sqs")
        away = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}}}, {"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        try:
            for documents, reason in (([away], "with an explicit deny in a service control policy"), ([policy("ec2:*")], "because no service control policy allows the sqs:ListQueues action")):
                configure(scps={cases.MEMBER: documents})
                self.assertTrue(self.refused(sqs.list_queues)[1].endswith(reason))
        finally:
            configure(scps={cases.MEMBER: None})
        sqs.list_queues()

    def test_session_policies_are_refused_as_sts_does(self):
        role(trust=trust(cases.aws(cases.HOME)))
        long = json.dumps(policy(*(f"sqs:ListQueues{number:04}" for number in range(110))))
        self.assertGreater(len(long), 2048)
        for arguments, code in (
            ({"Policy": "{"}, "MalformedPolicyDocument"),
            ({"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*"}]})}, "MalformedPolicyDocument"),
            ({"Policy": json.dumps(trust(cases.aws(cases.HOME)))}, "MalformedPolicyDocument"),
            ({"Policy": json.dumps(policy("ListQueues"))}, "MalformedPolicyDocument"),
            ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/NoSuchPolicy"}]}, "MalformedPolicyDocument"),
            ({"Policy": long}, "PackedPolicyTooLarge"),
            ({"Policy": long[:1000] + " " * 1000 + long[1000:]}, "PackedPolicyTooLarge"),
        ):
            self.assertEqual(self.refused(self.assume, **arguments)[0], code, arguments)
        configure(roles={cases.ROLE: {"trust": trust(*cases.federated(None))}}, oidc_providers={cases.PROVIDER: {"client_ids": ["sts.amazonaws.com"]}})
        web = session("AKIAuser", "secret-user").assume_role_with_web_identity
        arguments = {"RoleArn": cases.ROLE, "RoleSessionName": "test", "WebIdentityToken": jwt(cases.RIGHT)}
        self.assertEqual(self.refused(web, **arguments, Policy=long)[0], "ValidationError")
        got = web(**arguments, Policy=json.dumps(policy("sqs:ListQueues")))["Credentials"]
        lent = lambda service: session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], service)
        lent("sqs").list_queues()
        self.assertIn("no session policy allows the sns:ListTopics", self.refused(lent("sns").list_topics)[1])
        log = [call for call in control(FRONT, "GET", "calls") if call["operation"] == "AssumeRoleWithWebIdentity"][-1]["assume"]
        self.assertEqual((json.loads(log["policy_text"]), log["policy"], log["policy_arns"]), (policy("sqs:ListQueues"), True, []))

    def test_a_chain_is_limited_by_every_session_before_it(self):
        hub, far = f"arn:aws:iam::{cases.HOME}:role/Hub", cases.ROLE
        configure(roles={hub: {"trust": trust(cases.aws(cases.USER))}, far: {"trust": trust(cases.aws(hub))}})
        allowed = json.dumps(policy("sts:AssumeRole", resource="arn:aws:iam::*:role/path/Read"))
        for limit, reason in ((allowed, None), (json.dumps(policy("sts:AssumeRole", resource=f"{far}X")), "because no session policy allows the sts:AssumeRole action")):
            got = self.assume(arn=hub, Policy=limit)
            through = session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])
            if reason is None:
                through.assume_role(RoleArn=far, RoleSessionName="next")
                continue
            self.assertTrue(self.refused(through.assume_role, RoleArn=far, RoleSessionName="next")[1].endswith(reason))
        self.assertIn("is not authorized to perform: sts:AssumeRole", self.refused(self.assume)[1])
        denials = [call["denied"] for call in control(FRONT, "GET", "calls") if call.get("denied")]
        self.assertEqual(denials[-1], {"by": "trust", "explicit": False, "action": "sts:AssumeRole", "resource": far})

    def test_cloud_control_needs_what_its_handlers_need(self):
        own = ["cloudformation:ListResources", "cloudformation:GetResource"]
        for actions, listed, read in (
            ([*own, "athena:ListDataCatalogs", "athena:GetDataCatalog", "athena:ListTagsForResource"], None, None),
            ([*own, "athena:ListDataCatalogs"], None, "athena:GetDataCatalog"),
            ([*own, "athena:GetDataCatalog", "athena:ListTagsForResource"], "athena:ListDataCatalogs", None),
            (["athena:*"], "cloudformation:ListResources", "cloudformation:GetResource"),
        ):
            role(trust=trust(cases.aws(cases.HOME)))
            cloud = self.member("cloudcontrol", Policy=json.dumps(policy(*actions)))
            for call, arguments, missing in ((cloud.list_resources, {}, listed), (cloud.get_resource, {"Identifier": "federated"}, read)):
                arguments["TypeName"] = "AWS::Athena::DataCatalog"
                if missing is None:
                    call(**arguments)
                    continue
                code, message = self.refused(call, **arguments)
                self.assertEqual(code, "AccessDeniedException")
                self.assertIn(f"no session policy allows the {missing} action", message)
                self.assertEqual("HandlerErrorCode: AccessDenied" in message, missing.startswith("athena"))

    def test_the_simulator_says_what_a_role_may(self):
        iam = client(FRONT, "iam", cases.MEMBER, "us-east-1")
        role(trust=trust(cases.aws(cases.HOME)), policies=[READ_ONLY, policy("s3:GetObject", effect="Deny")])
        decisions = lambda found: {one["EvalActionName"]: one["EvalDecision"] for one in found["EvaluationResults"]}
        asked = ["sqs:ListQueues", "sqs:DeleteQueue", "s3:GetObject"]
        self.assertEqual(decisions(iam.simulate_principal_policy(PolicySourceArn=cases.ROLE, ActionNames=asked)), {"sqs:ListQueues": "allowed", "sqs:DeleteQueue": "implicitDeny", "s3:GetObject": "explicitDeny"})
        found = iam.simulate_custom_policy(PolicyInputList=[json.dumps(policy("sqs:*", resource="arn:aws:sqs:*:*:mine"))], ActionNames=["sqs:ListQueues"], ResourceArns=["arn:aws:sqs:eu-west-1:1:mine", "arn:aws:sqs:eu-west-1:1:other"])
        self.assertEqual([one["EvalDecision"] for one in found["EvaluationResults"]], ["allowed", "implicitDeny"])
        self.assertEqual(self.refused(iam.simulate_principal_policy, PolicySourceArn=cases.ROLE + "X", ActionNames=asked)[0], "NoSuchEntity")

    def test_roles_in_motos_iam_can_be_adopted(self):
        iam = client(FRONT, "iam", cases.MEMBER, "us-east-1")
        made = iam.create_role(RoleName="Adopted", Path="/path/", AssumeRolePolicyDocument=json.dumps(trust(cases.aws(cases.HOME, condition={"StringEquals": {"sts:ExternalId": "right"}}))))["Role"]["Arn"]
        customer = iam.create_policy(PolicyName="Queues", PolicyDocument=json.dumps(policy("sqs:ListQueues")))["Policy"]["Arn"]
        iam.put_role_policy(RoleName="Adopted", PolicyName="inline", PolicyDocument=json.dumps(policy("sns:ListTopics")))
        iam.attach_role_policy(RoleName="Adopted", PolicyArn=customer)
        self.assertIn(made, control(FRONT, "POST", "adopt", {"account": cases.MEMBER, "roles": [made]}))
        self.assertEqual(self.refused(self.assume, arn=made)[0], "AccessDenied")
        allowed = lambda service: self.member(service, arn=made, ExternalId="right")
        allowed("sqs").list_queues()
        allowed("sns").list_topics()
        self.assertEqual(self.refused(allowed("ec2").describe_vpcs)[0], "UnauthorizedOperation")
        iam.attach_role_policy(RoleName="Adopted", PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
        control(FRONT, "POST", "adopt", {"account": cases.MEMBER})
        allowed("ec2").describe_vpcs()
        simulated = iam.simulate_principal_policy(PolicySourceArn=made, ActionNames=["ec2:DescribeVpcs"])
        self.assertEqual(simulated["EvaluationResults"][0]["EvalDecision"], "allowed")


if __name__ == "__main__":
    unittest.main(verbosity=0)
