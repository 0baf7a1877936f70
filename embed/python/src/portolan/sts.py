"""The two calls to STS that are made before there is a session to sign with.

They are sent here and not by a client of botocore, which writes requests and answers to its debug log: the external id, and the
credentials of the session.
"""

from __future__ import annotations

import datetime
import logging
import re
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from botocore.credentials import ReadOnlyCredentials

from .model import Problem
from .retry import Tried, pause
from .signing import sign
from .text import printable, without
from .transport import Answer, ExchangeFailed, Transport
from .verdicts import Verdict, Verdicts

log = logging.getLogger(__name__)

_ANSWER_BYTES = 64 << 10
"""An answer of STS is some kilobytes."""
_IN_FLIGHT = 16
"""All calls are charged to the calling account, whose limit other callers share."""
_PASSING = frozenset({"ExpiredToken", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "IncompleteSignature"})
"""What is said of the caller's credentials, not of the role."""


class StsFailed(Exception):
    """No session. `denied` where AWS refused the role, rather than something having failed on the way."""

    def __init__(self, problem: Problem, *, denied: bool) -> None:
        self.problem = problem
        self.denied = denied
        super().__init__(str(problem))


@dataclass(frozen=True, slots=True)
class Session:
    """A role's session."""

    credentials: ReadOnlyCredentials = field(repr=False)
    expires: datetime.datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose credentials they are."""

    account: str
    arn: str


class Sts:
    """STS in one region. May be called from any thread."""

    def __init__(self, transport: Transport, verdicts: Verdicts, base: str, region: str, wait: Callable[[float], bool]) -> None:
        self._transport = transport
        self._verdicts = verdicts
        self._base = base
        self._region = region
        self._wait = wait
        self._places = threading.Semaphore(_IN_FLIGHT)

    def caller(self, credentials: ReadOnlyCredentials) -> Caller:
        """Who they are. Raises `StsFailed`."""
        found = self._call("GetCallerIdentity", {}, credentials, "the credentials")
        return Caller(found.get("Account", ""), found.get("Arn", ""))

    def assume(self, role: str, name: str, external_id: str | None, credentials: ReadOnlyCredentials) -> Session:
        """A session of a role. Raises `StsFailed`."""
        what = f"no session for {role}"
        asked = {"RoleArn": role, "RoleSessionName": name} | ({"ExternalId": external_id} if external_id else {})
        found = self._call("AssumeRole", asked, credentials, what, (external_id or "",))
        # What is read with it is filed under the account that was asked for.
        partition, account = role.split(":")[1], role.split(":")[4]
        given = found.get("Arn", "").split(":")
        if len(given) < 6 or (given[1], given[4]) != (partition, account):
            raise StsFailed(Problem("no-credentials", f"{what}: the answer is for another account", "sts:AssumeRole"), denied=False)
        try:
            expires = datetime.datetime.fromisoformat(found["Expiration"].replace("Z", "+00:00"))
            session = ReadOnlyCredentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
        except (KeyError, ValueError):
            raise StsFailed(Problem("no-credentials", f"{what}: the answer carries no session", "sts:AssumeRole"), denied=False) from None
        return Session(session, expires)

    def _call(self, operation: str, asked: dict[str, str], credentials: ReadOnlyCredentials, what: str, secrets: tuple[str, ...] = ()) -> dict[str, str]:
        body = urlencode({"Action": operation, "Version": "2011-06-15", **asked}).encode()
        tried = Tried()
        offset_ms = 0
        while True:
            tried.attempts += 1
            answer, verdict, failure = self._once(operation, body, credentials, offset_ms)
            if answer is not None and verdict is not None and verdict.class_ == "ok":
                return _texts(answer.body)
            retried = failure is None or failure.failure in ("broken", "unreachable", "timed-out")
            delay = pause(tried, verdict) if retried and (verdict is None or verdict.class_ != "expired-credentials") else None
            if delay is None or self._wait(delay):
                break
            if verdict is not None and verdict.clock_offset_ms is not None:
                offset_ms = verdict.clock_offset_ms
        code, said = (verdict.code, verdict.message) if verdict else ("", str(failure))
        status = answer.status if answer else 0
        request_id = (answer.header("x-amzn-requestid") or _texts(answer.body).get("RequestId")) if answer else None
        message = printable(without(f"{what}: {said or f'status {status}'}", secrets))
        problem = Problem("no-credentials", message, f"sts:{operation}", None, printable(code), request_id)
        denied = verdict is not None and verdict.class_ == "final" and status in (400, 401, 403) and code not in _PASSING
        raise StsFailed(problem, denied=denied)

    def _once(
        self, operation: str, body: bytes, credentials: ReadOnlyCredentials, offset_ms: int
    ) -> tuple[Answer | None, Verdict | None, ExchangeFailed | None]:
        headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")]
        signed = sign("POST", f"{self._base}/", headers, body, credentials, "sts", self._region, offset_ms)
        try:
            with self._places:
                answer = self._transport.send("POST", self._base, "/", signed, body, _ANSWER_BYTES)
        except ExchangeFailed as failure:
            return None, None, failure
        verdict = self._verdicts.of("sts", operation, answer)
        if verdict.class_ == "ok" and not 200 <= answer.status < 300:
            verdict = Verdict("final", "", f"status {answer.status}, and the answer is not STS's")
        return answer, verdict, None


def _texts(body: bytes) -> dict[str, str]:
    """The elements that hold text, by their names without namespaces. An answer of these two calls has each once."""
    if b"<!" in body[:1024]:
        return {}
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return {}
    return {re.sub(r"^\{.*\}", "", element.tag): element.text or "" for element in root.iter() if len(element) == 0}
