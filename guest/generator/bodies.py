"""Answers as AWS would write them, of values that fit an operation's output shape.

A value is what the shape says: structures and maps are dicts by the members' names, timestamps are datetimes, blobs bytes.
`Values` makes up plain ones for golden cases; `Odd` makes the ones that readers stumble over. `render` writes a value in
its service's protocol as (status, headers, body).
"""

import base64
import datetime
import email.utils
import json
import math
import random
from xml.sax.saxutils import escape, quoteattr

import answers
import catalog
from texts import Texts

MOMENT = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'
POLICY_ENCODED = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D"
NAMESPACES = {"ec2": "http://ec2.amazonaws.com/doc/{version}/", "query": "http://{service}.amazonaws.com/doc/{version}/"}


# Values


class Values:
    """Plain values: every member down to a depth, lists of one, wider structures cut."""

    def __init__(self, service, region, depth=3, width=40, distinct=()):
        self.texts = Texts(service, region, distinct)
        self.depth, self.width = depth, width

    def make(self, shape, wanted=(), number=1, member="", depth=None, opened=(), within=""):
        """A value. `wanted` are the paths that must be there, whatever is cut otherwise. `number` tells items apart."""
        depth = self.depth if depth is None else depth
        kind = shape.type_name
        if catalog.is_open(shape):
            return self.open_value(shape)
        if kind == "structure":
            return self.structure(shape, wanted, number, depth, opened)
        if kind == "list":
            inner = [path for path in map(into_list, wanted) if path]
            return [self.make(shape.member, inner, number, member, depth, opened, within)]
        if kind == "map":
            inner = [path.partition(".")[2] for path in wanted if "." in path]
            key = self.texts.text(shape.key, "key", number)
            return {key: self.make(shape.value, inner, number, "value", depth, opened)}
        return self.scalar(shape, member, number, within)

    def open_value(self, shape):
        if shape.name == "policyDocumentType":
            return POLICY_ENCODED
        return {"example": ["value", 1]}

    def structure(self, shape, wanted, number, depth, opened):
        if shape.name in opened:
            return {}
        opened = (*opened, shape.name)
        by_name = {}
        for path in wanted:
            steps = catalog.segments(path)
            if steps:
                rest = path[len(steps[0][0]):]
                by_name.setdefault(steps[0][0], []).append(rest.lstrip("."))
        names = [name for name in shape.members if name in by_name or name in shape.required_members]
        if getattr(shape, "is_tagged_union", False):
            names = [self.variant(shape, by_name, opened)]
        else:
            for name in shape.members:
                if len(names) >= self.width:
                    break
                if name not in names:
                    names.append(name)
        made = {}
        for name in (name for name in shape.members if name in names):
            member = shape.members[name]
            needed = name in by_name
            nested = member.type_name in ("structure", "list", "map")
            if getattr(shape, "is_tagged_union", False):
                depth = max(depth, 1)
            elif nested and not needed and (depth <= 0 or member.name in opened):
                continue
            made[name] = self.make(member, by_name.get(name, ()), number, name, depth - nested, opened, shape.name)
        return made

    def variant(self, shape, wanted, opened):
        """The member of a union that is there: a named one, else one that does not lead back."""
        outward = [name for name, member in shape.members.items() if member.name not in opened]
        return next((name for name in shape.members if name in wanted), (outward or list(shape.members))[0])

    def scalar(self, shape, member, number, within):
        kind = shape.type_name
        if kind in ("string", "character"):
            return self.texts.text(shape, member, number, within)
        if kind in ("integer", "long", "short", "byte"):
            low, high = shape.metadata.get("min"), shape.metadata.get("max")
            value = number if low is None else max(number, low)
            return value if high is None else min(value, high)
        if kind in ("float", "double"):
            return number + 0.5
        if kind == "boolean":
            return number % 2 == 1
        if kind == "timestamp":
            return MOMENT + datetime.timedelta(hours=number - 1)
        return f"blob-{number}".encode()


def into_list(path):
    """`[].Name` and `[Key=Name].Value` as what they ask of an element."""
    if path.startswith("["):
        return path.partition("]")[2].lstrip(".")
    return path


