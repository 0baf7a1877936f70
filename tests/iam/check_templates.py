"""Checks templates against data that nobody here wrote. Reads a list of {"name", "values", "template", "module", "access"} from standard
input; prints what is wrong, a line each, and at the end how much was looked at.

cfn-lint for the template and for what its stack set deploys; parliament for every trust policy after substitution (in a text,
cfn-lint does not look), and for every other policy; policy_sentry's access levels for what is allowed; python-hcl2 for the module of
Terraform, which has to make the same roles. `module` may be missing."""

import json
import sys
import tempfile
from pathlib import Path

import cfnlint.api
import parliament

import hcl_reader
import template_reader
from check_policies import level

ACCOUNT = "111122223333"
# IAM's limits, white space not counted: a managed policy, all inline policies of a role, a trust policy.
MANAGED_MAX, INLINE_MAX, TRUST_MAX = 6144, 10240, 2048
# What a source may do.
ASSUMING = {"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"}


def size(document):
    return len(json.dumps(document, separators=(",", ":")))


def lint(text, seen):
    """cfn-lint's matches; the same text is linted once."""
    if text not in seen:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            seen[text] = [str(match) for match in cfnlint.api.lint_file(Path(file.name))]
    return seen[text]


def judged(document, resource=None):
    """parliament's findings. A trust policy has no resource, and parliament asks for one: it is given the role's own."""
    trust = resource is not None
    if trust:
        document = {**document, "Statement": [{**statement, "Resource": resource} for statement in document["Statement"]]}
    findings = parliament.analyze_policy_string(json.dumps(document)).findings
    said = []
    for finding in findings:
        # It knows no OIDC provider but three, and not that a provider's issuer makes condition keys.
        of_provider = finding.issue == "UNKNOWN_FEDERATION_SOURCE" and ":oidc-provider/" in finding.detail
        of_issuer = finding.issue == "UNKNOWN_CONDITION_FOR_ACTION" and any(end in finding.detail for end in (":sub for", ":aud for"))
        # Inventory is of everything.
        of_inventory = finding.issue == "RESOURCE_STAR" and not trust
        if not (of_provider or of_issuer or of_inventory):
            said.append(str(finding))
    return said


def parts(document):
    for statement in document["Statement"]:
        actions = statement["Action"]
        yield statement, [actions] if isinstance(actions, str) else actions


def policies(roles, users):
    """What is wrong with the policies of roles and users."""
    for name, role in roles.items():
        yield from (f"{name}: trust: {said}" for said in judged(role["trust"], f"arn:aws:iam::{ACCOUNT}:role/{name}"))
        if size(role["trust"]) > TRUST_MAX:
            yield f"{name}: trust: {size(role['trust'])} characters"
        if sum(map(size, role["inline"])) > INLINE_MAX:
            yield f"{name}: inline policies: {sum(map(size, role['inline']))} characters"
        if len(role["managed"]) > 10:
            yield f"{name}: {len(role['managed'])} managed policies"
    for name, inline in [(name, role["inline"]) for name, role in roles.items()] + list(users.items()):
        for document in inline:
            yield from (f"{name}: {said}" for said in judged(document))
            for statement, actions in parts(document):
                if set(actions) - ASSUMING or "*" in statement["Resource"]:
                    yield f"{name}: may {actions} on {statement['Resource']}"
    for name, role in roles.items():
        for document in role["managed"]:
            if isinstance(document, str):
                if document != "arn:aws:iam::aws:policy/ReadOnlyAccess":
                    yield f"{name}: {document}"
                continue
            if size(document) > MANAGED_MAX:
                yield f"{name}: a managed policy of {size(document)} characters"
            for statement, actions in parts(document):
                for action in actions:
                    if level(action) not in ("List", "Read"):
                        yield f"{name}: {statement['Effect']} {action} is {level(action)}"


def same(one, other, what):
    if one != other:
        yield f"{what} differ: {json.dumps(one)[:2000]} in CloudFormation, {json.dumps(other)[:2000]} in Terraform"


def whole(case, seen, counts):
    """What is wrong with one case."""
    values = case["values"]
    for said in lint(case["template"], seen):
        yield f"cfn-lint: {said}"
    reading = template_reader.Reading(case["template"], values, ACCOUNT)
    roles, users, sets = reading.roles(), reading.users(), reading.stack_sets()
    counts["roles"] += len(roles)
    yield from policies(roles, users)
    for one in sets:
        for said in lint(one["body"], seen):
            yield f"stack set: cfn-lint: {said}"
        inside = template_reader.Reading(one["body"], one["values"], "999988887777")
        counts["roles"] += len(inside.roles())
        yield from (f"stack set: {said}" for said in policies(inside.roles(), inside.users()))
        for name in set(inside.roles()) & set(roles):
            if set(map(str, inside.roles()[name]["managed"])) - set(map(str, roles[name]["managed"])):
                yield f"stack set: {name} may do more than in the management account"
    if case.get("module"):
        module = hcl_reader.Module(case["module"], values, ACCOUNT)
        yield from same(roles, module.roles(), "roles")
        yield from same(users, module.users(), "users")
        yield from same([(one["body"].strip(), one["values"]) for one in sets], [(one["body"].strip(), one["values"]) for one in module.stack_sets()], "stack sets")
        counts["modules"] += 1


def main():
    seen, counts = {}, {"roles": 0, "modules": 0}
    cases = json.load(sys.stdin)
    wrong = 0
    for case in cases:
        for said in whole(case, seen, counts):
            wrong += 1
            print(f"{case['name']}: {said}")
    print(f"{len(cases)} templates, {counts['modules']} modules, {counts['roles']} roles, {wrong} wrong")


if __name__ == "__main__":
    main()
