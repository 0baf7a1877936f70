"""The way of a request from the sandbox to AWS: guard, limits, session, signature, retries, counting."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any

from .credentials import MANAGEMENT, Identity, Sessions
from .guard import Guard, Permitted, Refused
from .limits import RESPONSE_BYTES, Limits
from .model import ProblemClass
from .partitions import partition_of
from .retry import Tried, pause
from .signing import sign
from .sts import StsFailed
from .text import printable, without
from .transport import Answer, ExchangeFailed, Transport
from .verdicts import Verdict, Verdicts

log = logging.getLogger(__name__)

_MESSAGE_BYTES = 2 << 10
"""What the component is told of a request that was not answered; it puts it into problems."""
_FAILURES: dict[str, ProblemClass] = {
    "unresolved": "unreachable",
    "unreachable": "unreachable",
    "broken": "unreachable",
    "timed-out": "timed-out",
    "too-large": "too-large",
}


class Unanswered(Exception):
    """A request has no answer: a class of `signed-http.send-failure`, and why."""

    def __init__(self, class_: str, message: str) -> None:
        self.class_ = class_
        super().__init__(message)


class Client:
    """Sends what the component asks for, if the guard lets it pass. May be called from any thread."""

    def __init__(
        self, *, guard: Guard, sessions: Sessions, verdicts: Verdicts, transport: Transport, limits: Limits, base: str | None, cancelled: threading.Event
    ) -> None:
        self.calls: Counter[str] = Counter()
        """Attempts by `service:Operation`, and refusals by `refused service:Operation`."""
        self.cancelled = cancelled
        self._guard = guard
        self._sessions = sessions
        self._verdicts = verdicts
        self._transport = transport
        self._base = base
        self._per_account = limits.per_account
        self._in_flight = threading.Semaphore(limits.concurrency)
        self._accounts: dict[Identity, threading.Semaphore] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(limits.concurrency, thread_name_prefix="portolan-request")
        self._clock_offset_ms = 0

    def send(self, account: str | None, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Sends side by side; as many answers, in the order asked. It raises nothing."""
        if len(requests) == 1:
            answers = [self._answer(account, requests[0])]
        else:
            try:
                answers = list(self._pool.map(lambda request: self._answer(account, request), requests))
            except (RuntimeError, CancelledError):
                # Closed meanwhile: the pool takes nothing more.
                answers = [{"class": "cancelled", "message": "the run is ending"} for _ in requests]
        left = RESPONSE_BYTES
        for index, answer in enumerate(answers):
            if "body" in answer:
                left -= len(answer["body"].encode())
                if left < 0:
                    answers[index] = {"class": "too-large", "message": f"the batch's answers exceed {RESPONSE_BYTES} bytes"}
        return answers

    def _answer(self, account: str | None, request: dict[str, Any]) -> dict[str, Any]:
        """Whatever goes wrong is an answer: nothing may be raised through WebAssembly."""
        try:
            return self._permitted(account, request)
        except Refused as refusal:
            self._count(f"refused {printable(request['service'], 64)}:{printable(request['operation'], 128)}")
            log.warning("%s", refusal)
            class_, message = "refused", str(refusal)
        except StsFailed as failure:
            class_, message = "no-credentials", str(failure.problem.message)
        except Unanswered as unanswered:
            class_, message = unanswered.class_, str(unanswered)
        except Exception as error:
            # Ours, or a part that a user replaced. Its text may quote anything, so its name has to do.
            class_, message = "unreachable", f"the host failed over the request: {type(error).__name__}"
            log.error("%s", message)
        return {"class": class_, "message": printable(without(message, self._sessions.secrets()), _MESSAGE_BYTES)}

    def _permitted(self, account: str | None, request: dict[str, Any]) -> dict[str, Any]:
        if self.cancelled.is_set():
            raise Unanswered("cancelled", "the run is ending")
        if request["identity"] == "account" and account is None:
            raise Refused("no account belongs to this call, so none can sign")
        identity = account if request["identity"] == "account" and account else MANAGEMENT
        permitted = self._guard.decide(request)
        if partition_of(request["region"]) != self._sessions.partition:
            raise Refused(f"region {printable(request['region'], 64)} is not in partition {self._sessions.partition}, the one of this run")
        answer, attempts = self._sent(identity, request, permitted)
        try:
            body = answer.body.decode()
        except UnicodeDecodeError:
            raise Unanswered("not-text", f"the answer to {permitted.name} is not UTF-8 text") from None
        if permitted.dropped:
            body = self._guard.drop_values(answer.status, body, permitted.dropped)
        if permitted.teaches and answer.status == 200:
            unlearned = self._guard.learn(permitted.teaches, body)
            if unlearned:
                log.warning("%s: %s; Cloud Control is not asked about it", permitted.teaches, unlearned)
        return {"status": answer.status, "headers": answer.headers, "body": body, "attempts": attempts}

    def _sent(self, identity: Identity, request: dict[str, Any], permitted: Permitted) -> tuple[Answer, int]:
        tried = Tried()
        region = request["region"]
        redirected = False
        while True:
            tried.attempts += 1
            answer: Answer | None = None
            verdict: Verdict | None = None
            failed: ExchangeFailed | None = None
            try:
                answer = self._once(identity, request, region, permitted)
                verdict = self._verdicts.of(permitted.service, permitted.operation, answer)
            except ExchangeFailed as failure:
                failed = failure
            moved = answer and not redirected and self._bucket_region(request["service"], region, answer)
            if moved:
                region, redirected = moved, True
                continue
            delay = None if failed and failed.failure in ("unresolved", "too-large") else pause(tried, verdict)
            if delay is not None:
                if verdict and verdict.class_ == "expired-credentials":
                    self._sessions.renew(identity)
                if verdict and verdict.class_ == "clock-skew" and verdict.clock_offset_ms is not None:
                    self._clock_offset_ms = verdict.clock_offset_ms
                    log.warning("the clock is off by AWS's; signatures are corrected by %s ms", verdict.clock_offset_ms)
                if self.cancelled.wait(delay):
                    raise Unanswered("cancelled", "the run is ending")
                continue
            if answer is None:
                assert failed is not None
                raise Unanswered(_FAILURES[failed.failure], str(failed))
            return answer, tried.attempts

    def _once(self, identity: Identity, request: dict[str, Any], region: str, permitted: Permitted) -> Answer:
        endpoint = self._guard.endpoint(request["service"], region)
        # A label in front of an address that somebody set would name a host that nobody set.
        base = self._base or f"https://{request['host-prefix'] or ''}{endpoint.host}"
        method, body = request["method"].upper(), request["body"].encode()
        with self._places(identity), self._in_flight:
            credentials = self._sessions.credentials(identity)
            signed = sign(
                method, base + request["target"], request["headers"], body, credentials, endpoint.signing_name, endpoint.signing_region, self._clock_offset_ms
            )
            self._count(permitted.name)
            return self._transport.send(method, base, request["target"], signed, body, RESPONSE_BYTES)

    def _bucket_region(self, service: str, region: str, answer: Answer) -> str | None:
        """S3 says where a bucket is when it was asked elsewhere; the host is looked up anew, once. A `location` is never followed."""
        if service != "s3" or answer.status not in (301, 307, 400, 403):
            return None
        named = answer.header("x-amz-bucket-region")
        if not named or named == region or partition_of(named) != self._sessions.partition:
            return None
        return named

    def _places(self, identity: Identity) -> threading.Semaphore:
        with self._lock:
            return self._accounts.setdefault(identity, threading.Semaphore(self._per_account))

    def _count(self, name: str) -> None:
        with self._lock:
            self.calls[name] += 1

    def close(self) -> None:
        """Lets nothing begin that has not begun."""
        self.cancelled.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._transport.close()