ODD_TEXTS = [
    "", " ", "a", "näme", "日本語", "🚀", "a & b < c > \"d\" 'e'", "line\nbreak", "tab\there", " padded ", "null", "true",
    "123", "{}", "[]", "<x/>", "]]>", "%2F", "a=b&c=d", "\\u0041", "é" * 300, "\u200b", "0", "-", "arn:aws:x:::y", "\u00a0",
]
ODD_INTEGERS = [0, 1, -1, 2**31 - 1, -(2**31), 2**53 - 1, 2**53 + 1, 2**63 - 1, -(2**63)]
ODD_FLOATS = [0.0, -0.0, 1.5, -1.25, 1e-9, 1e21, 123456789.123, 3.0, 5e-324, 1.7976931348623157e308]
ODD_FLOATS += [math.nan, math.inf, -math.inf]
ODD_MOMENTS = [
    MOMENT,
    MOMENT.replace(microsecond=678000),
    MOMENT.replace(microsecond=123456),
    datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc),
    datetime.datetime(1969, 12, 31, 23, 59, 58, 500000, tzinfo=datetime.timezone.utc),
    datetime.datetime(2038, 1, 19, 3, 14, 8, tzinfo=datetime.timezone.utc),
    datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.timezone.utc),
    datetime.datetime(1, 1, 1, tzinfo=datetime.timezone.utc),
]
ODD_BLOBS = [b"", b"a", b"blob", bytes(range(256)), b"\xff\xfe", b"\x00", b"text"]
ODD_DOCUMENTS = [{}, {"a": [1, None, {"b": "ü"}]}, {"x": 1.5, "y": True, "z": {"n": None}}]
# A null on the wire. None would be a value.
NULL = object()


class Odd:
    """Values that are valid and unusual: absent, empty, repeated and long ones, edges of every scalar."""

    def __init__(self, seed, absent=0.35, most=3, depth=6, nulls=False):
        self.random = random.Random(seed)
        self.absent, self.most, self.depth, self.nulls = absent, most, depth, nulls
        # Members that a value may still get: giant shapes are not made in full.
        self.budget = 400

    def make(self, shape, depth=None, opened=()):
        depth = self.depth if depth is None else depth
        self.budget -= 1
        kind = shape.type_name
        if getattr(shape, "is_document_type", False):
            return self.random.choice(ODD_DOCUMENTS)
        if kind == "structure":
            return self.structure(shape, depth, (*opened, shape.name))
        if kind == "list":
            items = [self.make(shape.member, depth - 1, opened) for _ in range(self.count(shape, depth))]
            if self.nulls and items and self.random.random() < 0.05:
                items.append(NULL)
            return items
        if kind == "map":
            keys = [self.key(shape.key, number) for number in range(self.count(shape, depth))]
            return {key: self.make(shape.value, depth - 1, opened) for key in keys}
        return self.scalar(shape)

    def count(self, shape, depth):
        """How many items a list or map gets."""
        return 0 if depth <= 0 or self.budget < 0 else self.random.choice([0, 1, 1, self.most])

    def structure(self, shape, depth, opened):
        members = shape.members
        if getattr(shape, "is_tagged_union", False):
            outward = [name for name, member in members.items() if member.name not in opened] or list(members)
            name = self.random.choice(outward)
            return {name: self.make(members[name], max(depth - 1, 1), opened)}
        made = {}
        for name, member in members.items():
            nested = member.type_name in ("structure", "list", "map")
            recursive = member.name in opened and self.random.random() < 0.7
            too_much = nested and (depth <= 0 or self.budget < 0)
            if recursive or too_much or self.random.random() < self.absent:
                if self.nulls and self.random.random() < 0.2:
                    made[name] = NULL
                continue
            made[name] = self.make(member, depth - 1, opened)
        return made

    def key(self, shape, number):
        if shape.enum:
            return self.random.choice(shape.enum)
        return self.random.choice([f"key{number}", f"Key-{number}", f"ключ{number}", f"a.b/c:{number}", f"x y{number}"])

    def scalar(self, shape):
        kind, rng = shape.type_name, self.random
        if shape.name == "policyDocumentType":
            return rng.choice([POLICY_ENCODED, "not a policy"])
        if kind in ("string", "character"):
            # Values that the model does not list yet are read like any other.
            if shape.enum and rng.random() < 0.8:
                return rng.choice(shape.enum)
            return rng.choice(ODD_TEXTS)
        if kind in ("integer", "short", "byte"):
            return rng.choice([number for number in ODD_INTEGERS if abs(number) <= 2**31])
        if kind == "long":
            return rng.choice(ODD_INTEGERS)
        if kind in ("float", "double"):
            return rng.choice(ODD_FLOATS)
        if kind == "boolean":
            return rng.random() < 0.5
        if kind == "timestamp":
            return rng.choice(ODD_MOMENTS)
        return rng.choice(ODD_BLOBS)


