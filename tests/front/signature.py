"""Recomputes a request's signature with botocore's own signers, from the bytes that arrived."""

import datetime
import hashlib
import hmac
from urllib.parse import quote, unquote

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

# AWS's own tolerance between a request's date and its clock.
SKEW_S = 300
UNHASHED = ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")


def canonical_query(raw):
    """The query in AWS's canonical spelling, whatever spelling arrived: the service decodes before it encodes."""
    pairs = [pair.partition("=")[::2] for pair in raw.split("&") if pair]
    safe = "-_.~"
    return "&".join(f"{quote(unquote(key), safe=safe)}={quote(unquote(value), safe=safe)}" for key, value in pairs)


def complaint(call, secret, token, now):
    """Why this request's signature does not hold, as (code, message), or None when it does."""
    if call.scope is None or len(call.scope) != 4 or call.scope[3] != "aws4_request":
        return "IncompleteSignature", "Authorization header is not a version 4 signature"
    date = call.header("x-amz-date") or ""
    try:
        when = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return "IncompleteSignature", "X-Amz-Date is missing or malformed"
    if date[:8] != call.scope[0]:
        return "SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date"
    if abs((when - now).total_seconds()) > SKEW_S:
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        if call.protocol == "rest-xml":
            return "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
        return "InvalidSignatureException", f"Signature expired: {date} is now earlier than {stamp} (5 min.)"
    needed = {"host"} | {name.lower() for name, _ in call.headers if name.lower().startswith("x-amz-")}
    unsigned = sorted(needed - set(call.signed_headers))
    if unsigned:
        return "SignatureDoesNotMatch", f"There were headers present in the request which were not signed: {unsigned}"
    if list(call.signed_headers) != sorted(set(call.signed_headers)):
        return "SignatureDoesNotMatch", "SignedHeaders is not sorted or names a header twice"
    if (call.header("x-amz-security-token") or None) != token:
        return "InvalidClientTokenId", "The security token included in the request is invalid"
    digest = call.header("x-amz-content-sha256")
    if digest and digest not in UNHASHED and digest != hashlib.sha256(call.body).hexdigest():
        return "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
    if call.scope[2] == "s3" and digest is None:
        return "MissingSecurityHeader", "x-amz-content-sha256 is missing"
    if not hmac.compare_digest(expected(call, secret), call.signature):
        return "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."
    return None


def expected(call, secret):
    """The signature that botocore gives this request."""
    _, region, service, _ = call.scope
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials(call.key_id, secret), service, region)
    path = quote(unquote(call.path), safe="/-_.~") if service == "s3" else call.path
    query = canonical_query(call.query)
    request = AWSRequest(call.method, f"http://{call.header('host')}{path}" + (f"?{query}" if query else ""), data=call.body)
    headers = HTTPHeaders()
    for name in call.signed_headers:
        for value in call.headers_named(name):
            headers[name] = value
    request.headers = headers
    request.context["timestamp"] = call.header("x-amz-date")
    prepared = Prepared(request)
    return signer.signature(signer.string_to_sign(prepared, signer.canonical_request(prepared)), prepared)


class Prepared:
    """The parts of a request that botocore's signers read, with the body as bytes."""

    def __init__(self, request):
        self.method = request.method
        self.url = request.url
        self.params = None
        self.headers = request.headers
        self.context = request.context
        self.body = request.data
