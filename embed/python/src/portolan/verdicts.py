"""What AWS's error answers mean: the component's own reading of them, in instances that do nothing else."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

from .errors import GuestError
from .guest import Guest
from .runtime import Program, fields
from .transport import Answer

Class = Literal["ok", "throttled", "transient", "expired-credentials", "clock-skew", "final"]
_IDLE = 4
"""Instances that are kept. More are made where more threads ask at once, and thrown away."""
_SKEW_MS = 4 * 60 * 1000
"""From which offset on a refused signature is put down to the clock, as AWS's own SDKs do."""
_SKEW_CODES = frozenset({"AccessDeniedException", "AuthFailure", "InvalidSignatureException", "RequestExpired", "SignatureDoesNotMatch"})
"""Codes that are said of other things as well: only the clocks tell."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an answer is taken."""

    class_: Class
    code: str = ""
    message: str = ""
    retry_after_ms: int | None = None
    clock_offset_ms: int | None = None


class Verdicts:
    """Reads answers. May be called from any thread."""

    def __init__(self, component: Program) -> None:
        self._component = component
        self._idle: list[Guest] = []
        self._lock = threading.Lock()

    def of(self, service: str, operation: str, answer: Answer) -> Verdict:
        """What an answer means, the host's clock considered."""
        verdict = self._classified(service, operation, answer)
        # The component has no clock: where the answer does not state both times, its date is held against ours.
        if verdict.clock_offset_ms is None and (verdict.class_ == "clock-skew" or verdict.code in _SKEW_CODES):
            offset = _offset_ms(answer.header("date"))
            if offset is not None and abs(offset) > _SKEW_MS:
                return Verdict("clock-skew", verdict.code, verdict.message, None, offset)
        return verdict

    def _classified(self, service: str, operation: str, answer: Answer) -> Verdict:
        """A component that fails over an answer leaves it as it is: nothing is sent again."""
        with self._lock:
            guest = self._idle.pop() if self._idle else None
        try:
            guest = guest or Guest(self._component)
            body = answer.body.decode("utf-8", "replace")
            given = fields(guest.call("classify", service, operation, answer.status, answer.headers, body))
        except GuestError as error:
            return Verdict("final" if answer.status >= 400 else "ok", "", str(error))
        with self._lock:
            if len(self._idle) < _IDLE:
                self._idle.append(guest)
        return Verdict(given["class"], given["code"], given["message"], given["retry-after-ms"], given["clock-offset-ms"])


def _offset_ms(date: str | None) -> int | None:
    try:
        return round((parsedate_to_datetime(date or "").timestamp() - time.time()) * 1000)
    except ValueError:
        return None
