"""Whose credentials sign: the source's, or sessions of roles, assumed once, shared, refreshed in time, not asked for again when denied."""

from __future__ import annotations

import datetime
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from botocore.credentials import ReadOnlyCredentials

from .errors import ConfigurationError
from .model import Problem
from .sts import Caller, Session, Sts, StsFailed

Identity = str
"""An account's id, or `MANAGEMENT`: whoever lists the organization."""
MANAGEMENT: Identity = "management"

_REFRESH = datetime.timedelta(minutes=5)
"""A session is refreshed when less than this is left."""
_USABLE = datetime.timedelta(seconds=15)
"""It is not used in its last seconds: a request signed now arrives later."""
_PAUSE = datetime.timedelta(seconds=30)
"""Between two attempts to refresh what is still usable."""
_FAILURE_S = 5.0
"""How long a failure that may pass is given to whoever asks meanwhile: twenty units of an account do not ask twenty times."""
_YOUNG_S = 10.0
"""A session younger than this is not forgotten: the refusal that is reported was of the one before."""
_ROLE = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/([\w+=,.@/-]{1,576})")
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)


class Source(Protocol):
    """What is needed of a session of boto3 or botocore."""

    def get_credentials(self) -> Any:
        """botocore's credentials, or none."""


@dataclass(frozen=True)
class Roles:
    """Which role each account is read with. Exactly one of the ways is set."""

    way: Literal["self", "organization", "roles"]
    listing: str | None = None
    """Lists the organization; its path and name are those of the members' roles."""
    listed: Mapping[str, str] = field(default_factory=dict)
    external_id: str | None = field(default=None, repr=False)

    @classmethod
    def chosen(cls, account: str | None, listing: str | None, listed: Sequence[str], external_id: str | None) -> Roles:
        """As the user said. Raises `ConfigurationError`."""
        ways = [account is not None, listing is not None, bool(listed)]
        if sum(ways) != 1:
            raise ConfigurationError(
                f"{'no' if not any(ways) else 'more than one choice of'} accounts: choose one of three:\n"
                '  account="self"              the account of the credentials, as they are\n'
                "  account_role_arns=[ARN, …]  the accounts of these roles\n"
                "  account_role_arn=ARN        the organization that this role lists"
            )
        if account not in (None, "self"):
            raise ConfigurationError('account is "self", or is not given: another account needs a role')
        if external_id is not None and not _EXTERNAL_ID.fullmatch(external_id):
            raise ConfigurationError("external_id is not one: 2 to 1224 letters, digits and _+=,.@:/-, no line break at its end")
        by_account = {_parts(arn)[1]: arn for arn in listed}
        if len(by_account) != len(listed):
            raise ConfigurationError("account_role_arns names two roles of one account")
        roles = [*listed, *([listing] if listing else [])]
        if len({_parts(arn)[0] for arn in roles}) > 1:
            raise ConfigurationError("the roles lie in different partitions; a run reads one")
        way: Literal["self", "organization", "roles"] = "organization" if listing else "roles" if listed else "self"
        return cls(way, listing, by_account, external_id)

    def of(self, identity: Identity) -> str | None:
        """The role of an identity; none for the source as it is."""
        if identity == MANAGEMENT:
            return self.listing
        if self.listing:
            partition, _, path_and_name = _parts(self.listing)
            return f"arn:{partition}:iam::{identity}:role/{path_and_name}"
        return self.listed.get(identity)

    @property
    def partition(self) -> str | None:
        """That of the roles, if there is one."""
        arn = self.listing or next(iter(self.listed.values()), None)
        return arn and _parts(arn)[0]


def _parts(arn: str) -> tuple[str, str, str]:
    found = _ROLE.fullmatch(arn)
    if not found:
        raise ConfigurationError(f"{arn!r} is not a role's ARN (arn:aws:iam::111111111111:role/Name)")
    return found[1], found[2], found[3]


@dataclass
class _Slot:
    """One role's session. The lock is held while STS is asked: one at a time."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    session: Session | None = None
    obtained: datetime.datetime | None = None
    tried: datetime.datetime | None = None
    failure: StsFailed | None = None
    failed_until: datetime.datetime | None = None


class Sessions:
    """The credentials of each identity of a run. May be called from any thread."""

    def __init__(self, source: Source, roles: Roles, sts: Sts, name: str) -> None:
        self.roles = roles
        self._source = source
        self._sts = sts
        self._name = name
        self._slots: dict[str, _Slot] = {}
        self._lock = threading.Lock()
        self._caller: Caller | None = None

    def caller(self) -> Caller:
        """Who the source is; asked once. Raises `StsFailed`."""
        with self._lock:
            if self._caller is None:
                self._caller = self._sts.caller(self._own())
            return self._caller

    @property
    def partition(self) -> str:
        """The one partition of the run. Raises `StsFailed` where only the source could tell, and does not."""
        return self.roles.partition or self.caller().arn.split(":")[1]

    def credentials(self, identity: Identity) -> ReadOnlyCredentials:
        """Credentials that sign for an identity. Raises `StsFailed`."""
        role = self.roles.of(identity)
        if role is not None:
            return self._session(role).credentials
        own = self.caller().account
        if identity not in (MANAGEMENT, own):
            raise StsFailed(Problem("no-credentials", f"no role is configured for account {identity}; the credentials are of {own}"), denied=False)
        return self._own()

    def renew(self, identity: Identity) -> None:
        """Forgets a session that AWS says has expired."""
        role = self.roles.of(identity)
        if role is None:
            return
        slot = self._slot(role)
        with slot.lock:
            if slot.obtained and (_now() - slot.obtained).total_seconds() >= _YOUNG_S:
                slot.session = None

    def secrets(self) -> list[str]:
        """What may stand in no text."""
        sessions = [slot.session.credentials for slot in list(self._slots.values()) if slot.session]
        texts = [text for keys in sessions for text in (keys.secret_key, keys.token)]
        return [text for text in (self.roles.external_id, *texts) if text]

    def _own(self) -> ReadOnlyCredentials:
        try:
            found = self._source.get_credentials()
            frozen: ReadOnlyCredentials | None = found and found.get_frozen_credentials()
        except Exception as error:
            # What a provider says may quote what it read: its name has to do.
            text = f"the session's credentials could not be had: {type(error).__name__}"
            raise StsFailed(Problem("no-credentials", text), denied=False) from None
        if not frozen or not frozen.access_key:
            raise StsFailed(Problem("no-credentials", "the session has no credentials; give a session that has, or set AWS's variables"), denied=False)
        return frozen

    def _slot(self, role: str) -> _Slot:
        with self._lock:
            return self._slots.setdefault(role, _Slot())

    def _session(self, role: str) -> Session:
        slot = self._slot(role)
        with slot.lock:
            now = _now()
            usable = slot.session if slot.session and slot.session.expires - now > _USABLE else None
            if usable and (usable.expires - now > _REFRESH or (slot.tried and now - slot.tried < _PAUSE)):
                return usable
            slot.tried = now
            if slot.failure and (slot.failed_until is None or now < slot.failed_until):
                if usable:
                    return usable
                raise slot.failure
            try:
                slot.session = self._sts.assume(role, self._name, self.roles.external_id, self._own())
            except StsFailed as failure:
                slot.failure = failure
                slot.failed_until = None if failure.denied else _now() + datetime.timedelta(seconds=_FAILURE_S)
                if usable:
                    return usable
                raise
            slot.obtained, slot.failure = _now(), None
            return slot.session


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
