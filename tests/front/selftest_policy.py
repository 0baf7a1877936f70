"""Compares the evaluator with moto's own authorization, on policies made at random from what moto understands of them.

moto knows Effect, Action, NotAction with `*`, and Resource; users, groups of policies, explicit denies. What else it
does differently from AWS stands in DIFFERENCES, each shown to be so. Only services of the ec2, query and json
protocols are called: moto's check of signatures fails on others. It runs a moto of its own.
usage: selftest_policy.py
"""

import json
import random
import subprocess
import sys
import unittest
import urllib.request
from pathlib import Path

import botocore.config
from botocore.exceptions import ClientError

import actions
import conditions
import policy
import wire
from clients import SESSION

REGION = "eu-west-1"
USERS = 34
# (service, boto3's operation, AWS's operation): two or three of a service, so that policies tell them apart.
CALLS = [
    ("ec2", "describe_volumes", "DescribeVolumes"),
    ("ec2", "describe_vpcs", "DescribeVpcs"),
    ("rds", "describe_db_instances", "DescribeDBInstances"),
    ("sns", "list_topics", "ListTopics"),
    ("iam", "list_roles", "ListRoles"),
    ("dynamodb", "list_tables", "ListTables"),
    ("ecs", "list_clusters", "ListClusters"),
    ("kms", "list_keys", "ListKeys"),
    ("sqs", "list_queues", "ListQueues"),
]
PATTERNS = ["*", "{service}:*", "{service}:{name}", "{service}:{start}*", "{service}:*{end}", "{service}:*{middle}*", "*:{name}", "*:List*", "*:Describe*", "{service}:Get*", "{service}:{name}s"]
RESOURCES = ["*", "*", "*", ["*"], ["*", "arn:aws:s3:::x"], "arn:aws:sqs:eu-west-1:123456789012:x", "arn:aws:*:*:*:*"]


def one(effect="Allow", resource="*", **more):
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Resource": resource, **more}]}


# (what AWS does and moto does not, the policy, the call, what AWS says, as its user guide has it).
DIFFERENCES = [
    ("the case of an action does not matter", one(Action="SQS:listqueues"), 8, "allow"),
    ("? stands for one character", one(Action="sqs:List?ueues"), 8, "allow"),
    ("conditions are looked at", one(Action="sqs:*", Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}}), 8, None),
    ("a denial whose condition does not hold is none", {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": {"StringLike": {"aws:RequestedRegion": "us-*"}}},
    ]}, 8, "allow"),
    ("NotResource leaves something out", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "NotResource": "*"}]}, 8, None),
]
REGIONAL = {"aws:requestedregion": [REGION]}


class Moto:
    """A moto of one's own, whose authorization can be turned on and off."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, Path(__file__).with_name("moto_server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().split()[1]}"
        self.iam = self.client("iam", "AKIAFIRST", "first")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def client(self, service, key_id, secret):
        config = botocore.config.Config(retries={"total_max_attempts": 1}, ignore_configured_endpoint_urls=True)
        return SESSION.client(service, REGION, endpoint_url=self.url, config=config, aws_access_key_id=key_id, aws_secret_access_key=secret)

    def authorize(self, on):
        """After how many calls moto begins to look at policies: none, or never."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset-auth", data=b"0" if on else b"inf", headers={"Content-Type": "text/plain"})
        urllib.request.urlopen(request, timeout=30).close()

    def user(self, name, documents):
        """A user with these policies; its key."""
        self.iam.create_user(UserName=name)
        for number, document in enumerate(documents):
            self.iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=json.dumps(document))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def allows(self, key, call):
        service, operation, _ = CALLS[call]
        try:
            getattr(self.client(service, *key), operation)()
            return True
        except ClientError as error:
            # To services of the json protocol, moto denies in XML.
            if "is not authorized to perform" not in str(error):
                raise
            return False


def statement(dice):
    service, _, name = dice.choice(CALLS)
    fill = {"service": service, "name": name, "start": name[: dice.randint(3, len(name) - 1)], "end": name[-dice.randint(3, 6) :], "middle": name[2:-2]}
    chosen = [pattern.format(**fill) for pattern in dice.sample(PATTERNS, dice.randint(1, 3))]
    element = "NotAction" if dice.random() < 0.2 else "Action"
    return {
        "Effect": "Deny" if dice.random() < 0.3 else "Allow", "Resource": dice.choice(RESOURCES),
        element: chosen if len(chosen) > 1 or dice.random() < 0.5 else chosen[0],
    }


