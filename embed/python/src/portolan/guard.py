"""The guard: decides from the bytes on the wire whether a request is a permitted read, and says where it goes.

It is a component of its own that imports nothing, the same code as in the reference host. One instance decides for a run,
since it learns; a lock lets one request in at a time, each for a fraction of a millisecond. Where it fails, nothing passes.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ComponentError, GuestError
from .runtime import Program, Rec, Sandbox, fields, is_ok

FUNCTIONS = {
    "portolan:guard/decisions@0.1.0": ("grant", "decide", "learn", "drop-values"),
    "portolan:guard/endpoints@0.1.0": ("find",),
}


class Refused(Exception):
    """The request may not be sent, or its answer is for nobody. The text is fit for problems and logs."""


@dataclass(frozen=True, slots=True)
class Permitted:
    """What the wire says that a request is."""

    service: str
    operation: str
    dropped: tuple[str, ...]
    """The answer's values under these names are dropped before anybody has it."""
    teaches: str | None
    """The resource type that the answer describes."""

    @property
    def name(self) -> str:
        """`service:Operation`."""
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a service is in a region, and for what its requests are signed."""

    host: str
    signing_region: str
    signing_name: str


class Guard:
    """The guard of one run. Its methods may be called from any thread."""

    def __init__(self, file: Path, cache: Path | None) -> None:
        self._sandbox = Sandbox(Program(file, cache, FUNCTIONS, {}))
        self._lock = threading.Lock()
        self.endpoint = functools.lru_cache(maxsize=10_000)(self._endpoint)
        """As `_endpoint`, remembered: some hundred services in some dozen regions."""

    def grant(self, manifest: str, operator: Sequence[str] = ()) -> list[str]:
        """Says, once, what may pass; gives what of it never could, each a defect of the component."""
        answer = self._call("grant", manifest, list(operator))
        if not is_ok(answer):
            raise ComponentError(f"the guard does not take the manifest: {answer.payload.message}")
        return [fields(refusal)["text"] for refusal in answer.payload.impossible]

    def decide(self, request: dict[str, Any]) -> Permitted:
        """Whether a request may be signed and sent. Raises `Refused`."""
        answer = self._call("decide", Rec(request))
        if not is_ok(answer):
            raise Refused(fields(answer.payload)["text"])
        given = fields(answer.payload)
        return Permitted(given["service"], given["operation"], tuple(given["dropped"]), given["teaches"])

    def learn(self, type_name: str, answer: str) -> str | None:
        """Takes what a type's handlers need out of AWS's answer; gives why not, where it cannot be read."""
        taken = self._call("learn", type_name, answer)
        return None if is_ok(taken) else str(taken.payload.message)

    def drop_values(self, status: int, body: str, names: Sequence[str]) -> str:
        """The body without the values of these names. Raises `Refused` where it cannot be read so far."""
        answer = self._call("drop-values", status, body, list(names))
        if not is_ok(answer):
            raise Refused(str(answer.payload.message))
        return str(answer.payload.body)

    def _endpoint(self, service: str, region: str) -> Endpoint:
        answer = self._call("find", service, region, False, False)
        if not is_ok(answer):
            raise Refused(str(answer.payload.message))
        given = fields(answer.payload)
        return Endpoint(given["host"], given["signing-region"], given["signing-name"])

    def _call(self, name: str, *arguments: Any) -> Any:
        with self._lock:
            try:
                return self._sandbox.call(name, *arguments)
            except GuestError as error:
                raise Refused(f"the guard cannot decide, so nothing passes: {error}") from None
