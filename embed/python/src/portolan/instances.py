"""Configured instances, reused from page to page and thrown away before they grow old."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from .errors import GuestError
from .guest import Configured, Guest, Run, Send
from .limits import PAGES_PER_INSTANCE
from .runtime import Program

T = TypeVar("T")


class Instances:
    """Instances of one configuration. May be called from any thread; each instance has one at a time, and one account."""

    def __init__(self, component: Program, send: Send, config: str, run: Run, most: int) -> None:
        """Configures a first one, to see that the configuration holds. Raises `ConfigurationError`."""
        self._component = component
        self._send = send
        self._config = config
        self._run = run
        self._idle: list[Guest] = []
        self._lock = threading.Lock()
        self._places = threading.Semaphore(most)
        first, self.configured = self._fresh(run)
        self._idle.append(first)

    def call(self, use: Callable[[Guest], T], kind: str = "") -> T:
        """Makes one call. One that fails is made once more, in a fresh instance that is told half the page size."""
        with self._places:
            try:
                with self._lease(kind) as guest:
                    return use(guest)
            except GuestError:
                second, _ = self._fresh(self._run.with_half_pages())
                try:
                    return use(second)
                finally:
                    second.close()

    @contextmanager
    def _lease(self, kind: str) -> Iterator[Guest]:
        """An instance, one that has read the kind before where one is idle. It comes back only from a call that went well."""
        with self._lock:
            warm = next((guest for guest in reversed(self._idle) if kind in guest.kinds), None)
            guest = warm or (self._idle[-1] if self._idle else None)
            if guest:
                self._idle.remove(guest)
        guest = guest or self._fresh(self._run)[0]
        fit = False
        try:
            yield guest
            fit = not guest.dead and guest.pages < PAGES_PER_INSTANCE
        finally:
            if fit:
                with self._lock:
                    self._idle.append(guest)
            else:
                guest.close()

    def _fresh(self, run: Run) -> tuple[Guest, Configured]:
        guest = Guest(self._component, self._send)
        return guest, guest.configure(self._config, run)

    def close(self) -> None:
        """Frees those that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for guest in idle:
            guest.close()
