"""The lines of a page, parsed and held against what a host may rely on."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .errors import GuestError
from .model import Line

_RESOURCE = {"id": str, "arn": str, "gaps": list, "resource": dict}
_SCOPE = {"parent": list, "whole": bool}
_ENTITY = {"of": str, "mapping": int, "identifier": str, "blueprint": str, "entity": dict}
_FAILED = {"of": str, "mapping": int, "failed": str}


def resource_lines(text: str) -> tuple[list[Line], list[Line]]:
    """The resources of a page, and its scopes."""
    resources: list[Line] = []
    scopes: list[Line] = []
    for line in _lines(text):
        if _is(line, _RESOURCE):
            resources.append(line)
        elif _is(line, _SCOPE):
            scopes.append(line)
        else:
            raise GuestError(f"a line of the component's page is neither a resource nor a scope: members {sorted(line)[:12]}", "bad-answer")
    return resources, scopes


def entity_lines(text: str) -> list[Line]:
    """The entities of a page, and what could not be told of one."""
    entities = list(_lines(text))
    for line in entities:
        if not _is(line, _ENTITY) and not _is(line, _FAILED):
            raise GuestError(f"a line of the component's page is no entity: members {sorted(line)[:12]}", "bad-answer")
    return entities


def _lines(text: str) -> list[Line]:
    # Not splitlines(): that also splits at U+2028 and the like, which may stand inside a JSON text.
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line:
            continue
        try:
            parsed = json.loads(line)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            raise GuestError(f"line {number} of the component's page is not a JSON object", "bad-answer")
        lines.append(parsed)
    return lines


def _is(line: Line, members: Mapping[str, type]) -> bool:
    return all(isinstance(line.get(name), kind) for name, kind in members.items())
