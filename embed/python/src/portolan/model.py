"""What a run gives: accounts, plans, units, pages, problems. Plain values, as `wit/sync.wit` has them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

ProblemClass = Literal[
    "denied",
    "throttled",
    "unavailable",
    "vanished",
    "bad-answer",
    "stale-cursor",
    "refused",
    "no-credentials",
    "unreachable",
    "timed-out",
    "too-large",
    "cancelled",
    "limit",
    "mapping",
    "bad-call",
]

Line = dict[str, Any]
"""A line of a page as `guest/schemas/page.json` has it, parsed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong. It holds no secret and no control character."""

    class_: ProblemClass
    message: str
    """AWS's own text, or what the host says."""
    operation: str = ""
    """`s3:GetBucketTagging`; empty where no call was made."""
    region: str | None = None
    code: str = ""
    """AWS's own code."""
    request_id: str | None = None
    subject: str | None = None
    """The resource or the expression concerned."""
    count: int = 1
    """How many like it this one stands for."""

    def __str__(self) -> str:
        where = " ".join(part for part in (self.operation, self.region, self.code) if part)
        return f"{self.class_}: {where + ': ' if where else ''}{self.message}"


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the organization lists it, or as a role or the credentials name it."""

    id: str
    name: str
    role: Literal["member", "management"] = "member"
    details_json: str = "{}"
    """What Organizations says of it, tags and the path of its units included."""

    @property
    def details(self) -> Mapping[str, Any]:
        """`details_json`, parsed."""
        found = json.loads(self.details_json)
        return found if isinstance(found, dict) else {}

    @property
    def state(self) -> str:
        """`ACTIVE`, `SUSPENDED`, …; `OUT_OF_SCOPE` where the configuration leaves it out."""
        details = self.details
        return str(details.get("State") or details.get("Status") or ("UNKNOWN" if "Arn" in details else "ACTIVE"))

    @property
    def is_active(self) -> bool:
        """Whether it is read. All others are kept as they were: not attempted, and no error."""
        return self.state == "ACTIVE"


@dataclass(frozen=True, slots=True)
class AccountListing:
    """The accounts of a run."""

    accounts: Sequence[Account]
    problems: Sequence[Problem] = ()
    whole: bool = True
    """False where a part of the organization could not be listed: nobody is retired then."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The grain of work: a kind in a region, or a kind that is global to its account (no region)."""

    kind: str
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A region as an account has it."""

    name: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """A kind and what becomes of it in these regions; none for a kind that is global."""

    kind: str
    fate: Literal["read", "unavailable", "excluded"]
    regions: Sequence[str]


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """What of an account is read."""

    account: Account
    regions: Sequence[Region]
    whole: bool
    """False where `regions` is a guess, which proves nothing about disabled ones."""
    kinds: Sequence[Planned]
    problems: Sequence[Problem] = ()

    def units(self) -> list[Unit]:
        """Its units, in an order that spreads them over services and regions, whose limits differ."""
        read = [planned for planned in self.kinds if planned.fate == "read"]
        units = []
        for turn in range(max((len(planned.regions) or 1 for planned in read), default=0)):
            for index, planned in enumerate(read):
                if planned.regions and turn < len(planned.regions):
                    units.append(Unit(planned.kind, planned.regions[(turn + index) % len(planned.regions)]))
                elif not planned.regions and turn == 0:
                    units.append(Unit(planned.kind))
        return units


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a unit's resources."""

    account: Account
    unit: Unit
    number: int
    """0 for the first of its unit. A unit whose page token expired begins again, with 0."""
    resources: list[Line]
    """Resource lines: `id`, `arn`, `gaps`, `resource` (the envelope), and where there are any `name`, `region`, `parents`, `owner`."""
    scopes: list[Line]
    """Lines `parent`, `whole`: of a kind listed below parents, which of them were read to the end."""
    entities: list[Line]
    """What the mapping made of them: `of`, `mapping`, `identifier`, `blueprint`, `entity`, or `failed`."""
    problems: list[Problem]
    whole: bool
    """False where something that belongs into this page may be missing from it."""
    next: str | None
    """Where the unit goes on; none at its end. Only the component reads it."""
    complete: bool = field(default=False)
    """True on a unit's last page, if that and all pages before it were whole. Only then does absence mean anything."""

    @property
    def kind(self) -> str:
        """The unit's kind."""
        return self.unit.kind

    @property
    def region(self) -> str | None:
        """The unit's region; a resource elsewhere says so in its line."""
        return self.unit.region


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the mapping makes of resources that the host holds already."""

    entities: list[Line]
    problems: list[Problem]
