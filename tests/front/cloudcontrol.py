"""cloudformation:DescribeType, and Cloud Control's ListResources and GetResource: moto has none of them."""

import json
import re
from xml.sax.saxutils import escape

from answer import Answer, error
from registry import TYPES

NAME = re.compile(r"[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}")
# What a listing gives at once where it is not asked for less.
PAGE_SIZE = 20


def handler_actions(call):
    """What a call's handler itself calls, with the caller's own credentials."""
    kind = TYPES.get(call.input.get("TypeName", "")) if call.service == "cloudcontrol" else None
    return {"ListResources": kind.lists, "GetResource": kind.reads}.get(call.operation, ()) if kind else ()


class CloudControl:
    """Resources by identifier can be hidden, as if they had been deleted."""

    def __init__(self):
        self.hidden = set()

    def whole(self, call):
        """The answer to a call of these operations, with all pages in one; None for other calls."""
        known = {
            ("cloudformation", "DescribeType"): self.describe_type,
            ("cloudcontrol", "ListResources"): self.list_resources,
            ("cloudcontrol", "GetResource"): self.get_resource,
        }
        found = known.get((call.service, call.operation))
        return found(call) if found else None

    @staticmethod
    def describe_type(call):
        name = call.input.get("TypeName", "")
        if call.input.get("Type", "RESOURCE") != "RESOURCE" or not NAME.fullmatch(name):
            return error(call, "CFNRegistryException", "Either Arn, or Type and TypeName must be specified")
        kind = TYPES.get(name)
        if kind is None or not kind.is_in(call.region):
            return error(call, "TypeNotFoundException", f"The type '{name}' cannot be found.", 404)
        members = {
            "Arn": f"arn:aws:cloudformation:{call.region}::type/resource/{name.replace('::', '-')}",
            "Type": "RESOURCE",
            "TypeName": name,
            "IsDefaultVersion": "true",
            "Description": kind.schema()["description"],
            "Schema": json.dumps(kind.schema(), ensure_ascii=False, indent=1),
            "ProvisioningType": "FULLY_MUTABLE" if kind.lists else "NON_PROVISIONABLE",
            "DeprecatedStatus": "LIVE",
            "Visibility": "PUBLIC",
        }
        inner = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in members.items())
        body = (
            f'<DescribeTypeResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeTypeResult>{inner}</DescribeTypeResult>'
            f"<ResponseMetadata><RequestId>front-{call.number:06d}</RequestId></ResponseMetadata></DescribeTypeResponse>"
        )
        return Answer(200, {"Content-Type": "text/xml"}, body.encode())

    def list_resources(self, call):
        kind, refused = self.kind(call, "LIST")
        if refused:
            return refused
        try:
            wanted = json.loads(call.input.get("ResourceModel") or "{}")
        except ValueError:
            return error(call, "InvalidRequestException", "ResourceModel is not valid JSON")
        for key in kind.required:
            if not isinstance(wanted.get(key), str):
                message = f"Missing or invalid ResourceModel property in {kind.name} list handler request input.Required property:  (#: required key [{key}] not found)"
                return error(call, "InvalidRequestException", message)
        models = [model for model in self.models(kind, call) if all(model[key] == wanted[key] for key in kind.required)]
        return self.answer(call, {"TypeName": kind.name, "ResourceDescriptions": [kind.describe(model, False) for model in models]})

    def get_resource(self, call):
        kind, refused = self.kind(call, "READ")
        if refused:
            return refused
        wanted = call.input.get("Identifier")
        for model in self.models(kind, call):
            if kind.identify(model) == wanted:
                return self.answer(call, {"TypeName": kind.name, "ResourceDescription": kind.describe(model, True)})
        return error(call, "ResourceNotFoundException", f"Resource of type '{kind.name}' with identifier '{wanted}' was not found.")

    @staticmethod
    def kind(call, action):
        """(the type that a call names, None), or (None, why it is refused)."""
        name = call.input.get("TypeName")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            return None, error(call, "ValidationException", f"Value '{name}' at 'typeName' failed to satisfy constraint: Member must satisfy regular expression pattern")
        kind = TYPES.get(name)
        if kind is None or not kind.is_in(call.region):
            return None, error(call, "TypeNotFoundException", f"The type '{name}' cannot be found.")
        if not kind.lists:
            return None, error(call, "UnsupportedActionException", f"Resource type {name} does not support {action} action")
        return kind, None

    def models(self, kind, call):
        return [model for model in kind.models(call.account, call.region) if kind.identify(model) not in self.hidden]

    @staticmethod
    def answer(call, document):
        headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": f"front-{call.number:06d}"}
        return Answer(200, headers, json.dumps(document, ensure_ascii=False).encode())