def documents(dice):
    made = []
    for _ in range(dice.randint(1, 3)):
        statements = [statement(dice) for _ in range(dice.randint(1, 3))]
        made.append({"Version": "2012-10-17", "Statement": statements if len(statements) > 1 or dice.random() < 0.5 else statements[0]})
    return made


def said(made, call, context=REGIONAL):
    service, _, operation = CALLS[call]
    statements = [one for document in made for one in policy.parse(document)]
    return policy.verdict(statements, policy.Request(actions.action(service, operation), "*", context))


class Evaluator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.moto = Moto()

    @classmethod
    def tearDownClass(cls):
        cls.moto.stop()

    def tearDown(self):
        self.moto.authorize(False)

    def test_it_says_what_moto_says(self):
        dice = random.Random(20240102)
        made = [documents(dice) for _ in range(USERS)]
        keys = [self.moto.user(f"user{number}", chosen) for number, chosen in enumerate(made)]
        self.moto.authorize(True)
        verdicts, disagreements = {}, []
        for chosen, key in zip(made, keys):
            for call in range(len(CALLS)):
                ours = said(chosen, call)
                verdicts[ours] = verdicts.get(ours, 0) + 1
                if self.moto.allows(key, call) != (ours == "allow"):
                    disagreements.append(f"{CALLS[call][2]}: {ours}: {json.dumps(chosen)}")
        self.assertEqual(disagreements, [])
        self.assertGreaterEqual(sum(verdicts.values()), 300)
        # Every verdict is there often enough to be wrong.
        self.assertTrue(all(verdicts.get(verdict, 0) >= 40 for verdict in ("allow", "deny", None)), verdicts)

    def test_where_moto_differs_it_is_known(self):
        keys = [self.moto.user(f"different{number}", [document]) for number, (_, document, _, _) in enumerate(DIFFERENCES)]
        self.moto.authorize(True)
        for key, (about, document, call, verdict) in zip(keys, DIFFERENCES):
            with self.subTest(about):
                self.assertEqual(said([document], call), verdict)
                self.assertNotEqual(self.moto.allows(key, call), verdict == "allow", "moto does as AWS now: let the random cases have it")

    def test_all_of_awss_managed_policies_can_be_read(self):
        for path in policy.managed():
            policy.parse(policy.managed()[path])
        self.assertGreater(len(policy.managed()), 1000)


