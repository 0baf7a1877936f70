#!/usr/bin/env python3
"""Writes host/src/cli/examples.jsonl: one resource of each kind, the first that its golden case expects.

    target/generator/bin/python guest/generator/examples.py [--check]
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "host" / "src" / "cli" / "examples.jsonl"
# Texts are cut here: a certificate or a policy tells no more by its whole length.
TEXT_CHARS_MAX = 120


def main():
    text = "".join(json.dumps(shortened(example), ensure_ascii=False) + "\n" for example in examples())
    if "--check" in sys.argv:
        if EXAMPLES.read_text() != text:
            sys.exit("examples.jsonl is stale: run guest/generator/examples.py")
        return
    EXAMPLES.write_text(text)


def examples():
    for case in sorted((ROOT / "guest" / "tests" / "golden").glob("*/case.json")):
        lines = json.loads(case.read_text())["expected"]
        yield next(line["resource"] for line in lines if "resource" in line)


def shortened(value):
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value[:2]]
    if isinstance(value, str) and len(value) > TEXT_CHARS_MAX:
        return value[:TEXT_CHARS_MAX] + "…"
    return value


if __name__ == "__main__":
    main()
