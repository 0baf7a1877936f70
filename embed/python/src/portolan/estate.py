"""An estate: the accounts of one run, and everything that can be read of them, a call at a time."""

from __future__ import annotations

import datetime
import json
import logging
import os
import secrets
import threading
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, cast

import botocore.session

from . import components, configuration, flow
from . import source as of_session
from .client import Client
from .compiled import default_cache
from .credentials import MANAGEMENT, Roles, Sessions, Source
from .endpoints import override
from .errors import AccessError, AccountFailed, ConfigurationError, GuestError, PortolanError, UnitFailed
from .guard import Guard, Refused
from .guest import Guest, Run, program
from .instances import Instances
from .limits import LISTING_PAGES, Limits
from .model import Account, AccountListing, AccountPlan, Line, Mapped, Page, Problem, Unit
from .sts import Sts, StsFailed
from .transport import Transport
from .verdicts import Verdicts

log = logging.getLogger(__name__)

_FIRST_REGION = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
Event = Page | UnitFailed | AccountFailed


class Estate:
    """One run over the accounts that the arguments choose. May be called from any thread; its methods block.

    The accounts and each account's plan are asked once and remembered. Close it, or use it with `with`.
    """

    def __init__(
        self,
        *,
        account_role_arn: str | None = None,
        account_role_arns: Sequence[str] = (),
        account: Literal["self"] | None = None,
        external_id: str | None = None,
        session: Source | None = None,
        kinds: configuration.Kinds | None = None,
        regions: configuration.Regions | None = None,
        mapping: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        limits: Limits | None = None,
        component: str | os.PathLike[str] | None = None,
        guard: str | os.PathLike[str] | None = None,
        cache: str | os.PathLike[str] | None = "",
    ) -> None:
        """Raises `ConfigurationError`, `ComponentError`, and `AccessError` where the credentials do not work.

        `account_role_arn` lists the organization, and its path and name are those of the members' roles; `account_role_arns`
        are one role for each account; `account="self"` is the account of the credentials. One of the three is given.
        `session` is one of boto3 or botocore. `kinds` is "core", "all", or names, each alone or with its `actions`, `regions`,
        `since`. `config` is the component's configuration in its own words; a key there replaces what the arguments made.
        `cache` is the folder of compiled code; None keeps none.
        """
        self.limits = limits or Limits()
        self._closed = False
        source = session or cast(Source, botocore.session.get_session())
        roles = Roles.chosen(account, account_role_arn, account_role_arns, external_id)
        folder = default_cache() if cache == "" else Path(cache) if cache else None
        self._program = program(Path(component) if component else components.find(components.PORTOLAN), folder)
        verdicts = Verdicts(self._program)
        self._guard = Guard(Path(guard) if guard else components.find(components.GUARD), folder)
        base = override(endpoint_url, of_session.method(source))
        home = region or of_session.region(source) or _FIRST_REGION.get(roles.partition or "aws", "us-east-1")
        transport = Transport(
            connect_s=self.limits.connect_s,
            timeout_s=self.limits.timeout_s,
            connections=self.limits.concurrency,
            ca_bundle=of_session.ca_bundle(source),
        )
        started = datetime.datetime.now(datetime.timezone.utc)
        run_id = f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        try:
            place = self._guard.endpoint("sts", home)
        except Refused as refusal:
            raise ConfigurationError(f"region {home}: {refusal}") from None
        ending = threading.Event()
        sts = Sts(transport, verdicts, base or f"https://{place.host}", place.signing_region, ending.wait)
        self._sessions = Sessions(source, roles, sts, f"portolan-{run_id}")
        self._client = Client(
            guard=self._guard, sessions=self._sessions, verdicts=verdicts, transport=transport, limits=self.limits, base=base, cancelled=ending
        )
        try:
            caller = self._sessions.caller()
        except StsFailed as failure:
            raise AccessError(failure.problem) from None
        log.info("identity: %s", caller.arn)
        self._own = caller.account
        text = configuration.of(manifest=json.loads(self._described()), kinds=kinds, regions=regions, mapping=mapping, config=config, home_region=home)
        run = Run(run_id, int(started.timestamp() * 1000), self._sessions.partition)
        self._instances = Instances(self._program, self._client.send, text, run, self.limits.units)
        configured = self._instances.configured
        self.manifest: dict[str, Any] = json.loads(configured.manifest)
        """What this configuration reads: kinds with their calls, actions and properties (`guest/schemas/manifest.json`)."""
        self.fingerprint = configured.fingerprint
        """Changes with all that shapes a page or a cursor. A cursor that was made under another is of no use."""
        self.warnings = [str(warning) for warning in configured.warnings]
        for impossible in self._guard.grant(configured.manifest):
            log.warning("the component declares a call that the guard never lets pass: %s", impossible)
        self._lock = threading.Lock()
        self._listing: AccountListing | None = None
        self._plans: dict[str, AccountPlan] = {}

    def __enter__(self) -> Estate:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the run: calls that wait or begin are cancelled, those in flight end by themselves."""
        self._closed = True
        self._client.close()
        self._instances.close()

    @property
    def calls(self) -> Counter[str]:
        """Requests sent so far, retries included, by `service:Operation`, and refusals by `refused service:Operation`."""
        return Counter(self._client.calls)

    # -- everything at once ----------------------------------------------------------------------

    def sync(self, kinds: Sequence[str] | None = None, accounts: Sequence[Account] | None = None) -> Generator[Event, None, None]:
        """Reads all units, or those of some of the kinds and accounts, side by side; gives pages as they come.

        Reading stops while `limits.pages_ahead` pages wait to be taken. Raises `AccessError` where the accounts cannot be listed.
        """
        return flow.events(self, kinds, accounts)

    def sync_async(self, kinds: Sequence[str] | None = None, accounts: Sequence[Account] | None = None) -> AsyncGenerator[Event, None]:
        """The same for asyncio: threads read, the event loop waits."""
        return flow.events_async(self, kinds, accounts)

    # -- one at a time ---------------------------------------------------------------------------

    def accounts(self) -> AccountListing:
        """The accounts, suspended ones included. Asked once. Raises `AccessError` where they cannot be listed."""
        self._check_open()
        with self._lock:
            if self._listing is None:
                self._listing = self._list()
            return self._listing

    def plan(self, account: Account) -> AccountPlan:
        """Opens the account's session, and crosses its regions with the kinds. Asked once. Raises `AccountFailed`.

        The management account need not have the members' role: refused, its plan has the kinds of the organization alone.
        """
        self._check_open()
        known = self._plans.get(account.id)
        if known:
            return known
        asked = account if account.is_active else _of_the_organization_alone(account)
        try:
            if account.is_active:
                self._sessions.credentials(account.id)
        except StsFailed as failure:
            if account.role != "management" or not failure.denied:
                raise AccountFailed(account, failure.problem) from None
            log.info("the management account has no such role; the kinds of the organization are read of it alone: %s", failure.problem)
            asked = _of_the_organization_alone(account)
        try:
            plan = self._instances.call(lambda guest: guest.plan(asked))
        except GuestError as error:
            raise AccountFailed(account, error.problem) from None
        if isinstance(plan, Problem):
            raise AccountFailed(account, plan)
        if not plan.regions and not plan.whole and not plan.units():
            raise AccountFailed(account, next(iter(plan.problems), Problem("bad-answer", "its regions could not be listed")))
        self._plans[account.id] = plan
        return plan

    def sync_unit(self, account: Account, unit: Unit, cursor: str | None = None) -> Page:
        """One page of a unit. Raises `UnitFailed`, with the class `stale-cursor` where the unit has to begin again."""
        page = self._unit_call(account, unit, lambda guest: guest.sync_page(account, unit, cursor))
        if page.next is not None and page.next == cursor:
            raise UnitFailed(account, unit, Problem("bad-answer", "the component gave the same cursor twice"))
        return page

    def read_resources(self, account: Account, unit: Unit, ids: Sequence[str]) -> Page:
        """Single resources again, by their `id`. One that is gone is not in the page, and no problem. Raises `UnitFailed`."""
        return self._unit_call(account, unit, lambda guest: guest.read_resources(account, unit, ids))

    def map_resources(self, unit: Unit, resources: Sequence[Line]) -> Mapped:
        """Entities of resource lines that the caller holds. Makes no request. Raises `PortolanError`."""
        self._check_open()
        mapped = self._instances.call(lambda guest: guest.map_resources(unit, resources), unit.kind)
        if isinstance(mapped, Problem):
            raise PortolanError(str(mapped))
        return mapped

    def _unit_call(self, account: Account, unit: Unit, use: Any) -> Page:
        self._check_open()
        try:
            page: Page | Problem = self._instances.call(use, unit.kind)
        except GuestError as error:
            raise UnitFailed(account, unit, error.problem) from None
        if isinstance(page, Problem):
            raise UnitFailed(account, unit, page)
        return page

    # -- accounts --------------------------------------------------------------------------------

    def _list(self) -> AccountListing:
        roles = self._sessions.roles
        if roles.way == "organization":
            return self._organization()
        ids = [self._own] if roles.way == "self" else sorted(roles.listed)
        return AccountListing([Account(id, f"Account {id}", "member", json.dumps({"Id": id, "Name": f"Account {id}"})) for id in ids])

    def _organization(self) -> AccountListing:
        try:
            self._sessions.credentials(MANAGEMENT)
        except StsFailed as failure:
            raise AccessError(failure.problem) from None
        found: dict[str, Account] = {}
        problems: list[Problem] = []
        whole, cursor = True, None
        for _ in range(LISTING_PAGES):
            asked = cursor
            try:
                answer = self._instances.call(lambda guest, asked=asked: guest.discover_accounts(asked))  # type: ignore[misc]
            except GuestError as error:
                raise AccessError(error.problem) from None
            if isinstance(answer, Problem):
                raise AccessError(answer)
            page, cursor = answer
            for account in page.accounts:
                found.setdefault(account.id, account)
            problems += page.problems
            whole = whole and page.whole
            if cursor is None:
                return AccountListing(list(found.values()), problems, whole)
            if cursor == asked:
                raise AccessError(Problem("bad-answer", "listing the accounts gave the same cursor twice"))
        raise AccessError(Problem("limit", f"the accounts of the organization fill more than {LISTING_PAGES} pages"))

    def _described(self) -> str:
        guest = Guest(self._program)
        try:
            return guest.describe()
        finally:
            guest.close()

    def _check_open(self) -> None:
        if self._closed:
            raise PortolanError("this estate is closed")


def _of_the_organization_alone(account: Account) -> Account:
    """As one that the configuration leaves out: of it, the component plans what belongs to the organization, and no more."""
    details = json.dumps({**account.details, "State": "OUT_OF_SCOPE"})
    return Account(account.id, account.name, account.role, details)
