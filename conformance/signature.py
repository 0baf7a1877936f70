"""AWS's signature version 4, checked: what AWS computes of a request as it arrived. Python's standard library only.

A test of the project holds it against botocore's own signer.
"""

import hashlib
import hmac
import re
import urllib.parse

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})")


def scope_of(authorization: str) -> tuple[str, str]:
    """The access key, and region and service that it was signed for."""
    found = AUTHORIZATION.fullmatch(authorization)
    return (found[1], f"{found[3]}/{found[4]}") if found else ("", "")


def faults_of(method: str, target: str, headers: list[tuple[str, str]], body: bytes, key: str, secret: "str | None") -> list[str]:
    """What AWS would refuse about the signature; nothing if it holds."""
    names = [name for name, _ in headers]
    held = dict(headers)
    found = AUTHORIZATION.fullmatch(held.get("authorization", ""))
    if not found:
        return ["it is not signed"]
    if secret is None:
        return [f"it is signed with {key}, which is nobody's key"]
    _, day, region, service, signed, signature = found.groups()
    faults = [f"the header {name} is there twice" for name in set(names) if names.count(name) > 1]
    wanted = {"host"} | {name for name in names if name.startswith("x-amz-")}
    faults += [f"the header {name} is not signed" for name in sorted(wanted - set(signed.split(";")))]
    moment = held.get("x-amz-date", "")
    if not moment.startswith(day):
        faults.append("the scope's day is not that of x-amz-date")
    path, _, query = target.partition("?")
    if service != "s3":
        path = urllib.parse.quote(path, safe="/~-._")
    pairs = sorted((quoted(name), quoted(value)) for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True))
    digest = hashlib.sha256(body).hexdigest()
    if held.get("x-amz-content-sha256", digest) not in (digest, "UNSIGNED-PAYLOAD"):
        faults.append("x-amz-content-sha256 is not that of the body")
    canonical = "\n".join([
        method, path, "&".join(f"{name}={value}" for name, value in pairs),
        *(f"{name}:{' '.join(held.get(name, '').split())}" for name in signed.split(";")), "",
        signed, held.get("x-amz-content-sha256", digest)])
    text = "\n".join(["AWS4-HMAC-SHA256", moment, f"{day}/{region}/{service}/aws4_request", hashlib.sha256(canonical.encode()).hexdigest()])
    step = ("AWS4" + secret).encode()
    for part in (day, region, service, "aws4_request", text):
        step = hmac.new(step, part.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(step.hex(), signature):
        faults.append("the signature does not match the request")
    return faults


def quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")
