"""Orders each weather there is, and looks at what a client of botocore meets.

    python weather.py ENDPOINT CONTROL
"""

import gzip
import json
import sys
import time
import urllib.error
import urllib.request

import botocore.exceptions as exceptions
import botocore.session
from botocore.config import Config
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

ENDPOINT, CONTROL = sys.argv[1:3]
SESSION = botocore.session.get_session()
# One service of each protocol, with a list that has pages: (service, operation, arguments).
CALLS = [
    ("ec2", "describe_volumes", {"MaxResults": 50}),
    ("autoscaling", "describe_auto_scaling_groups", {}),
    ("dynamodb", "list_tables", {}),
    ("secretsmanager", "list_secrets", {}),
    ("lambda", "list_functions", {}),
    ("s3", "list_buckets", {"MaxBuckets": 50}),
    ("cloudfront", "list_distributions", {}),
]
DENIALS = {"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
SKEWED = {"RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException", "SignatureDoesNotMatch"}
NOT_ENABLED = {"AuthFailure", "InvalidAccessKeyId", "UnrecognizedClientException", "InvalidClientTokenId"}
# What the connection does, and what botocore calls it.
BROKEN = {
    "reset": exceptions.ConnectionClosedError,
    "reset-in-body": (exceptions.ResponseStreamingError, exceptions.ConnectionClosedError, exceptions.HTTPClientError),
    # Where it does not count the bytes, half a document is what its parser is given.
    "truncated": (ResponseParserError, exceptions.ResponseStreamingError, exceptions.IncompleteReadError, exceptions.HTTPClientError),
    "stall": (exceptions.ReadTimeoutError, exceptions.ResponseStreamingError, exceptions.HTTPClientError),
    "half-open": exceptions.ReadTimeoutError,
}


def control(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{CONTROL}/__control/{path}", data) as answer:
        return json.load(answer)


def order(*faults, **options):
    control("options", {"faults": list(faults), **options})


CLIENTS = {}


def client(service, credentials, region="us-east-1"):
    key = service, credentials["AccessKeyId"], region
    if key not in CLIENTS:
        config = Config(
            retries={"total_max_attempts": 1}, read_timeout=1, connect_timeout=2, s3={"addressing_style": "path"}
        )
        CLIENTS[key] = SESSION.create_client(
            service, region, endpoint_url=ENDPOINT, config=config, aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"], aws_session_token=credentials["SessionToken"],
        )
    return CLIENTS[key]


def session(account):
    sts = SESSION.create_client("sts", "us-east-1", endpoint_url=ENDPOINT)
    role = f"arn:aws:iam::{account}:role/Reader"
    return sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]


def met(call, credentials, region="us-east-1"):
    """What a call comes to: its answer, or an exception."""
    service, operation, arguments = call
    try:
        return getattr(client(service, credentials, region), operation)(**arguments)
    except Exception as error:  # Its parser raises this and that for what it did not expect.
        return error


def code(outcome):
    assert isinstance(outcome, exceptions.ClientError), repr(outcome)
    return outcome.response["Error"]["Code"], outcome.response["ResponseMetadata"]["HTTPStatusCode"]


def main():
    estate = control("estate")
    accounts = sorted(estate["by_account"])
    keys = session(accounts[1])

    for call in CALLS:
        order()
        fine = met(call, keys)
        assert isinstance(fine, dict), (call, fine)
        # What is said about rates and failures is what botocore's own retries take it for.
        order({"fault": "throttled"})
        assert code(met(call, keys))[0] in ThrottledRetryableChecker._THROTTLED_ERROR_CODES, (call, met(call, keys))
        for fault, status in (("internal", 500), ("unavailable", 503), ("bad-gateway", 502)):
            order({"fault": fault})
            assert code(met(call, keys))[1] == status, (call, fault)
            assert status in TransientRetryableChecker._TRANSIENT_STATUS_CODES
        order({"fault": "expired"})
        assert code(met(call, keys))[0] in EXPIRED, call
        order({"fault": "denied"})
        assert code(met(call, keys))[0] in DENIALS, call
        order({"fault": "denied-by-policy"})
        denied = met(call, keys)
        assert code(denied)[0] in DENIALS and "with an explicit deny in a service control policy" in str(denied), denied
        order({"fault": "not-enabled"})
        assert code(met(call, keys))[0] in NOT_ENABLED, call
        # A page of HTML, something else, nothing: never the answer.
        for fault in ("html", "wrong-content", "empty", "error-inside"):
            order({"fault": fault})
            outcome = met(call, keys)
            assert not isinstance(outcome, dict) or outcome.keys() == {"ResponseMetadata"} or not any(
                value for name, value in outcome.items() if isinstance(value, list)
            ), (call, fault, outcome)

    call = CALLS[0]
    for fault, wanted in BROKEN.items():
        order({"fault": fault})
        outcome = met(call, keys)
        assert isinstance(outcome, wanted), f"{fault}: {repr(outcome)[:300]}"
    order()
    assert isinstance(met(call, keys), dict), "the next connection is fine"

    # Slow: a page of some 40,000 bytes takes about a second, and nothing of it is lost.
    whole = met(("ec2", "describe_volumes", {"MaxResults": 50}), keys)
    order({"fault": "slow", "value": 40_000})
    began = time.monotonic()
    slow = met(("ec2", "describe_volumes", {"MaxResults": 50}), keys)
    assert slow["Volumes"] == whole["Volumes"] and time.monotonic() - began > 0.5

    order({"fault": "retry-after", "value": 7})
    error = met(call, keys)
    assert error.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "7", error

    # Compressed, and the same: the signature's form is all that is looked at, so headers can be added to a signed call.
    order(gzip=True)
    sent = {}
    client("ec2", keys).meta.events.register("before-send", lambda request, **_: sent.update(request=request))
    met(call, keys)
    request = sent["request"]
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
    body = request.body if isinstance(request.body, bytes) else request.body.encode()
    asked = urllib.request.Request(request.url, body, {**headers, "Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        packed = answer.read()
    with urllib.request.urlopen(urllib.request.Request(request.url, body, headers)) as answer:
        plain = answer.read()
    assert len(packed) < len(plain) / 4 and gzip.decompress(packed)[200:] == plain[200:], (len(packed), len(plain))
    order(gzip=False)

    # A token that leads to where it was given.
    order({"fault": "loop"})
    first = met(call, keys)
    again = client("ec2", keys).describe_volumes(MaxResults=50, NextToken=first["NextToken"])
    assert again["Volumes"] == first["Volumes"] and again["NextToken"] == first["NextToken"]

    # Tokens of another list are refused.
    order()
    first = met(call, keys)
    try:
        client("ec2", keys).describe_subnets(MaxResults=50, NextToken=first["NextToken"])
        raise AssertionError("a token of volumes is none of subnets")
    except exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidNextToken"

    # Where and whom: the service control policy closes one region of one account, and never the management account.
    order(denied=[{"account": accounts[1], "region": "eu-west-1"}])
    assert "service control policy" in str(met(call, keys, "eu-west-1"))
    assert isinstance(met(call, keys), dict) and isinstance(met(call, session(accounts[2]), "eu-west-1"), dict)
    order(denied=[{"account": accounts[0]}])
    assert isinstance(met(call, session(accounts[0])), dict)
    order(denied=[], vanished=["eu-west-1"])
    assert isinstance(met(call, keys, "eu-west-1"), exceptions.ConnectionClosedError) and isinstance(met(call, keys), dict)
    order(vanished=[])
    assert code(met(call, keys, "ap-south-1"))[0] in NOT_ENABLED, "a region that the estate does not have"

    # A session ends when it ends, whatever it was told.
    order(session_dies_after=2)
    brief = session(accounts[1])
    assert isinstance(met(call, brief), dict)
    time.sleep(2.1)
    assert code(met(call, brief))[0] in EXPIRED
    assert isinstance(met(call, session(accounts[1])), dict)

    # The clock: the answer says what time it is.
    order(session_dies_after=None, clock_offset=3600)
    for one in CALLS:
        skewed = met(one, keys)
        assert code(skewed)[0] in SKEWED, (one, skewed)
    date = skewed.response["ResponseMetadata"]["HTTPHeaders"]["date"]
    ahead = time.mktime(time.strptime(date, "%a, %d %b %Y %H:%M:%S GMT")) - time.mktime(time.gmtime())
    assert 3590 < ahead < 3610, ahead

    # Buckets: a hundred at once, then twenty a second, and each operation, region and account on its own.
    order(clock_offset=0, buckets=True)
    control("reset", {})
    call = ("ec2", "describe_vpcs", {"MaxResults": 5})
    outcomes = [met(call, keys) for _ in range(160)]
    throttled = sum(isinstance(outcome, Exception) for outcome in outcomes)
    usage = control("usage")
    spent = usage["seconds"]
    assert 160 - 100 - 20 * spent - 2 <= throttled <= 60, (throttled, spent)
    assert usage["throttled"] == usage["throttled_by_bucket"] == throttled
    assert isinstance(met(("ec2", "describe_subnets", {"MaxResults": 5}), keys), dict)
    assert isinstance(met(call, keys, "eu-west-1"), dict)
    granted = 160 - throttled
    assert abs(usage["buckets"]["least_seconds"] - (granted - 100) / 20) < 0.01, usage["buckets"]

    # By what is asked: the first try only, so that whoever tries again gets all there is.
    order({"fault": "throttled", "by": "request", "share": 1}, buckets=False)
    assert isinstance(met(call, keys), Exception) and isinstance(met(call, keys), dict)

    # External ids, other people's keys, requests that nobody signed.
    order(external_id="the-right-one")
    try:
        session(accounts[1])
        raise AssertionError("without its external id no role is assumed")
    except exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied"
    order(external_id=None)
    other = {**keys, "SessionToken": session(accounts[2])["SessionToken"]}
    CLIENTS.clear()
    assert code(met(call, other))[0] == "AuthFailure", "another session's token"
    try:
        urllib.request.urlopen(ENDPOINT)
        raise AssertionError("unsigned")
    except urllib.error.HTTPError as error:
        assert error.code == 403
    print("fine")


main()
