"""Holds the kit's reader of signatures against botocore's signer, which it must take at its word and no further."""

import sys

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from signature import faults_of, scope_of

KEY, SECRET = "ASIA1111222233330001", "a secret"
REQUESTS = [
    ("sqs", "POST", "/", {"x-amz-target": "AmazonSQS.ListQueues", "content-type": "application/x-amz-json-1.0"}, "{}"),
    ("ec2", "POST", "/", {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, "Action=DescribeRegions&Version=2016-11-15"),
    ("s3", "GET", "/?max-buckets=10&prefix=a%2Fb%20c", {}, ""),
    ("s3", "GET", "/bucket/a%20key/x", {}, ""),
    ("eks", "GET", "/clusters?maxResults=100&nextToken=a%2Bb%3D%3D", {}, ""),
    ("eks", "GET", "/clusters/my%3Acluster", {}, ""),
    ("ses", "GET", "/v2/email/contact-lists", {"x-spaces": "a   b"}, ""),
]


def signed(service: str, method: str, target: str, headers: dict, body: str) -> tuple:
    request = AWSRequest(method=method, url="http://127.0.0.1:1234" + target, headers={**headers, "Host": "127.0.0.1:1234"}, data=body)
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials(KEY, SECRET, "a token"), service, "eu-west-1")
    signer.add_auth(request)
    return method, target, [(name.lower(), value) for name, value in request.headers.items()], body.encode()


def changed(request: tuple) -> list[tuple]:
    """The same, each with one thing changed after it was signed."""
    method, target, headers, body = request
    without = lambda name: [pair for pair in headers if pair[0] != name]
    return [
        ("DELETE", target, headers, body), (method, target + ("&" if "?" in target else "?") + "more=1", headers, body),
        (method, "/other" + target, headers, body), (method, target, headers, body + b" "),
        (method, target, [*without("host"), ("host", "evil.example")], body), (method, target, [*headers, ("x-amz-more", "1")], body),
        (method, target, [*without("x-amz-date"), ("x-amz-date", "20200101T000000Z")], body), (method, target, without("authorization"), body),
        (method, target, [*without("x-amz-security-token"), ("x-amz-security-token", "another")], body)]


def main() -> int:
    wrong = []
    for one in REQUESTS:
        request = signed(*one)
        key, scope = scope_of(dict(request[2])["authorization"])
        if (key, scope) != (KEY, f"eu-west-1/{one[0]}"):
            wrong.append(f"{one}: read as {key} {scope}")
        wrong += [f"{one}: {fault}" for fault in faults_of(*request, key, SECRET)]
        wrong += [f"{one}, changed, holds: {other}" for other in changed(request) if not faults_of(*other, key, SECRET)]
        if not faults_of(*request, key, "another secret") or not faults_of(*request, key, None):
            wrong.append(f"{one}: holds with another's secret")
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


sys.exit(main())
