"""Reads who asks for what from a request's bytes, with botocore's own service models."""

import dataclasses
import functools
import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import botocore.loaders
import botocore.model

# The product's tables say which services are signed under one name; botocore's models are too large to look.
TABLES = Path(__file__).resolve().parents[2] / "crates" / "tables" / "data" / "services"
# What is looked for first where requests of several services look alike.
FIRST = ("s3control",)
RPC = re.compile(r"^/service/[^/]+/operation/(\w+)$")
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
def signed_as():
    """The services, as botocore's directories are called, by the name that their requests are signed for."""
    found = {}
    for path in sorted(TABLES.glob("*.txt")):
        with path.open() as file:
            head = json.loads(file.readline())
        found.setdefault(head["signing_name"], []).append(head["name"])
    for name, services in found.items():
        services.sort(key=lambda service: (service not in FIRST, service != name))
    return found


@functools.cache
def model(service):
    """botocore's model of a service."""
    return botocore.model.ServiceModel(LOADER.load_service_model(service, "service-2"), service)


@functools.cache
def paginator(service, operation):
    """What botocore knows of an operation's paging, or None."""
    try:
        return LOADER.load_service_model(service, "paginators-1")["pagination"].get(operation)
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
            call.region, signing_name = call.scope[1], call.scope[2]
            identify(call, signing_name, content_type, form)
    elif form.get("Action", "").startswith("AssumeRoleWith"):
        call.service, call.region = "sts", "us-east-1"
        identify(call, "sts", content_type, form)
    return call


def identify(call, signing_name, content_type, form):
    """Finds the service among those that are signed so, and the operation."""
    for service in signed_as().get(signing_name, [signing_name]):
        call.service = service
        try:
            call.protocol = protocol(service)
        except botocore.loaders.UnknownServiceError:
            continue
        call.operation = operation_of(call, content_type, form)
        if call.operation:
            break
    if form:
        call.input = form
    else:
        call.input = {**json_object(call.body), **dict(parse_qsl(call.query, keep_blank_values=True))}


def operation_of(call, content_type, form):
    """The operation of a request, if it is one of this service; else empty."""
    service, metadata = call.service, model(call.service).metadata
    rpc = RPC.match(call.path)
    if rpc:
        return rpc[1] if rpc[1] in model(service).operation_names else ""
    if call.protocol in ("query", "ec2"):
        mine = form.get("Version", metadata["apiVersion"]) == metadata["apiVersion"]
        return form.get("Action", "") if mine else ""
    if call.protocol == "json":
        prefix, _, name = (call.header("x-amz-target") or "").rpartition(".")
        return name if prefix == metadata["targetPrefix"] else ""
    return rest_operation(service, call.method, call.path, call.query) or rest_operation(service, call.method, unquote(call.path), call.query)


def json_object(body):
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
