"""Reads the HCL that our modules use, by python-hcl2: variables, locals, counts, policy documents, what is attached to what."""

import json
import re
import textwrap

import hcl2

REFERENCE = re.compile(r"\$\{([^{}]+)\}")


class Module:
    """A module in one account, with values for its variables (by the names of the template's parameters)."""

    def __init__(self, text, values, account, partition="aws"):
        self.tree = hcl2.loads(text)
        self.account, self.partition = account, partition
        self.variables = {}
        given = {snake(name): value for name, value in values.items()}
        for block in self.tree.get("variable", []):
            ((name, fields),) = block.items()
            name = plain(name)
            if name not in given and "default" not in fields:
                raise KeyError(f"{name} has no value and no default")
            self.variables[name] = given.get(name, plain(fields.get("default", "")))
        self.locals = {}
        for block in self.tree.get("locals", []):
            for name, expression in block.items():
                if not name.startswith("__"):
                    self.locals[name] = self.value(expression)
        self.resources = {}
        for block in self.tree.get("resource", []):
            ((sort, named),) = block.items()
            ((name, fields),) = named.items()
            if "count" not in fields or self.value(fields["count"]):
                self.resources[plain(sort), plain(name)] = fields

    def value(self, expression):
        """What an expression gives: texts with references, comparisons, conditionals."""
        if not isinstance(expression, str):
            return expression
        if expression.startswith('"'):
            return self.substituted(plain(expression))
        whole = re.fullmatch(r"\$\{(.*)\}", expression, re.DOTALL)
        return self.code(whole[1]) if whole else self.substituted(expression)

    def substituted(self, text):
        return REFERENCE.sub(lambda found: str(self.code(found[1])), text)

    def code(self, code):
        found = re.fullmatch(r"(.*) \? (.*) : (.*)", code, re.DOTALL)
        if found:
            return self.code(found[2]) if self.code(found[1]) else self.code(found[3])
        python = code.replace("||", " or ").replace("&&", " and ").replace("!(", " not (")
        python = re.sub(r"data\.aws_partition\.current\.partition", repr(self.partition), python)
        python = re.sub(r"data\.aws_caller_identity\.current\.account_id", repr(self.account), python)
        python = re.sub(r"var\.(\w+)", lambda found: repr(self.variables[found[1]]), python)
        python = re.sub(r"local\.(\w+)", lambda found: repr(self.locals[found[1]]), python)
        return eval(python.strip(), {"__builtins__": {}})  # our own modules, and nothing but comparisons

    def document(self, expression):
        """What jsonencode(…) is given."""
        inside = re.fullmatch(r"\$\{jsonencode\((.*)\)\}", expression, re.DOTALL)[1]
        return json.loads(self.substituted(inside.replace('" = ', '": ')))

    def of(self, sort):
        return {name: fields for (kind, name), fields in self.resources.items() if kind == sort}

    def roles(self):
        """As template_reader.Reading.roles."""
        made, names = {}, {}
        policies = {name: self.document(fields["policy"]) for name, fields in self.of("aws_iam_policy").items()}
        for name, fields in self.of("aws_iam_role").items():
            names[name] = self.value(fields["name"])
            made[names[name]] = {"trust": self.document(fields["assume_role_policy"]), "inline": [], "managed": []}
        for fields in self.of("aws_iam_role_policy").values():
            made[names[of("role", fields["role"])]]["inline"].append(self.document(fields["policy"]))
        for fields in self.of("aws_iam_role_policy_attachment").values():
            arn = fields["policy_arn"]
            attached = policies[of("policy", arn)] if "aws_iam_policy." in arn else self.value(arn)
            made[names[of("role", fields["role"])]]["managed"].append(attached)
        return made

    def users(self):
        names = {name: self.value(fields["name"]) for name, fields in self.of("aws_iam_user").items()}
        return {names[of("user", fields["user"])]: [self.document(fields["policy"])] for fields in self.of("aws_iam_user_policy").values()}

    def stack_sets(self):
        """As template_reader.Reading.stack_sets, without the properties."""
        made = []
        for fields in self.of("aws_cloudformation_stack_set").values():
            body = re.fullmatch(r'"?<<-EOT\n(.*)\n?\s*EOT"?', fields["template_body"], re.DOTALL)[1]
            values = {name: self.value(value) for name, value in fields["parameters"].items() if not name.startswith("__")}
            made.append({"body": textwrap.dedent(body).replace("$${", "${"), "values": values})
        return made


def snake(name):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def plain(text):
    return json.loads(text) if isinstance(text, str) and text.startswith('"') else text


def of(sort, reference):
    """The name in a reference to a resource of ours."""
    return re.search(rf"aws_iam_{sort}\.(\w+)", reference)[1]
