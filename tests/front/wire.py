"""Reads who asks for what from a request's bytes, with botocore's own service models."""

import dataclasses
import functools
import json
import re
from urllib.parse import parse_qsl, unquote

import botocore.loaders
import botocore.model

# Signing names that are not botocore's directory names.
DIRECTORIES = {"ses": "sesv2"}
# Signing names under which nobody knows the service: tests and reports call it as botocore's directory is called.
NAMES = {"cloudcontrolapi": "cloudcontrol"}
PROTOCOLS = ("ec2", "query", "json", "rest-json", "rest-xml")
LOADER = botocore.loaders.Loader()


@dataclasses.dataclass
class Call:
    """One request to AWS, as far as the front understands it."""

    number: int
    method: str
    target: str
    headers: list
    body: bytes
    service: str = ""
    region: str = ""
    operation: str = ""
    protocol: str = "rest-xml"
    key_id: str | None = None
    scope: list | None = None
    signed_headers: tuple = ()
    signature: str | None = None
    account: str | None = None
    principal: str = "anonymous"
    input: dict = dataclasses.field(default_factory=dict)
    note: dict = dataclasses.field(default_factory=dict)

    @property
    def path(self):
        return self.target.split("?", 1)[0]

    @property
    def query(self):
        return self.target.split("?", 1)[1] if "?" in self.target else ""

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name), None)

    def headers_named(self, name):
        return [value for key, value in self.headers if key.lower() == name]


@functools.cache
def model(service):
    """botocore's model of a service, by signing name."""
    directory = DIRECTORIES.get(service, service)
    return botocore.model.ServiceModel(LOADER.load_service_model(directory, "service-2"), directory)


@functools.cache
def paginator(service, operation):
    """What botocore knows of an operation's paging, or None."""
    directory = DIRECTORIES.get(service, service)
    try:
        return LOADER.load_service_model(directory, "paginators-1")["pagination"].get(operation)
    except botocore.loaders.UnknownServiceError:
        return None
    except botocore.loaders.DataNotFoundError:
        return None


@functools.cache
def protocol(service):
    """The protocol that the front speaks for a service: the first of botocore's that it knows."""
    metadata = model(service).metadata
    return next((name for name in metadata.get("protocols", [metadata["protocol"]]) if name in PROTOCOLS), metadata["protocol"])


@functools.cache
def routes(service):
    """For services routed by method and path: (method, path pattern, constant query, operation), most specific first."""
    found = []
    for name in model(service).operation_names:
        http = model(service).operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = ""
        for part in re.split(r"(\{[^}]+\})", path):
            if part.startswith("{"):
                pattern += "(.+)" if part.endswith("+}") else "([^/]+)"
            else:
                pattern += re.escape(part)
        constants = frozenset(parse_qsl(query, keep_blank_values=True))
        found.append((http["method"], re.compile(f"^{pattern}/?$"), constants, name, len(re.sub(r"\{[^}]+\}", "", path))))
    found.sort(key=lambda route: (-len(route[2]), -route[4], route[3]))
    return found


def rest_operation(service, method, path, query):
    """The operation that method, path and query name."""
    given = frozenset(parse_qsl(query, keep_blank_values=True))
    for verb, pattern, constants, name, _ in routes(service):
        if verb == method and constants <= given and pattern.match(path):
            return name
    return ""


AUTHORIZATION = re.compile(r"^AWS4-HMAC-SHA256 Credential=([^/,]+)/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$")


def read(number, method, target, headers, body):
    """Understands a request; what it cannot make out stays empty."""
    call = Call(number, method, target, headers, body)
    found = AUTHORIZATION.match(call.header("authorization") or "")
    content_type = call.header("content-type") or ""
    form = {}
    if content_type.startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if found:
        call.key_id, scope, signed, call.signature = found.groups()
        call.scope = scope.split("/")
        call.signed_headers = tuple(signed.split(";"))
        if len(call.scope) == 4:
            _, call.region, service, _ = call.scope
            call.service = NAMES.get(service, service)
    elif form.get("Action", "").startswith("AssumeRoleWith"):
        call.service, call.region = "sts", "us-east-1"
    if not call.service:
        return call
    try:
        call.protocol = protocol(call.service)
    except botocore.loaders.UnknownServiceError:
        return call
    if call.protocol in ("query", "ec2"):
        call.input = form
        call.operation = form.get("Action", "")
    elif call.protocol == "json":
        call.operation = (call.header("x-amz-target") or "").rpartition(".")[2]
        call.input = json_object(body)
    else:
        call.operation = rest_operation(call.service, method, unquote(call.path), call.query)
        call.input = {**json_object(body), **dict(parse_qsl(call.query, keep_blank_values=True))}
    return call


def json_object(body):
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
