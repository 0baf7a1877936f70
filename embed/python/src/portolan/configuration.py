"""The component's configuration, from arguments: what to read, never how to get there."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import ConfigurationError, Remark

Kinds = str | Sequence[str | Mapping[str, Any]]
Regions = Sequence[str] | Mapping[str, Any]


def of(
    *,
    manifest: Mapping[str, Any],
    kinds: Kinds | None,
    regions: Regions | None,
    mapping: Mapping[str, Any] | None,
    config: Mapping[str, Any] | None,
    home_region: str,
) -> str:
    """The configuration as JSON. A key of `config` replaces what the arguments made. Raises `ConfigurationError`."""
    made: dict[str, Any] = {
        "version": 1,
        "home_region": home_region,
        "sensitive": "redact",
        # Digests can be compared within a run, not with another's; give `redaction_key` in `config` where they should be.
        "redaction_key": secrets.token_hex(32),
    }
    if kinds is not None or mapping is None:
        made["kinds"] = _kinds(kinds if kinds is not None else "core", manifest)
    if regions is not None:
        made["regions"] = dict(regions) if isinstance(regions, Mapping) else {"allow": list(regions)}
    if mapping is not None:
        made["mapping"] = dict(mapping)
    made |= config or {}
    if not made.get("kinds") and not made.get("mapping"):
        raise ConfigurationError("nothing would be read:", [Remark("/kinds", "no kind is chosen")])
    try:
        return json.dumps(made)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"the configuration is not JSON: {error}") from None


def _kinds(kinds: Kinds, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    if isinstance(kinds, str):
        tiers = {"core": ("core",), "all": ("core", "more")}.get(kinds)
        if tiers is None:
            raise ConfigurationError(f'kinds is {kinds!r}: "core", "all", or a list of names')
        names = [kind["kind"] for kind in manifest["kinds"] if kind["tier"] in tiers]
    else:
        names = list(kinds)
    return [{"kind": name} if isinstance(name, str) else dict(name) for name in names]
