#!/usr/bin/env python3
"""Writes hostile.txt: service tables with writes and denied reads in them, inputs only, for the guard's tests.

    target/generator/bin/python crates/guard/tests/data/make.py     # the environment of guest/generator/generate.py
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
sys.path.insert(0, str(ROOT / "guest" / "generator"))

import models  # noqa: E402
from actions import Actions  # noqa: E402
from services import compile_service, text  # noqa: E402


def main():
    actions = Actions(ROOT / "crates" / "tables" / "data" / "denied-reads.tsv")
    tables = []
    for line in (HERE / "operations.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        service, _, operations = line.partition(":")
        tables.append(table(service, operations.split(), actions))
    (HERE / "hostile.txt").write_text("---\n".join(map(text, tables)))


def table(service, operations, actions):
    model = dict(models.service_model(service))
    model["operations"] = {
        name: {key: value for key, value in operation.items() if key != "output"}
        for name, operation in model["operations"].items()
    }
    return compile_service(service, model, operations, {}, actions, whole=True)


if __name__ == "__main__":
    main()