# What every protocol writes in one way only: seconds, and floats without an exponent.
INPUT_MOMENTS = [moment for moment in ODD_MOMENTS if not moment.microsecond and 1900 < moment.year < 9000]
INPUT_FLOATS = [0.5, 1.5, -1.25, 3.0]


class Inputs(Odd):
    """Inputs that botocore's validation takes: what is required is there, and nothing is too short."""

    def __init__(self, seed, service, **more):
        super().__init__(seed, absent=0.5, **more)
        self.texts = Texts(service, "eu-west-1")

    def count(self, shape, depth):
        least = shape.metadata.get("min", 0)
        return max(least, super().count(shape, depth)) if depth > -4 else least

    def structure(self, shape, depth, opened):
        made = super().structure(shape, depth, opened)
        if getattr(shape, "is_tagged_union", False):
            return made
        for name in shape.required_members:
            if name not in made:
                made[name] = self.make(shape.members[name], depth - 1, opened)
        for name, member in shape.members.items():
            if name in made and isinstance(made[name], str):
                made[name] = self.placed(name, member, made[name])
        return {name: made[name] for name in shape.members if name in made}

    def placed(self, name, member, text):
        """A text that can stand where the request has it."""
        place = member.serialization.get("location")
        if member.serialization.get("hostLabel"):
            return "label1"
        if place == "header":
            return ascii_of(text)
        if place == "uri" and not text.strip("./ "):
            return "a b/c"
        return text

    def scalar(self, shape):
        kind = shape.type_name
        if kind == "timestamp":
            return self.random.choice(INPUT_MOMENTS)
        if kind in ("float", "double"):
            return max(self.random.choice(INPUT_FLOATS), shape.metadata.get("min", -2))
        value = super().scalar(shape)
        least = shape.metadata.get("min")
        if least is None:
            return value
        if isinstance(value, str) and len(value) < least:
            return value + "x" * (least - len(value))
        if isinstance(value, int) and not isinstance(value, bool):
            return max(value, least)
        return value


# Writing


