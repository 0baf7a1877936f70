"""The limits of a run, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

CALL_S = 10.0
"""How long a call into the component may run between two of its imports, by the clock. A page of 128 KiB takes some milliseconds."""
CALL_CPU_S = 60.0
"""Processor time of one call over all, what its requests cost its thread included (some 4 ms each): it is looked at in each import."""
MEMORY_BYTES = 128 << 20
"""Linear memory of an instance. An answer of 8 MiB parsed in full needs some 40 MiB."""
PAGES_PER_INSTANCE = 256
"""Pages after which an instance is replaced: memory never shrinks, and whatever a component may pile up goes with it."""
BATCH = 100
"""Requests in one `send`: a page of 100 items with one detail call each."""
RESPONSE_BYTES = 8 << 20
"""One answer, and all answers of a batch. The largest pages of AWS's APIs stay below 2 MiB."""
PAGE_BYTES = 128 << 10
"""What a page comes to: small pages keep instances small."""
PAGE_SLACK_BYTES = 8 << 20
"""What a page may come to beyond that: its last resource may cross it."""
CURSOR_BYTES = 64 << 10
"""A cursor holds AWS's page token, a few KiB at most, and the position of the parents."""
RECORDS = 10_000
"""Elements of a list in typed records: accounts, problems, planned kinds."""
MESSAGE_BYTES = 8 << 10
"""A message of the component's log, or of a problem."""
MESSAGES_PER_CALL = 200
"""Messages that one call may log; what comes after is dropped."""
RESTARTS = 2
"""How often a unit begins again because AWS no longer knew its page token."""
LISTING_PAGES = 5_000
"""Pages of accounts; an organization has at most 10,000 accounts by default, 20 on a page of the API."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a user may choose."""

    units: int = 16
    """Units that are read side by side, each in a thread and an instance of its own."""
    concurrency: int = 64
    """Requests in flight over all accounts."""
    per_account: int = 16
    """Requests in flight of one account, so that the customer's own automation keeps its share."""
    pages_ahead: int = 32
    """Pages that wait for the consumer before reading stops: the back-pressure of `sync`."""
    pages_per_unit: int = 100_000
    """Pages of one unit, against a component whose cursors never end."""
    connect_s: float = 5.0
    """Time to connect: a region that does not answer within it is not reachable."""
    timeout_s: float = 60.0
    """Time for one exchange. AWS answers lists within a few seconds, the slowest within twenty."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise ValueError(f"limits.{name} is {getattr(self, name)}; it has to be above 0")
