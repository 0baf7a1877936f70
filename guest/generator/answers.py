"""AWS's side of the wire, by botocore: answers read with its parsers, requests written with its serializers.

What is read is put into the forms that the guest gives out: points in time as ISO-8601 text in UTC, bytes as base64, the
floats that JSON lacks as text, IAM's policies as JSON. Members that the model does not know are kept where the wire is
JSON, as the guest keeps them; in XML nothing says what they are.
"""

import base64
import datetime
import functools
import json
import math
import re
from urllib.parse import quote, unquote

import botocore.parsers
import botocore.serialize
import catalog
import models

JSON_PROTOCOLS = ("json", "rest-json")


class Refused(Exception):
    """AWS answered with an error: its code."""

    def __init__(self, code, message=""):
        super().__init__(f"{code}: {message}")
        self.code = code


def protocol(service):
    return models.protocol(models.service_model(service)["metadata"])


@functools.cache
def parser(name):
    return botocore.parsers.create_parser(name)


@functools.cache
def serializer(name, validated=True):
    return botocore.serialize.create_serializer(name, include_validation=validated)


def read(service, operation, status, headers, body):
    """An answer as the guest gives it out: a dict. `headers` is a dict, `body` text.

    Raises Refused where AWS answers with an error.
    """
    name, model = protocol(service), catalog.operation(service, operation)
    shape = model.output_shape
    lower = {key.lower(): value for key, value in headers.items()}
    response = {"status_code": status, "headers": botocore_headers(lower), "body": body.encode()}
    found = parser(name).parse(response, shape)
    if status >= 300:
        error = found.get("Error", {})
        raise Refused(error.get("Code", str(status)), error.get("Message", ""))
    found.pop("ResponseMetadata", None)
    if (service, operation) == ("s3", "GetBucketLocation"):
        # The answer is its one member; boto3 reads it by hand as well.
        text = re.search(r">([^<>]+)</LocationConstraint", body)
        found = {"LocationConstraint": text[1].strip() if text else None}
    value = plain(shape, found) if shape else {}
    if name in JSON_PROTOCOLS and shape:
        value = as_spelt(shape, raw_body(body), value, top=True)
    return value


def botocore_headers(headers):
    from botocore.compat import HTTPHeaders

    return HTTPHeaders.from_dict(headers)


def raw_body(body):
    try:
        return json.loads(body)
    except ValueError:
        return None


def plain(shape, value, policies=True):
    """A value as botocore's parsers give it, in the guest's forms. What is sent has its policies as text."""
    kind = shape.type_name
    if value is None:
        return None
    if kind == "structure":
        if shape.is_document_type or not isinstance(value, dict):
            return value
        members = shape.members
        return {name: plain(members[name], item, policies) if name in members else item for name, item in value.items()}
    if kind == "list" and isinstance(value, list):
        return [plain(shape.member, item, policies) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {name: plain(shape.value, item, policies) for name, item in value.items()}
    if isinstance(value, datetime.datetime):
        return point_in_time(value)
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if policies and shape.name == "policyDocumentType" and isinstance(value, str):
        return policy(value)
    return value


def policy(text):
    """A policy of IAM, which writes it percent-encoded."""
    try:
        return json.loads(unquote(text))
    except ValueError:
        return text


def point_in_time(moment):
    # A time without a zone is meant in UTC, wherever this runs.
    moment = moment.replace(tzinfo=moment.tzinfo or datetime.timezone.utc)
    return moment.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat() + "Z"


def as_spelt(shape, raw, value, top=False):
    """What was read of a JSON answer, with what botocore drops: members that the model does not know are put in, and
    whole numbers stay whole where the model has floats."""
    if raw is None or value is None or catalog.is_open(shape):
        return value
    kind = shape.type_name
    if kind == "structure" and isinstance(raw, dict) and isinstance(value, dict):
        payload = shape.serialization.get("payload") if top else None
        if payload:
            if payload in value:
                value[payload] = as_spelt(shape.members[payload], raw, value[payload])
            return value
        wire = {
            member.serialization.get("name", name): name
            for name, member in shape.members.items()
            if "location" not in member.serialization
        }
        for name, item in raw.items():
            if name in wire:
                if wire[name] in value:
                    value[wire[name]] = as_spelt(shape.members[wire[name]], item, value[wire[name]])
            elif item is not None and name != "__type" and name not in shape.members:
                value.setdefault(name, item)
    elif kind == "list" and isinstance(raw, list) and isinstance(value, list):
        return [as_spelt(shape.member, item, found) for item, found in zip(raw, value)]
    elif kind == "map" and isinstance(raw, dict) and isinstance(value, dict):
        return {name: as_spelt(shape.value, raw.get(name), item) for name, item in value.items()}
    elif kind in ("float", "double") and isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    return value


# Requests


def write(service, operation, params, validated=True):
    """A request as botocore serializes it: {"method", "target", "headers", "body"}, the target being path and query.

    The forms that boto's handlers would change afterwards (S3's host) are as the model has them.
    """
    name, model = protocol(service), catalog.operation(service, operation)
    written = serializer(name, validated).serialize_to_request(params, model)
    body = written.get("body", b"")
    query = written.get("query_string", {})
    if isinstance(body, dict):
        body = pairs(body)
    if isinstance(body, (bytes, bytearray)):
        body = body.decode()
    path, _, fixed = written["url_path"].partition("?")
    asked = "&".join(part for part in (fixed, query if isinstance(query, str) else pairs(query)) if part)
    return {
        "method": written["method"],
        "target": path + ("?" + asked if asked else ""),
        "headers": dict(written.get("headers", {})),
        "body": body or "",
    }


def pairs(values):
    """`A=1&B=2`, in the order given; percent-encoded but for the unreserved."""
    found = []
    for key, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            found.append(f"{quote(key, safe='-_.~')}={quote(text_of(one), safe='-_.~')}")
    return "&".join(found)


def text_of(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def request_text(service, operation, params):
    """What a golden case's `when` is looked up in: the target, a space, and the body in the guest's spelling."""
    request = write(service, operation, params)
    return f"{request['target']} {compact(request['body'])}"


def compact(body):
    """A JSON body without spaces, as the guest writes it. Other bodies are the same."""
    if body[:1] not in ("{", "["):
        return body
    return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False)
