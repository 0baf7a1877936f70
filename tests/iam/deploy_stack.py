"""Makes a stack of a template in an account of moto, and says what it made, as /_front/config takes it.

usage: deploy_stack.py FRONT ACCOUNT STACK < {"template", "values"}

Trusts and inline policies of roles are read back from moto's IAM, by moto's own reading of the template; ours has to give the same.
What moto's CloudFormation leaves out (attached managed policies, the policies of users, OIDC providers, stack sets) is taken from
ours: {"config": {"roles", "oidc_providers"}, "users": {ARN: policies}, "stack_sets": [{"body", "values"}]}."""

import ast
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "front"))

from clients import allow_admins, client

import template_reader

front, account, stack = sys.argv[1:]
given = json.load(sys.stdin)
allow_admins(front, [account])
parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in given["values"].items()]
client(front, "cloudformation", account, "us-east-1").create_stack(
    StackName=stack, TemplateBody=given["template"], Parameters=parameters, Capabilities=["CAPABILITY_NAMED_IAM"]
)
reading = template_reader.Reading(given["template"], given["values"], account)
iam = client(front, "iam", account, "us-east-1")
roles, seen = {}, {role["RoleName"]: role for role in iam.list_roles()["Roles"]}
for name, role in reading.roles().items():
    made = seen[name]
    inline = [iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]]
    # What a stack made, moto's server writes as Python does.
    inline = [ast.literal_eval(policy) if isinstance(policy, str) else policy for policy in inline]
    if made["AssumeRolePolicyDocument"] != role["trust"] or inline != role["inline"]:
        sys.exit(f"moto reads {name} otherwise: {made['AssumeRolePolicyDocument']}, {inline}; not {role}")
    roles[made["Arn"]] = {"trust": made["AssumeRolePolicyDocument"], "policies": inline + role["managed"]}
providers = {
    f"arn:aws:iam::{account}:oidc-provider/{provider['Url'].removeprefix('https://')}": {"client_ids": provider["ClientIdList"]}
    for provider in reading.of("AWS::IAM::OIDCProvider").values()
}
print(json.dumps({
    "config": {"roles": roles, "oidc_providers": providers},
    "users": {f"arn:aws:iam::{account}:user/{name}": policies for name, policies in reading.users().items()},
    "stack_sets": [{"body": one["body"], "values": one["values"]} for one in reading.stack_sets()],
}))
