"""Turns the shapes that a set of operations reaches into the numbered shape table of one service.

A shape says what a value is; a member says how it stands on the wire. What a model spreads over both (a name or
`flattened` may stand at the shape or at the reference to it) is resolved here, so that the reader has one place to look.
"""

SCALARS = {
    "string": "string",
    "character": "string",
    "integer": "integer",
    "long": "integer",
    "short": "integer",
    "byte": "integer",
    "bigInteger": "integer",
    "float": "float",
    "double": "float",
    "bigDecimal": "float",
    "boolean": "boolean",
    "blob": "blob",
    "timestamp": "timestamp",
}
TIMESTAMPS = {"iso8601": "iso8601", "unixTimestamp": "epoch", "rfc822": "rfc822"}
# IAM gives policy documents as percent-encoded JSON; botocore's handlers decode shapes of this name, and so do we.
ENCODED_JSON = "policyDocumentType"
LOCATIONS = {"uri": "uri", "querystring": "query", "header": "header", "headers": "headers", "statusCode": "status"}


class ShapeTable:
    """The shapes reached so far. Numbers are given in the order of first use, which keeps the file stable."""

    def __init__(self, shapes, protocol):
        self._shapes = shapes
        self._xml = protocol in ("ec2", "query", "rest-xml")
        self._ec2 = protocol == "ec2"
        self._numbers = {}
        self.entries = []

    def add(self, name, location=None):
        """The number of a shape, entered with everything below it when it is new.

        A member that stands on the wire as it is called is written as that number alone.

        Where a list stands tells the form of the timestamps in it, so that a list may be entered once for each place.
        """
        shape = self._shapes[name]
        kind = shape["type"]
        if kind == "structure" and shape.get("document"):
            key, entry = "document", lambda: "document"
        elif kind == "structure":
            key, entry = name, lambda: self._structure(shape)
        elif kind == "list":
            key, entry = (name, location), lambda: {"list": self._member("", shape["member"], location)}
        elif kind == "map":
            key, entry = name, lambda: {"map": [self._member("", shape["key"]), self._member("", shape["value"])]}
        elif name == ENCODED_JSON:
            key, entry = "encoded-json", lambda: "encoded-json"
        elif kind in SCALARS:
            key, entry = SCALARS[kind], lambda: SCALARS[kind]
        else:
            raise SystemExit(f"shape {name}: unknown type {kind}")
        if key not in self._numbers:
            self._numbers[key] = len(self.entries)
            self.entries.append(None)
            self.entries[self._numbers[key]] = entry()
        return self._numbers[key]

    def _structure(self, shape):
        entry = {"members": {name: self._member(name, reference) for name, reference in shape["members"].items()}}
        if shape.get("required"):
            entry["required"] = shape["required"]
        if "payload" in shape:
            entry["payload"] = shape["payload"]
        if shape.get("union"):
            entry["union"] = True
        return {"structure": entry}

    def _member(self, name, reference, place=None):
        shape = self._shapes[reference["shape"]]
        merged = {**shape, **reference}
        wire = merged.get("locationName")
        location = merged.get("location")
        entry = {"shape": self.add(reference["shape"], location)}
        if wire is not None and wire != name:
            entry["wire"] = wire
        if self._ec2:
            usual = wire or name
            spelt = merged.get("queryName") or usual[:1].upper() + usual[1:]
            if spelt != (wire or name):
                entry["query"] = spelt
        if location:
            entry["location"] = LOCATIONS[location]
        if merged.get("flattened"):
            entry["flattened"] = True
        if merged.get("xmlAttribute"):
            entry["attribute"] = True
        if merged.get("jsonvalue"):
            entry["json"] = True
        if merged.get("hostLabel"):
            entry["host_label"] = True
        if merged.get("idempotencyToken"):
            entry["idempotency_token"] = True
        if merged.get("streaming") or merged.get("eventstream"):
            entry["streaming"] = True
        if shape["type"] == "timestamp":
            entry["timestamp"] = TIMESTAMPS[merged.get("timestampFormat") or self._timestamp_default(location or place)]
        return entry if len(entry) > 1 else entry["shape"]

    def _timestamp_default(self, location):
        if location == "header":
            return "rfc822"
        if location in ("uri", "querystring") or self._xml:
            return "iso8601"
        return "unixTimestamp"

