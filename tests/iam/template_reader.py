"""Reads the CloudFormation that our templates use: parameters, conditions, Ref, Fn::Sub, Fn::If. Held against moto's own reading of
the same templates by deploy_stack.py, and against the Terraform form by hcl_reader.py."""

import json
import re

import yaml

NOTHING = object()


class Reading:
    """A template in one account, with values for its parameters."""

    def __init__(self, text, values, account, partition="aws", region="us-east-1"):
        self.template = yaml.safe_load(text)
        self.known = {"AWS::AccountId": account, "AWS::Partition": partition, "AWS::Region": region, "AWS::NoValue": NOTHING}
        for name, parameter in self.template.get("Parameters", {}).items():
            if name not in values and "Default" not in parameter:
                raise KeyError(f"{name} has no value and no default")
            given = values.get(name, parameter.get("Default"))
            pattern = parameter.get("AllowedPattern")
            if pattern and not re.search(pattern, given):
                raise ValueError(f"{name}: {given!r} is not {pattern}")
            self.known[name] = given.split(",") if parameter["Type"] == "CommaDelimitedList" else given
        self.resources = {name: made for name, made in self.template["Resources"].items() if "Condition" not in made or self.holds(made["Condition"])}

    def holds(self, name):
        return self.test(self.template["Conditions"][name])

    def test(self, condition):
        ((function, given),) = condition.items()
        if function == "Condition":
            return self.holds(given)
        if function == "Fn::Equals":
            one, other = map(self.value, given)
            return one == other
        parts = [self.test(part) for part in given]
        return {"Fn::Or": any, "Fn::And": all, "Fn::Not": lambda parts: not parts[0]}[function](parts)

    def value(self, node):
        """A node with everything substituted; references to resources become ("resource", name)."""
        if isinstance(node, list):
            return [made for made in map(self.value, node) if made is not NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((function, given),) = node.items()
            if function == "Ref":
                return self.known[given] if given in self.known else ("resource", given)
            if function == "Fn::If":
                return self.value(given[1] if self.holds(given[0]) else given[2])
            if function == "Fn::Sub":
                text, more = given if isinstance(given, list) else (given, {})
                known = {**self.known, **{name: self.value(item) for name, item in more.items()}}
                return re.sub(r"\$\{([^}]+)\}", lambda found: known[found[1]], text)
        return {key: made for key, item in node.items() if (made := self.value(item)) is not NOTHING}

    def of(self, sort):
        """Resources of a type by their ids, their properties substituted."""
        return {name: self.value(made["Properties"]) for name, made in self.resources.items() if made["Type"] == sort}

    def roles(self):
        """Roles by name: trust, inline policies, managed policies as documents or as ARNs of AWS's own."""
        documents = {name: properties["PolicyDocument"] for name, properties in self.of("AWS::IAM::ManagedPolicy").items()}
        return {
            properties["RoleName"]: {
                "trust": document(properties["AssumeRolePolicyDocument"]),
                "inline": [policy["PolicyDocument"] for policy in properties.get("Policies", [])],
                "managed": [one if isinstance(one, str) else documents[one[1]] for one in properties.get("ManagedPolicyArns", [])],
            }
            for properties in self.of("AWS::IAM::Role").values()
        }

    def users(self):
        """Users by name: their inline policies."""
        return {properties["UserName"]: [policy["PolicyDocument"] for policy in properties["Policies"]] for properties in self.of("AWS::IAM::User").values()}

    def stack_sets(self):
        """What each stack set deploys: the template, and its parameters."""
        made = []
        for properties in self.of("AWS::CloudFormation::StackSet").values():
            values = {one["ParameterKey"]: one["ParameterValue"] for one in properties["Parameters"]}
            made.append({"body": properties["TemplateBody"], "values": values, "properties": properties})
        return made


def document(given):
    """A policy document that may be a text."""
    return json.loads(given) if isinstance(given, str) else given
