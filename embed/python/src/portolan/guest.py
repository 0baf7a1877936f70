"""An instance of the component that knows AWS: its exported calls, with the checks of what they give back."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wasmtime.component import Variant

from .errors import ConfigurationError, GuestError, Remark
from .limits import BATCH, CURSOR_BYTES, MESSAGES_PER_CALL, PAGE_BYTES, PAGE_SLACK_BYTES, RECORDS, RESPONSE_BYTES
from .lines import entity_lines, resource_lines
from .model import Account, AccountListing, AccountPlan, Line, Mapped, Page, Planned, Problem, Region, Unit
from .runtime import Limit, Program, Rec, Sandbox, fields, is_ok, running
from .text import printable

log = logging.getLogger("portolan.guest")

SYNC = "portolan:aws/sync@0.1.0"
FUNCTIONS = {
    SYNC: ("configure", "discover-accounts", "plan", "sync-page", "read-resources", "map-resources"),
    "portolan:aws/errors@0.1.0": ("classify",),
    "portolan:aws/catalogue@0.1.0": ("describe",),
}
LEVELS = {"error": logging.ERROR, "warn": logging.WARNING, "info": logging.INFO, "debug": logging.DEBUG}

Answers = list[dict[str, Any]]
Send = Callable[[str | None, list[dict[str, Any]]], Answers]
"""Sends requests for an account (none while accounts are listed). An answer is a response, or `class` and `message`."""


@dataclass(frozen=True)
class Run:
    """The facts of a run, the same for each of its instances."""

    id: str
    started_at_ms: int
    partition: str
    page_bytes: int = PAGE_BYTES

    def record(self) -> Rec:
        """As `configure` takes it."""
        limits = {"batch": BATCH, "response-bytes": RESPONSE_BYTES, "batch-bytes": RESPONSE_BYTES, "page-bytes": self.page_bytes, "cursor-bytes": CURSOR_BYTES}
        return Rec({"id": self.id, "started-at-ms": self.started_at_ms, "partition": self.partition, "limits": Rec(limits)})

    def with_half_pages(self) -> Run:
        """For a page that has failed once."""
        return replace(self, page_bytes=self.page_bytes // 2)


@dataclass(frozen=True)
class Configured:
    """What a configuration comes to."""

    manifest: str
    fingerprint: str
    warnings: Sequence[Remark]


def program(file: Path, cache: Path | None) -> Program:
    """The component, which may import the two interfaces and nothing else."""
    imports: dict[str, dict[str, Callable[..., Any]]] = {
        "portolan:aws/signed-http@0.1.0": {"send": _send},
        "portolan:aws/log@0.1.0": {"write": _write},
    }
    return Program(file, cache, FUNCTIONS, imports)


def _send(_: Any, requests: list[Any]) -> list[Any]:
    guest = running()
    assert isinstance(guest, Guest)
    answers: list[Any] = guest.hosted(lambda: guest.send(requests))
    return answers


def _write(_: Any, level: str, message: str) -> None:
    guest = running()
    assert isinstance(guest, Guest)
    guest.note(level, message)


class Guest(Sandbox):
    """One instance: one account and one call at a time."""

    def __init__(self, component: Program, send: Send | None = None) -> None:
        super().__init__(component)
        self.pages = 0
        self.kinds: set[str] = set()
        """What it has read: the tables and expressions of these are unpacked."""
        self._transport = send
        self._sends: Send | None = None
        self._account: str | None = None
        self._messages = 0
        self._page_bytes = PAGE_BYTES

    # -- what it imports -------------------------------------------------------------------------

    def send(self, requests: list[Any]) -> list[Any]:
        """`signed-http.send`, for the account of the running call and for no other."""
        if len(requests) > BATCH:
            raise Limit(f"the component sent {len(requests)} requests in one batch; {BATCH} are allowed")
        if self._sends is None:
            return [_failure("refused", "this call may not send requests")] * len(requests)
        answers = self._sends(self._account, [fields(request) for request in requests])
        return [_failure(a["class"], a["message"]) if "class" in a else Variant("ok", Rec(a)) for a in answers]

    def note(self, level: str, message: str) -> None:
        """`log.write`: cut, cleaned, and not more than some hundred of a call."""
        self._messages += 1
        if self._messages > MESSAGES_PER_CALL:
            return
        text = printable(message)
        if level == "error":
            self.said = text
        log.log(LEVELS.get(level, logging.INFO), "%s", text)

    def _call(self, name: str, *arguments: Any, account: str | None = None, sends: bool = False) -> Any:
        self._account, self._messages = account, 0
        self._sends = self._transport if sends else None
        try:
            return self.call(name, *arguments)
        finally:
            self._account = self._sends = None

    # -- what it exports -------------------------------------------------------------------------

    def describe(self) -> str:
        """The manifest of everything that the component can read."""
        return str(self._call("describe"))

    def configure(self, config: str, run: Run) -> Configured:
        """Once, before the calls below."""
        answer = self._call("configure", config, run.record())
        given = fields(answer.payload)
        if not is_ok(answer):
            raise ConfigurationError("the configuration is refused:", [_remark(remark) for remark in given["remarks"]])
        self._page_bytes = run.page_bytes
        return Configured(given["manifest"], given["fingerprint"], [_remark(remark) for remark in given["warnings"]])

    def discover_accounts(self, cursor: str | None) -> tuple[AccountListing, str | None] | Problem:
        """One page of the organization's accounts, and where the listing goes on."""
        answer = self._call("discover-accounts", cursor, sends=True)
        if not is_ok(answer):
            return _problem(answer.payload.problem)
        page = fields(answer.payload)
        self._within("accounts", page["accounts"])
        accounts = [Account(a.id, printable(a.name), a.role, a.details) for a in page["accounts"]]
        return AccountListing(accounts, self._problems(page), page["whole"]), self._cursor(page["next"])

    def plan(self, account: Account) -> AccountPlan | Problem:
        """The units of an account."""
        answer = self._call("plan", _account(account), account=account.id, sends=True)
        if not is_ok(answer):
            return _problem(answer.payload.problem)
        plan = fields(answer.payload)
        self._within("planned kinds", plan["kinds"])
        self._within("regions", plan["regions"])
        regions = [Region(region.name, region.enabled) for region in plan["regions"]]
        kinds = [Planned(kind.kind, kind.fate, tuple(kind.regions)) for kind in plan["kinds"]]
        return AccountPlan(account, regions, plan["whole"], kinds, self._problems(plan))

    def sync_page(self, account: Account, unit: Unit, cursor: str | None) -> Page | Problem:
        """One page of a unit."""
        return self._page(account, unit, "sync-page", cursor)

    def read_resources(self, account: Account, unit: Unit, ids: Sequence[str]) -> Page | Problem:
        """Single resources of a unit again."""
        return self._page(account, unit, "read-resources", list(ids))

    def map_resources(self, unit: Unit, resources: Sequence[Line]) -> Mapped | Problem:
        """Entities of resource lines that the host holds."""
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in resources)
        answer = self._call("map-resources", _unit(unit), text)
        if not is_ok(answer):
            return _problem(answer.payload.problem)
        mapped = fields(answer.payload)
        self._sized("entities", mapped["entities"], self._page_bytes + PAGE_SLACK_BYTES + len(text))
        return Mapped(entity_lines(mapped["entities"]), self._problems(mapped))

    def _page(self, account: Account, unit: Unit, name: str, argument: Any) -> Page | Problem:
        self.pages += 1
        self.kinds.add(unit.kind)
        answer = self._call(name, _account(account), _unit(unit), argument, account=account.id, sends=True)
        if not is_ok(answer):
            return _problem(answer.payload.problem)
        page = fields(answer.payload)
        self._sized("a page", page["resources"] + page["entities"], self._page_bytes + PAGE_SLACK_BYTES)
        resources, scopes = resource_lines(page["resources"])
        entities = entity_lines(page["entities"])
        return Page(account, unit, 0, resources, scopes, entities, self._problems(page), page["whole"], self._cursor(page["next"]))

    # -- what is checked -------------------------------------------------------------------------

    def _problems(self, answer: dict[str, Any]) -> list[Problem]:
        self._within("problems", answer["problems"])
        return [_problem(problem) for problem in answer["problems"]]

    def _cursor(self, cursor: str | None) -> str | None:
        if cursor is not None:
            self._sized("a cursor", cursor, CURSOR_BYTES)
        return cursor

    def _within(self, what: str, items: list[Any]) -> None:
        if len(items) > RECORDS:
            self.dead = True
            raise GuestError(f"the component gave back {len(items)} {what}; {RECORDS} are allowed", "limit")

    def _sized(self, what: str, text: str, allowed: int) -> None:
        size = len(text) if text.isascii() else len(text.encode())
        if size > allowed:
            self.dead = True
            raise GuestError(f"the component gave back {size} bytes of {what}; {allowed} are allowed", "limit")


def _failure(class_: str, message: str) -> Variant:
    return Variant("err", Rec({"class": class_, "message": message}))


def _account(account: Account) -> Rec:
    return Rec({"id": account.id, "name": account.name, "role": account.role, "details": account.details_json})


def _unit(unit: Unit) -> Rec:
    return Rec({"kind": unit.kind, "region": unit.region})


def _remark(remark: Any) -> Remark:
    given = fields(remark)
    return Remark(given["at"], printable(given["message"]), given["instead"], given["offset"])


def _problem(problem: Any) -> Problem:
    given = fields(problem)
    text = {name: None if given[name] is None else printable(given[name]) for name in ("region", "request-id", "subject")}
    return Problem(
        given["class"],
        printable(given["message"]),
        printable(given["operation"]),
        text["region"],
        printable(given["code"]),
        text["request-id"],
        text["subject"],
        given["count"],
    )
