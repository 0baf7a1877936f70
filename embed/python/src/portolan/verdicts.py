"""What AWS's error answers mean: the component's own reading of them, in instances that do nothing else."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from .errors import GuestError
from .guest import Guest
from .runtime import Program, fields

Class = Literal["ok", "throttled", "transient", "expired-credentials", "clock-skew", "final"]
_IDLE = 4
"""Instances that are kept. More are made where more threads ask at once, and thrown away."""


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

    def of(self, service: str, operation: str, status: int, headers: list[tuple[str, str]], body: str) -> Verdict:
        """A component that fails over an answer leaves it as it is: nothing is sent again."""
        with self._lock:
            guest = self._idle.pop() if self._idle else None
        try:
            guest = guest or Guest(self._component)
            given = fields(guest.call("classify", service, operation, status, headers, body))
        except GuestError as error:
            return Verdict("final" if status >= 400 else "ok", "", str(error))
        with self._lock:
            if len(self._idle) < _IDLE:
                self._idle.append(guest)
        return Verdict(given["class"], given["code"], given["message"], given["retry-after-ms"], given["clock-offset-ms"])
