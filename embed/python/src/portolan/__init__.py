"""Portolan: what runs in AWS accounts, read by a WebAssembly component that can only ask what a guard permits.

`sync` and `sync_async` give everything; an `Estate` gives it a call at a time, for a scheduler of your own.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, TypedDict, Unpack

from . import components
from .compiled import default_cache
from .configuration import Kinds, Regions
from .credentials import Source
from .errors import (
    AccessError,
    AccountFailed,
    ComponentError,
    ConfigurationError,
    GuestError,
    PortolanError,
    Remark,
    UnitFailed,
)
from .estate import Estate, Event
from .guest import Guest, program
from .limits import Limits
from .model import Account, AccountListing, AccountPlan, Mapped, Page, Planned, Problem, ProblemClass, Region, Unit

__all__ = [
    "AccessError",
    "Account",
    "AccountFailed",
    "AccountListing",
    "AccountPlan",
    "ComponentError",
    "ConfigurationError",
    "Estate",
    "Event",
    "GuestError",
    "Limits",
    "Mapped",
    "Options",
    "Page",
    "Planned",
    "PortolanError",
    "Problem",
    "ProblemClass",
    "Region",
    "Remark",
    "Unit",
    "UnitFailed",
    "describe",
    "sync",
    "sync_async",
]


class Options(TypedDict, total=False):
    """The arguments of `sync`, which are those of `Estate`."""

    account_role_arn: str | None
    account_role_arns: Sequence[str]
    account: Literal["self"] | None
    external_id: str | None
    session: Source | None
    kinds: Kinds | None
    regions: Regions | None
    mapping: Mapping[str, Any] | None
    config: Mapping[str, Any] | None
    region: str | None
    endpoint_url: str | None
    limits: Limits | None
    component: str | PathLike[str] | None
    guard: str | PathLike[str] | None
    cache: str | PathLike[str] | None


def sync(**options: Unpack[Options]) -> Generator[Event, None, None]:
    """Reads everything that the options choose, and gives it page by page: `Page`, and for what failed `UnitFailed` or `AccountFailed`.

    Raises what `Estate` raises, and `AccessError` where the accounts cannot be listed.
    """
    return _until_closed(Estate(**options))


def _until_closed(estate: Estate) -> Generator[Event, None, None]:
    with estate:
        yield from estate.sync()


async def sync_async(**options: Unpack[Options]) -> AsyncGenerator[Event, None]:
    """The same for asyncio: threads read, the event loop waits."""
    import asyncio

    with await asyncio.to_thread(lambda: Estate(**options)) as estate:
        async for event in estate.sync_async():
            yield event


def describe() -> dict[str, Any]:
    """The manifest of everything that the component can read: kinds with their tier, scope, calls, actions. Asks AWS nothing."""
    guest = Guest(program(components.find(components.PORTOLAN), default_cache()))
    try:
        manifest: dict[str, Any] = json.loads(guest.describe())
        return manifest
    finally:
        guest.close()
