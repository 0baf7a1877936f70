"""When a call is sent again, and after how long. The only retries there are.

The numbers are those of AWS's SDKs in their newer form (base 50 ms, throttles 1 s, cap 20 s, full jitter, what is asked for by
`Retry-After` is waited), with more attempts for throttles: a discovery that gives up leaves a unit incomplete.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from .verdicts import Verdict

DELAY_MAX_S = 20.0
RETRY_AFTER_MAX_S = 60.0
"""What asks for a longer wait is not sent again."""
RETRY_AFTER_JITTER_S = 5.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """Attempts, the first included, and the most that is waited before the second; doubled for each further one."""

    attempts: int
    base_s: float

    def delay_s(self, attempt: int, asked_s: float | None = None) -> float | None:
        """How long to wait after an attempt; none when it was the last."""
        if attempt >= self.attempts or (asked_s is not None and asked_s > RETRY_AFTER_MAX_S):
            return None
        jittered = random.random() * min(self.base_s * 2.0 ** (attempt - 1), DELAY_MAX_S)
        return jittered if asked_s is None else min(max(jittered, asked_s), asked_s + RETRY_AFTER_JITTER_S)


TRANSIENT = Backoff(4, 0.05)
"""After 5xx, cut answers and broken connections."""
THROTTLED = Backoff(8, 1.0)
"""Where AWS asks to slow down."""


@dataclass
class Tried:
    """What has been tried for one call."""

    attempts: int = 0
    renewed: bool = False
    corrected: bool = False


def pause(tried: Tried, verdict: Verdict | None) -> float | None:
    """How long to wait before the next attempt; none where this answer stands. No verdict: the connection broke."""
    if verdict is None:
        return TRANSIENT.delay_s(tried.attempts)
    asked = None if verdict.retry_after_ms is None else verdict.retry_after_ms / 1000
    match verdict.class_:
        case "transient":
            return TRANSIENT.delay_s(tried.attempts, asked)
        case "throttled":
            return THROTTLED.delay_s(tried.attempts, asked)
        case "expired-credentials" if not tried.renewed:
            tried.renewed = True
            return 0.0
        case "clock-skew" if not tried.corrected and verdict.clock_offset_ms is not None:
            tried.corrected = True
            return 0.0
    return None