# (operator, values in the policy, values of the key or None, whether it holds): IAM's user guide, page by page.
CONDITIONS = [
    ("StringEquals", ["a", "b"], ["b"], True), ("StringEquals", ["a"], ["A"], False), ("StringEquals", ["a*"], ["ab"], False), ("StringEquals", ["a"], None, False),
    ("StringEqualsIgnoreCase", ["a"], ["A"], True), ("StringNotEquals", ["a", "b"], ["c"], True), ("StringNotEquals", ["a", "b"], ["b"], False), ("StringNotEquals", ["a"], None, True),
    ("StringNotEqualsIgnoreCase", ["a"], ["A"], False), ("StringLike", ["a*c?"], ["abbcd"], True), ("StringLike", ["a*c?"], ["abbc"], False), ("StringNotLike", ["a*"], ["abc"], False),
    ("StringEqualsIfExists", ["a"], None, True), ("StringEqualsIfExists", ["a"], ["b"], False), ("StringNotEqualsIfExists", ["a"], ["a"], False),
    ("ArnLike", ["arn:aws:ecs:*:1:*"], ["arn:aws:ecs:eu-west-1:1:task/x"], True), ("ArnLike", ["arn:aws:*:x"], ["arn:aws:ecs:eu-west-1:1:x"], False),
    ("ArnEquals", ["arn:aws:iam::1:role/a*"], ["arn:aws:iam::1:role/ab"], True), ("ArnNotLike", ["arn:aws:iam::1:role/*"], ["arn:aws:iam::2:role/a"], True),
    ("Bool", ["true"], ["true"], True), ("Bool", ["true"], ["false"], False), ("Bool", ["true"], None, False), ("BoolIfExists", ["true"], None, True),
    ("Null", ["true"], None, True), ("Null", ["true"], ["a"], False), ("Null", ["false"], ["a"], True), ("Null", ["false"], None, False),
    ("NumericLessThanEquals", ["10"], ["10"], True), ("NumericLessThan", ["10"], ["10"], False), ("NumericNotEquals", ["10"], ["9"], True), ("NumericEquals", ["ten"], ["10"], False),
    ("DateGreaterThan", ["2026-01-01T00:00:00Z"], ["2026-01-02T00:00:00Z"], True), ("DateLessThan", ["2026-01-01"], ["2026-01-02T00:00:00Z"], False),
    ("IpAddress", ["10.0.0.0/8", "2001:db8::/32"], ["10.1.2.3"], True), ("IpAddress", ["10.0.0.0/8"], ["11.1.2.3"], False), ("NotIpAddress", ["10.0.0.0/8"], ["11.1.2.3"], True),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True), ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False), ("ForAllValues:StringEquals", ["a"], None, True),
    ("ForAnyValue:StringEquals", ["a", "b"], ["c", "b"], True), ("ForAnyValue:StringEquals", ["a", "b"], ["c"], False), ("ForAnyValue:StringEquals", ["a"], None, False),
    ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True), ("ForAllValues:StringNotEquals", ["a"], ["a", "b"], False),
    ("StringEquals", ["${aws:username}"], ["ann"], True), ("StringEquals", ["${aws:nothing}"], ["ann"], False), ("StringEquals", ["${aws:nothing, 'ann'}"], ["ann"], True),
    ("StringLike", ["${aws:username}-*"], ["ann-1"], True), ("StringLike", ["${*}"], ["x"], False), ("StringLike", ["${*}"], ["*"], True),
]


class Operators(unittest.TestCase):
    def test_conditions_hold_as_the_user_guide_says(self):
        for operator, wanted, values, expected in CONDITIONS:
            context = {"aws:username": ["ann"], **({"the:key": values} if values else {})}
            with self.subTest(f"{operator} {wanted} {values}"):
                self.assertEqual(conditions.hold({operator: {"The:Key": wanted}}, context, True), expected)

    def test_wildcards_of_resources_stay_within_a_part_but_the_last(self):
        for wanted, resource, expected in (
            ("arn:aws:s3:::a*", "arn:aws:s3:::abc/d:e", True), ("arn:aws:s3:::a?c", "arn:aws:s3:::abc", True), ("arn:aws:s3:::A", "arn:aws:s3:::a", False),
            ("arn:aws:sqs:*:1:q", "arn:aws:sqs:eu-west-1:1:q", True), ("arn:aws:sqs:*:q", "arn:aws:sqs:eu-west-1:1:q", False), ("arn:aws:sqs:*", "arn:aws:sqs:eu-west-1:1:q", True),
            ("*", "anything", True), ("arn:aws:*", "*", False), ("arn:aws:s3:::${aws:username}", "arn:aws:s3:::ann", True), ("arn:aws:s3:::${aws:nothing}", "arn:aws:s3:::ann", False),
        ):
            statements = policy.parse(one(Action="s3:*", resource=wanted))
            found = policy.verdict(statements, policy.Request("s3:GetObject", resource, {"aws:username": ["ann"]}))
            self.assertEqual(found == "allow", expected, f"{wanted} {resource}")

    def test_actions_are_those_of_the_products_tables(self):
        """Two ways to the same: the generator has overrides, `actions.py` the reference's links."""
        different, count = [], 0
        for path in sorted(wire.TABLES.glob("*.txt")):
            head, *rows = path.read_text().partition("\n\n")[0].splitlines()
            service = json.loads(head)["name"]
            for row in rows:
                operation, _, fields = row.partition(" ")
                fields = json.loads(fields)
                if "action" in fields:
                    count += 1
                    ours = actions.action(service, operation, fields["method"])
                    different += [f"{service}:{operation}: {fields['action']}, {ours}"] if ours != fields["action"] else []
        self.assertEqual(different, [])
        self.assertGreater(count, 7000)


if __name__ == "__main__":
    unittest.main(verbosity=0)