class Plain:
    """How an answer is spelt: as AWS usually does."""

    def timestamp(self, moment, form):
        if form == "unixTimestamp":
            seconds = moment.timestamp()
            return int(seconds) if seconds == int(seconds) else seconds
        if form == "rfc822":
            return email.utils.format_datetime(moment.replace(microsecond=0), usegmt=True)
        return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{moment.microsecond // 1000:03d}Z" if moment.microsecond else "Z")

    def boolean(self, value):
        return "true" if value else "false"

    def float(self, value):
        return repr(value)

    def number(self, value):
        return value

    def unknown(self):
        """Members that no model knows."""
        return {}

    def space(self):
        return ""


class Loose(Plain):
    """How it may be spelt as well."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def timestamp(self, moment, form):
        rng = self.random
        forms = ["unixTimestamp", "iso8601", "rfc822"]
        # A header's date, or a text's, is what the model says more often than not.
        form = form if rng.random() < 0.5 else rng.choice(forms)
        if moment.year < 1900 or moment.year > 9000:
            form = "iso8601"
        if form == "unixTimestamp":
            seconds = moment.timestamp()
            return rng.choice([seconds, int(seconds), round(seconds, 3)])
        if form == "rfc822":
            return email.utils.format_datetime(moment.replace(microsecond=0), usegmt=True)
        base = f"{moment.year:04d}" + moment.strftime("-%m-%dT%H:%M:%S")
        return rng.choice([f"{base}Z", f"{base}.000Z", f"{base}.{moment.microsecond:06d}Z", f"{base}+00:00"])

    def unknown(self):
        return {"brandNewMember": {"kept": [1, "x"]}} if self.random.random() < 0.1 else {}

    def space(self):
        return self.random.choice(["", "", "", "\n  "])


def render(service, operation, value, style=None, status=200):
    """(status, headers, body) of an output value."""
    style = style or Plain()
    model = catalog.operation(service, operation)
    shape = model.output_shape
    protocol = answers.protocol(service)
    if shape is None:
        return status, {}, "" if protocol not in ("json",) else "{}"
    if protocol == "json":
        return status, {}, json_text(shape, value, style)
    if protocol == "ec2":
        return status, {}, ec2_text(service, operation, shape, value, style)
    if protocol == "query":
        return status, {}, query_text(service, operation, model, shape, value, style)
    headers, rest = headers_of(shape, value, style)
    payload = shape.serialization.get("payload")
    if payload:
        body = payload_text(protocol, shape.members[payload], payload, value.get(payload), style)
    elif protocol == "rest-json":
        body = json_text(shape, rest, style) if in_body(shape) else ""
    elif (service, operation) == ("s3", "GetBucketLocation"):
        place = value.get("LocationConstraint")
        body = f"<LocationConstraint>{escape(place) if isinstance(place, str) else ''}</LocationConstraint>"
    else:
        body = xml_document(shape, model, rest, style) if in_body(shape) else ""
    return status, headers, body


def places(shape, location):
    return [(name, member) for name, member in shape.members.items() if member.serialization.get("location") == location]


def in_body(shape):
    return any("location" not in member.serialization for member in shape.members.values())


def headers_of(shape, value, style):
    """The headers of an answer, and the value without what stands in them."""
    headers = {}
    for name, member in places(shape, "header"):
        given = value.get(name)
        if given is not None and given is not NULL:
            headers[member.serialization.get("name", name)] = header_text(member, given, style)
    for name, member in places(shape, "headers"):
        for key, given in (value.get(name) or {}).items() if value.get(name) is not NULL else ():
            headers[member.serialization.get("name", "") + ascii_of(key).lower()] = ascii_of(given)
    rest = {name: given for name, given in value.items() if "location" not in shape.members[name].serialization}
    return {name: text for name, text in headers.items() if text is not None}, rest


def ascii_of(text):
    """What can stand in a header."""
    kept = "".join(character for character in str(text) if 0x21 <= ord(character) < 0x7F)
    return kept or "x"


def header_text(member, given, style):
    kind = member.type_name
    if member.serialization.get("jsonvalue"):
        return base64.b64encode(json.dumps({"a": 1}).encode()).decode()
    if kind == "timestamp":
        # The dates of HTTP begin in 1900.
        form = member.serialization.get("timestampFormat") or ("rfc822" if given.year >= 1900 else "iso8601")
        return str(Plain().timestamp(given, form))
    if kind == "boolean":
        return "true" if given else "false"
    if kind == "list":
        return ",".join(ascii_of(item).replace(",", "") for item in given) or None
    if kind == "blob":
        return base64.b64encode(given).decode()
    return ascii_of(given)


def payload_text(protocol, member, name, given, style):
    if given is None or given is NULL:
        given = {} if member.type_name == "structure" else None
    if given is None:
        return ""
    if member.type_name == "blob":
        return given.decode("latin-1").encode("ascii", "ignore").decode()
    if member.type_name == "string":
        return given
    if protocol == "rest-json":
        return json_text(member, given, style)
    return XML_HEAD + xml_element(member.serialization.get("name", member.name), member, given, style)


# JSON


def json_text(shape, value, style):
    wire = json_value(shape, value, style)
    if wire and isinstance(wire, dict):
        wire.update({name: item for name, item in style.unknown().items() if name not in wire})
    return json.dumps(wire, ensure_ascii=False)


def json_value(shape, value, style):
    if value is None or value is NULL:
        return None
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return value
    if kind == "structure":
        if not isinstance(value, dict):
            return value
        members = shape.members
        wire = {name: members[name].serialization.get("name", name) for name in value}
        return {wire[name]: json_value(members[name], item, style) for name, item in value.items()}
    if kind == "list":
        return [json_value(shape.member, item, style) for item in value]
    if kind == "map":
        return {name: json_value(shape.value, item, style) for name, item in value.items()}
    if kind == "timestamp":
        return style.timestamp(value, shape.serialization.get("timestampFormat") or "unixTimestamp")
    if kind == "blob":
        return base64.b64encode(value).decode()
    if kind in ("float", "double") and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        # JSON in a string.
        return json.dumps(value)
    return value


# XML

XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def ec2_text(service, operation, shape, value, style):
    inner = f"<requestId>{'0' * 8}-example</requestId>" + xml_members(shape, value, style)
    space = NAMESPACES["ec2"].format(version=catalog.model(service).api_version)
    return XML_HEAD + f"<{operation}Response xmlns={quoteattr(space)}>{inner}</{operation}Response>"


def query_text(service, operation, model, shape, value, style):
    space = model.service_model.metadata.get("xmlNamespace") or NAMESPACES["query"].format(
        service=service, version=model.service_model.api_version
    )
    inner = xml_members(shape, value, style)
    wrapper = shape.serialization.get("resultWrapper")
    if wrapper:
        inner = f"<{wrapper}>{inner}</{wrapper}>"
    rest = "<ResponseMetadata><RequestId>00000000-example</RequestId></ResponseMetadata>"
    return f"<{operation}Response xmlns={quoteattr(space)}>{style.space()}{inner}{rest}</{operation}Response>"


def xml_document(shape, model, value, style):
    name = shape.serialization.get("name") or shape.name
    return XML_HEAD + f"<{name}{xml_attributes(shape, value)}>{xml_members(shape, value, style)}</{name}>"


def xml_element(name, shape, value, style):
    kind = shape.type_name
    if kind == "structure":
        return f"<{name}{xml_attributes(shape, value)}>{xml_members(shape, value, style)}</{name}>"
    return f"<{name}>{xml_content(shape, value, style)}</{name}>"


def xml_attributes(shape, value):
    found = []
    for name, member in shape.members.items():
        if member.serialization.get("xmlAttribute") and value.get(name) not in (None, NULL):
            wire = member.serialization.get("name", name)
            prefix = wire.partition(":")[0]
            if ":" in wire:
                found.append(f'xmlns:{prefix}="http://www.w3.org/2001/XMLSchema-instance"')
            found.append(f"{wire}={quoteattr(str(value[name]))}")
    return "".join(" " + attribute for attribute in dict.fromkeys(found))


def xml_members(shape, value, style):
    found = []
    for name, given in value.items():
        member = shape.members[name]
        if given is None or given is NULL or member.serialization.get("xmlAttribute"):
            continue
        if "location" in member.serialization:
            continue
        found.append(style.space() + xml_member(name, member, given, style))
    return "".join(found)


def xml_member(name, member, given, style):
    wire = member.serialization.get("name", name)
    kind = member.type_name
    if kind == "list" and member.serialization.get("flattened"):
        wire = member.member.serialization.get("name") or wire
        return "".join(xml_element(wire, member.member, item, style) for item in given)
    if kind == "map" and member.serialization.get("flattened"):
        return "".join(f"<{wire}>{xml_entry(member, key, item, style)}</{wire}>" for key, item in given.items())
    return xml_element(wire, member, given, style)


def xml_entry(shape, key, value, style):
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    return f"<{key_name}>{escape(key)}</{key_name}>" + xml_element(value_name, shape.value, value, style)


def xml_content(shape, value, style):
    kind = shape.type_name
    if kind == "list":
        name = shape.member.serialization.get("name", "member")
        return "".join(style.space() + xml_element(name, shape.member, item, style) for item in value)
    if kind == "map":
        return "".join(f"<entry>{xml_entry(shape, key, item, style)}</entry>" for key, item in value.items())
    if kind == "timestamp":
        return str(style.timestamp(value, shape.serialization.get("timestampFormat") or "iso8601"))
    if kind == "blob":
        return base64.b64encode(value).decode()
    if kind == "boolean":
        return style.boolean(value)
    if kind in ("float", "double"):
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return style.float(value)
    if isinstance(value, dict):
        return escape(json.dumps(value))
    return escape(str(value))
