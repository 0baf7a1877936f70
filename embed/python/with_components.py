"""Puts the two components into a wheel, and what their licences ask for. They are built, not committed."""

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CHECKOUT = Path(__file__).resolve().parents[2]


class WithComponents(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # found in the checkout
        folder = Path(os.environ.get("PORTOLAN_COMPONENTS") or CHECKOUT / "target" / "components")
        for name in ("portolan.wasm", "portolan-guard.wasm"):
            file = folder / name
            if not file.is_file():
                raise FileNotFoundError(f"{file}: make it with `cargo run --package portolan-dist -- target/components`, or set PORTOLAN_COMPONENTS")
            build_data["force_include"][str(file)] = f"portolan/components/{name}"
        for file in (CHECKOUT / "LICENSE", CHECKOUT / "crates" / "tables" / "data" / "NOTICE"):
            build_data["force_include"][str(file)] = f"portolan/components/{file.name}"
