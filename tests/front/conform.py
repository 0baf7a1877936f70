"""Holds answers against botocore's models, more strictly than its parsers do: they pass over what they do not know."""

import json
import re
from xml.etree import ElementTree

import botocore.validate

SCALARS = {"string": str, "boolean": bool, "integer": int, "long": int}


def watch(client, operations):
    """Checks every answer that a client gets to these operations; returns the list that complaints go into."""
    complaints = []

    def check(http_response, parsed, model, **_):
        if http_response.status_code >= 300:
            codes = {shape.metadata.get("error", {}).get("code", shape.name) for shape in model.error_shapes}
            if parsed["Error"]["Code"] not in codes:
                complaints.append(f"{model.name}: no error of it is called {parsed['Error']['Code']}")
            return
        if model.service_model.resolved_protocol == "query":
            root = ElementTree.fromstring(http_response.content)
            results = [child for child in root if child.tag.endswith(f"}}{model.output_shape.serialization['resultWrapper']}")]
            raw = {child.tag.rpartition("}")[2]: child.text or "" for child in results[0]}
            as_text = True
        else:
            raw, as_text = json.loads(http_response.content), False
        complaints.extend(f"{model.name}{what}" for what in structure(raw, model.output_shape, as_text))
        given = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        report = botocore.validate.ParamValidator().validate(given, model.output_shape)
        if report.has_errors():
            complaints.append(f"{model.name}: {report.generate_report()}")

    for operation in operations:
        client.meta.events.register(f"after-call.*.{operation}", check)
    return complaints


def structure(value, shape, as_text, at=""):
    """What is wrong with a value on the wire: `as_text` where scalars are text, as in XML."""
    if shape.type_name == "structure":
        for name, inner in value.items():
            if name not in shape.members:
                yield f"{at}: no member {name}"
            else:
                yield from structure(inner, shape.members[name], as_text, f"{at}.{name}")
        yield from (f"{at}: {name} is missing" for name in shape.required_members if name not in value)
    elif shape.type_name == "list":
        for number, inner in enumerate(value):
            yield from structure(inner, shape.member, as_text, f"{at}[{number}]")
    elif not isinstance(value, str if as_text else SCALARS[shape.type_name]):
        yield f"{at}: {value!r} is no {shape.type_name}"
    elif shape.type_name == "boolean" and as_text and value not in ("true", "false"):
        yield f"{at}: {value!r} is no boolean"
    elif shape.type_name == "string":
        limits = shape.metadata
        if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
            yield f"{at}: {len(value)} characters"
        if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
            yield f"{at}: {value!r} does not match {limits['pattern']}"
        if limits.get("enum") and value not in limits["enum"]:
            yield f"{at}: {value!r} is none of {limits['enum']}"
