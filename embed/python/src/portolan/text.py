"""Text from outside, made fit for a terminal and a log."""

from __future__ import annotations

from collections.abc import Iterable

from .limits import MESSAGE_BYTES

# Marks that reorder the text around them, so that a line can pretend to say something else.
_DIRECTION = {*range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_CONTROL = {*range(0x20), *range(0x7F, 0xA0)}
_BLANK = dict.fromkeys(_DIRECTION | _CONTROL, " ")


def printable(text: str, bytes_max: int = MESSAGE_BYTES) -> str:
    """Cut to a length, and without control characters."""
    cut = text.encode("utf-8", "replace")[:bytes_max].decode("utf-8", "ignore")
    return cut.translate(_BLANK)


def without(text: str, secrets: Iterable[str]) -> str:
    """The text with each secret in it taken out."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "(secret)")
    return text
