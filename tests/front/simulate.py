"""IAM's simulator, which moto lacks, by the front's own evaluator; and what moto's IAM has of an account."""

import json
from urllib.parse import unquote
from xml.sax.saxutils import escape

import botocore.parsers

import policy
import sts
import wire
from answer import Answer, error

OPERATIONS = ("iam:SimulatePrincipalPolicy", "iam:SimulateCustomPolicy")
DECISIONS = {"allow": "allowed", "deny": "explicitDeny", None: "implicitDeny"}


async def entities(front, account):
    """Users and roles in moto's IAM by ARN: {"policies": statements}, and for roles {"role": as /_front/config takes it}."""
    # AWS's own policies are at hand, and a thousand.
    kinds = {f"Filter.member.{number + 1}": kind for number, kind in enumerate(("User", "Role", "Group", "LocalManagedPolicy"))}
    body = await front.ask_iam(account, "GetAccountAuthorizationDetails", **kinds)
    shape = wire.model("iam").operation_model("GetAccountAuthorizationDetails").output_shape
    found = botocore.parsers.QueryParser().parse({"status_code": 200, "headers": {}, "body": body}, shape)
    managed = {}
    for one in found["Policies"]:
        version = next(version for version in one["PolicyVersionList"] if version["IsDefaultVersion"])
        managed[one["Arn"]] = readable(version["Document"])
    made = {}
    for kind, details in (("User", found["UserDetailList"]), ("Role", found["RoleDetailList"])):
        for one in details:
            documents = [readable(inline["PolicyDocument"]) for inline in one.get(f"{kind}PolicyList", [])]
            for attached in one.get("AttachedManagedPolicies", []):
                documents.append(managed.get(attached["PolicyArn"]) or policy.managed_document(attached["PolicyArn"]))
            made[one["Arn"]] = {"policies": documents}
            if kind == "Role":
                made[one["Arn"]]["role"] = {"policies": documents, "trust": readable(one["AssumeRolePolicyDocument"])}
    return made


def readable(document):
    """A document as moto gives it: some are texts, some are encoded for a URL."""
    return document if isinstance(document, dict) else json.loads(document if document.lstrip().startswith("{") else unquote(document))


async def answer(call, front):
    """iam:SimulatePrincipalPolicy of a role or user that the front or moto knows, and iam:SimulateCustomPolicy."""
    given = call.input
    listed = lambda name: list(sts.members(given, f"{name}.member.", "").values())
    layers = []
    try:
        inputs = [one for text in listed("PolicyInputList") for one in policy.parse(text)]
        if call.operation == "SimulatePrincipalPolicy":
            source = given.get("PolicySourceArn", "")
            role = front.identities.roles.get(source)
            if role is not None and role.policies is not None and not role.missing:
                layers = [role.policies + inputs, role.boundary]
            else:
                found = await entities(front, call.account)
                if source not in found:
                    return error(call, "NoSuchEntity", f"The principal with ARN {source} cannot be found.", 404)
                layers = [[one for document in found[source]["policies"] for one in policy.parse(document)] + inputs]
        else:
            layers = [inputs]
        boundaries = listed("PermissionsBoundaryPolicyInputList")
        layers += [[one for text in boundaries for one in policy.parse(text)]] if boundaries else []
    except policy.Malformed as malformed:
        return error(call, "InvalidInput", str(malformed))
    context = {}
    for number, name in sts.members(given, "ContextEntries.member.", ".ContextKeyName").items():
        values = sts.members(given, f"ContextEntries.member.{number}.ContextKeyValues.member.", "")
        context[name.lower()] = list(values.values())
    results = ""
    for action in listed("ActionNames"):
        for resource in listed("ResourceArns") or ["*"]:
            said = policy.decide(list(enumerate(layers)), policy.Request(action, resource, context))
            decision = DECISIONS["allow" if said is None else "deny" if said[1] else None]
            results += (
                f"<member><EvalActionName>{escape(action)}</EvalActionName><EvalResourceName>{escape(resource)}</EvalResourceName>"
                f"<EvalDecision>{decision}</EvalDecision><MatchedStatements/><MissingContextValues/></member>"
            )
    name = call.operation
    body = (
        f'<{name}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{name}Result><EvaluationResults>{results}</EvaluationResults>'
        f"<IsTruncated>false</IsTruncated></{name}Result><ResponseMetadata><RequestId>front-{call.number:06d}</RequestId></ResponseMetadata></{name}Response>"
    )
    return Answer(200, {"Content-Type": "text/xml"}, body.encode())
