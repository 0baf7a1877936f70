"""Where the two components lie: in the package, in the folder that PORTOLAN_COMPONENTS names, or in the checkout's target folder."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import ComponentError

PORTOLAN = "portolan.wasm"
GUARD = "portolan-guard.wasm"

_PACKAGED = Path(__file__).parent / "components"


def folders() -> list[Path]:
    """Where is looked, in this order. A folder that was named is the only one."""
    named = os.environ.get("PORTOLAN_COMPONENTS")
    if named:
        return [Path(named)]
    # …/embed/python/src/portolan/components.py, in a checkout.
    checkout = [parent / "target" / "components" for parent in Path(__file__).parents[4:5] if (parent / "wit").is_dir()]
    return [_PACKAGED, *checkout]


def find(name: str) -> Path:
    """The file of a component."""
    tried = [folder / name for folder in folders()]
    for file in tried:
        if file.is_file():
            return file
    raise ComponentError(
        f"{name} is not there (looked for {', '.join(map(str, tried))}); in a checkout, make it with "
        "`cargo run --package portolan-dist -- target/components`, or name its folder in PORTOLAN_COMPONENTS"
    )
