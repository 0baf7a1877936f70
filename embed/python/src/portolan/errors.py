"""Everything that this package raises on purpose. No text of these holds a credential, a token or an external id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .model import Account, Line, Problem, ProblemClass, Unit


class PortolanError(Exception):
    """The base of all of them."""


class ComponentError(PortolanError):
    """A component is missing, does not load, or imports more than the sandbox gives."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A place in the configuration, as a JSON pointer, and what is wrong there."""

    at: str
    message: str
    instead: str | None = None
    offset: int | None = None

    def __str__(self) -> str:
        instead = f" (instead: {self.instead})" if self.instead else ""
        return f"{self.at or '/'}: {self.message}{instead}"


class ConfigurationError(PortolanError):
    """An argument or the configuration is wrong; everything that is wrong at once."""

    def __init__(self, message: str, remarks: Sequence[Remark] = ()) -> None:
        self.remarks = tuple(remarks)
        super().__init__("\n".join([message, *(f"  {remark}" for remark in self.remarks)]))


class AccessError(PortolanError):
    """The credentials do not work, or the accounts could not be listed: nothing was read."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


class GuestError(PortolanError):
    """The component stopped in the middle of a call: a panic, or a limit of the sandbox. Its instance is gone."""

    def __init__(self, message: str, class_: ProblemClass = "bad-call") -> None:
        self.problem = Problem(class_, message)
        super().__init__(message)


class _Failed(PortolanError):
    """What was not read, in the shape of a page without anything in it, so that nobody takes it for an empty one."""

    def __init__(self, account: Account, problem: Problem, where: str) -> None:
        self.account = account
        self.problem = problem
        self.problems = [problem]
        self.whole = False
        self.complete = False
        self.resources: list[Line] = []
        self.scopes: list[Line] = []
        self.entities: list[Line] = []
        self.next: str | None = None
        super().__init__(f"{where}: {problem}")


class UnitFailed(_Failed):
    """A unit was not read to its end. What its earlier pages gave stays valid; what they did not give proves nothing."""

    def __init__(self, account: Account, unit: Unit, problem: Problem) -> None:
        self.unit = unit
        self.kind = unit.kind
        self.region = unit.region
        super().__init__(account, problem, " ".join(filter(None, (unit.kind, account.id, unit.region))))


class AccountFailed(_Failed):
    """Nothing of an account was read: it gives no session, or its regions could not be listed."""

    def __init__(self, account: Account, problem: Problem) -> None:
        super().__init__(account, problem, f"account {account.id}")
