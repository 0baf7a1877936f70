"""Which of AWS's partitions a region lies in, by botocore's tables. A run reads one: its credentials mean nothing in another."""

from __future__ import annotations

import functools

import botocore.session
from botocore.exceptions import BotoCoreError


@functools.cache
def _session() -> botocore.session.Session:
    """One that is never asked for credentials: it reads the tables once."""
    return botocore.session.Session()


@functools.lru_cache(maxsize=1000)
def partition_of(region: str) -> str | None:
    """`aws`, `aws-cn`, …; none for what is no region."""
    try:
        return str(_session().get_partition_for_region(region))
    except BotoCoreError:
        return None
