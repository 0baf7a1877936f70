"""Units side by side: threads read, a bounded queue holds them back, and whatever fails is told and does not stop the rest."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import AccountFailed, PortolanError, UnitFailed
from .limits import RESTARTS
from .model import Account, Problem, Unit

if TYPE_CHECKING:
    from .estate import Estate, Event

log = logging.getLogger(__name__)

_CHECK_S = 0.1
"""How often a thread that waits for the consumer looks whether the consumer is gone."""
_ACCOUNTS_AHEAD = 32
"""Accounts that are planned and not read to their end: enough to take turns, without holding ten thousand accounts' units."""
_END_S = 5.0
"""How long a consumer that leaves waits for the threads. They are ended by their limits at the latest, and hold nothing up."""


class _Work:
    """Accounts to plan, and units to read, of which the accounts take turns, so that no account's limits hold up the others."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._plans = deque(accounts)
        self._planning = 0
        self._units: deque[tuple[Account, deque[Unit]]] = deque()
        self._changed = threading.Condition()
        self._stopped = False

    def next(self) -> Account | tuple[Account, Unit] | None:
        """Something to do; none when all is done."""
        with self._changed:
            while not self._stopped:
                if self._plans and len(self._units) < _ACCOUNTS_AHEAD:
                    self._planning += 1
                    return self._plans.popleft()
                if self._units:
                    account, units = self._units.popleft()
                    unit = units.popleft()
                    if units:
                        self._units.append((account, units))
                    return account, unit
                if not self._planning:
                    return None
                self._changed.wait()
            return None

    def planned(self, account: Account, units: Sequence[Unit]) -> None:
        """An account's plan has ended, whatever came of it."""
        with self._changed:
            self._planning -= 1
            if units:
                self._units.append((account, deque(units)))
            self._changed.notify_all()

    def stop(self) -> None:
        """Nothing more is begun."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


class _Reader:
    """The threads of one `sync`."""

    def __init__(self, estate: Estate, kinds: Sequence[str] | None, accounts: Sequence[Account]) -> None:
        self._estate = estate
        self._kinds = None if kinds is None else frozenset(kinds)
        self._work = _Work(accounts)
        self._gone = threading.Event()
        self._out: queue.Queue[Event | None] = queue.Queue(estate.limits.pages_ahead)
        self._threads = [threading.Thread(target=self._run, name=f"portolan-unit-{n}", daemon=True) for n in range(estate.limits.units)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def events(self) -> Generator[Event, None, None]:
        """Until each thread has said that it has ended."""
        for _ in self._threads:
            while (event := self._out.get()) is not None:
                yield event

    def take(self) -> Event | None:
        return self._out.get()

    @property
    def size(self) -> int:
        return len(self._threads)

    def stop(self) -> None:
        """The consumer leaves."""
        self._gone.set()
        self._work.stop()

    def join(self) -> None:
        end = time.monotonic() + _END_S
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _run(self) -> None:
        try:
            while (work := self._work.next()) is not None:
                if isinstance(work, Account):
                    self._plan(work)
                else:
                    self._read(*work)
        finally:
            self._give(None)

    def _plan(self, account: Account) -> None:
        units: list[Unit] = []
        try:
            # What rests, or is left out, is not attempted; the organization's own kinds are planned for its management account.
            if account.is_active or account.role == "management":
                units = self._estate.plan(account).units()
            if self._kinds is not None:
                units = [unit for unit in units if unit.kind in self._kinds]
        except AccountFailed as failed:
            self._give(failed)
        except Exception as error:
            self._give(AccountFailed(account, _unexpected(error)))
        finally:
            self._work.planned(account, units)

    def _read(self, account: Account, unit: Unit) -> None:
        for attempt in range(RESTARTS + 1):
            try:
                self._pages(account, unit)
                return
            except UnitFailed as failed:
                if failed.problem.class_ != "stale-cursor" or attempt == RESTARTS:
                    self._give(failed)
                    return
                log.info("%s begins again: its page token is no longer known", failed)
            except Exception as error:
                self._give(UnitFailed(account, unit, _unexpected(error)))
                return

    def _pages(self, account: Account, unit: Unit) -> None:
        cursor, whole = None, True
        for number in range(self._estate.limits.pages_per_unit):
            if self._gone.is_set():
                return
            page = self._estate.sync_unit(account, unit, cursor)
            whole = whole and page.whole
            self._give(replace(page, number=number, complete=whole and page.next is None))
            cursor = page.next
            if cursor is None:
                return
        raise UnitFailed(account, unit, Problem("limit", f"more than {self._estate.limits.pages_per_unit} pages (limits.pages_per_unit)"))

    def _give(self, event: Event | None) -> None:
        """Waits while the consumer is behind; gives up when it is gone."""
        while True:
            try:
                self._out.put(event, timeout=_CHECK_S)
                return
            except queue.Full:
                if self._gone.is_set():
                    return


def _unexpected(error: Exception) -> Problem:
    """A defect of ours, or a closed estate. The text of what is not ours may quote anything, so its name has to do."""
    log.debug("unexpected", exc_info=error)
    return Problem("bad-call", str(error) if isinstance(error, PortolanError) else f"the host failed: {type(error).__name__}")


def _accounts(estate: Estate, accounts: Sequence[Account] | None) -> Sequence[Account]:
    if accounts is not None:
        return accounts
    listing = estate.accounts()
    for problem in listing.problems:
        log.warning("listing the accounts: %s", problem)
    return listing.accounts


def events(estate: Estate, kinds: Sequence[str] | None, accounts: Sequence[Account] | None) -> Generator[Event, None, None]:
    """What `Estate.sync` gives. Nothing begins before the first is asked for."""
    reader = _Reader(estate, kinds, _accounts(estate, accounts))
    reader.start()
    try:
        yield from reader.events()
    finally:
        reader.stop()
        reader.join()


async def events_async(estate: Estate, kinds: Sequence[str] | None, accounts: Sequence[Account] | None) -> AsyncGenerator[Event, None]:
    """What `Estate.sync_async` gives."""
    reader = _Reader(estate, kinds, await asyncio.to_thread(_accounts, estate, accounts))
    reader.start()
    try:
        left = reader.size
        while left:
            event = await asyncio.to_thread(reader.take)
            if event is None:
                left -= 1
            else:
                yield event
    finally:
        # Without waiting: whoever cancels a task is not held up by an exchange.
        reader.stop()
