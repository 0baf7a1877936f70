"""What the front sends back, and AWS's error answers in the shape of each protocol."""

import dataclasses
import json
from xml.sax.saxutils import escape

# The status that AWS gives with these codes where it is not 400.
STATUSES = {
    "AccessDenied": 403,
    "AuthFailure": 401,
    "AuthorizationError": 403,
    "ExpiredToken": 403,
    "InternalFailure": 500,
    "InvalidClientTokenId": 403,
    "PermanentRedirect": 301,
    "RequestTimeTooSkewed": 403,
    "SignatureDoesNotMatch": 403,
    "SlowDown": 503,
    "TooManyRequestsException": 429,
    "UnauthorizedOperation": 403,
}
# S3 has names of its own for what the other services call differently.
S3_CODES = {"ExpiredTokenException": "ExpiredToken", "UnrecognizedClientException": "InvalidAccessKeyId"}


@dataclasses.dataclass
class Answer:
    """An HTTP answer; `cut` closes the connection after that many bytes of the body."""

    status: int
    headers: dict
    body: bytes
    code: str | None = None
    cut: int | None = None


def error(call, code, message, status=None, headers=None):
    """An error as the call's own service writes it."""
    request_id = f"front-{call.number:06d}"
    if call.protocol == "rest-xml":
        code = S3_CODES.get(code, code)
    status = status or STATUSES.get(code) or (403 if call.protocol == "rest-json" and code.startswith("AccessDenied") else 400)
    made = {"x-amzn-RequestId": request_id, **(headers or {})}
    if call.protocol in ("json", "rest-json"):
        made["Content-Type"] = "application/x-amz-json-1.1" if call.protocol == "json" else "application/json"
        body = {"message": message} if call.service != "lambda" else {"Message": message, "Type": "User"}
        if call.protocol == "rest-json":
            made["x-amzn-ErrorType"] = f"{code}:http://internal.amazon.com/coral/com.amazon.coral.service/"
        else:
            body = {"__type": f"com.amazon.coral.service#{code}", **body}
            if call.service == "sqs":
                made["x-amzn-query-error"] = f"{code.removesuffix('Exception')};Sender"
        text = json.dumps(body, ensure_ascii=False)
    else:
        made["Content-Type"] = "text/xml" if call.protocol != "rest-xml" else "application/xml"
        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        inner = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        if call.protocol == "ec2":
            text = f"{head}<Response><Errors><Error>{inner}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
        elif call.protocol == "query":
            text = f"{head}<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        else:
            made = {**made, "x-amz-request-id": request_id}
            text = f"{head}<Error>{inner}<RequestId>{request_id}</RequestId><HostId>front</HostId></Error>"
    body = b"" if call.method == "HEAD" else text.encode()
    return Answer(status, made, body, code=code)


# How AWS says which policy did it; `{action}` is the IAM action.
REASONS = {
    "identity": "because no identity-based policy allows the {action} action",
    "identity-explicit": "with an explicit deny in an identity-based policy",
    "scp": "with an explicit deny in a service control policy",
    "scp-silent": "because no service control policy allows the {action} action",
    "rcp": "with an explicit deny in a resource control policy",
    "session": "because no session policy allows the {action} action",
    "session-explicit": "with an explicit deny in a session policy",
    "boundary": "because no permissions boundary allows the {action} action",
    "boundary-explicit": "with an explicit deny in a permissions boundary",
    "resource": "because no resource-based policy allows the {action} action",
    "vpc-endpoint": "because no VPC endpoint policy allows the {action} action",
}
# The IAM actions that are not called like their operation (all of S3's that this front meets).
ACTIONS = {
    "ListBuckets": "ListAllMyBuckets",
    "HeadBucket": "ListBucket",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
}
# And the prefixes that are not called like their service.
PREFIXES = {"cloudcontrol": "cloudformation"}
CODES = {"ec2": "UnauthorizedOperation", "query": "AccessDenied", "rest-xml": "AccessDenied"}


def because(by, explicit, action):
    """AWS's words for a layer of policies that does not allow, or explicitly denies, an action."""
    name = ("scp" if explicit else "scp-silent") if by == "scp" else f"{by}-explicit" if explicit else by
    return REASONS[name].format(action=action)


def denied(call, by="identity", resource="*"):
    """A denial by one sort of policy, as a rule asks for it."""
    action = f"{PREFIXES.get(call.service, call.service)}:{ACTIONS.get(call.operation, call.operation)}"
    return denial(call, action, resource, REASONS[by].format(action=action))


def denial(call, action, resource, reason, handler=None):
    """A denial with AWS's code and wording for the call's service; `handler` is the type whose handler met it."""
    message = f"User: {call.principal} is not authorized to perform: {action} on resource: {resource} {reason}"
    code = CODES.get(call.protocol, "AccessDeniedException")
    if handler:
        token = f"front-token-{call.number:06d}"
        message = f"{handler} Handler returned status FAILED: {message} (Service: {action.partition(':')[0]}, Status Code: 403, Request ID: front-{call.number:06d}) (HandlerErrorCode: AccessDenied, RequestToken: {token})"
    elif call.service == "organizations":
        message = "You don't have permissions to access this resource."
    elif call.service == "ec2":
        message = f"You are not authorized to perform this operation. User: {call.principal} is not authorized to perform: {action} {reason}"
    elif call.service == "sns":
        code = "AuthorizationError"
    return error(call, code, message)


# How each service says "slower".
THROTTLES = {
    "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
    "s3": ("SlowDown", "Please reduce your request rate.", 503),
    "lambda": ("TooManyRequestsException", "Rate exceeded", 429),
    "organizations": ("TooManyRequestsException", "AWS Organizations can't complete your request because another request is already in progress. Try again later.", 400),
    "eks": ("TooManyRequestsException", "Too Many Requests", 429),
    "rds": ("Throttling", "Rate exceeded", 400),
    "sns": ("Throttled", "Rate exceeded", 429),
    "sqs": ("RequestThrottled", "The request was denied due to request throttling.", 403),
    "sts": ("Throttling", "Rate exceeded", 400),
}


def throttled(call, retry_after_ms=None):
    """A throttle as the call's service words it, optionally with how long to wait."""
    code, message, status = THROTTLES.get(call.service, ("ThrottlingException", "Rate exceeded", 400))
    headers = {"x-amz-retry-after": str(retry_after_ms)} if retry_after_ms is not None else None
    return error(call, code, message, status, headers)
