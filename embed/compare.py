#!/usr/bin/env python3
"""Reads one estate through every host of the component, and compares each resource, byte for byte in canonical JSON.

usage: python3 embed/with_moto.py --estate small -- python3 embed/compare.py [--hosts NAME,…] [--kinds NAMES] [--runs N] [--profile debug|release]

Prints, for each host, how many resources it gave, a digest over all of them, and what it cost: wall time, processor time of
its own processes (moto's is not in it), the largest of its processes in memory. Ends with 1 where two hosts differ, with 2 where one
does not run. The last of N runs is the one that is shown: the first pays for compiling the component.

Every catalogue makes its digests of redacted values under a key of its own: they are left out of the comparison.
"""

import argparse
import collections
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# Of each host that differs, so many resources are shown.
SHOWN = 3
# A host that does not end by then never will.
RUN_S = 900


def commands(asked, folder):
    """By host: what runs it, so that it writes resources, one JSON object a line, into `out`, or to its standard output."""
    out = folder / "out.ndjson"
    external_id = folder / "external-id"
    external_id.write_text(os.environ["PORTOLAN_EXTERNAL_ID"], encoding="utf-8")
    external_id.chmod(0o600)
    built = TARGET / asked.profile
    node = shutil.which("node") or "node"
    ocean = max(TARGET.glob("python/ocean-*/bin/python"), default=TARGET / "python/ocean/bin/python")
    role = ["--account-role-arn", os.environ["PORTOLAN_ROLE_ARN"], "--external-id-file", external_id]
    return out, {
        "binary": [built / "portolan", "sync", *role, "--kinds", asked.kinds, "--to", f"ndjson:{out}"],
        "rust": [built / "examples" / "ndjson"],
        "python": [TARGET / "python/embed/bin/python", ROOT / "embed/python/example.py", "--kinds", asked.kinds, "--ndjson", out],
        "node": [node, ROOT / "embed/node/example.js", "--kinds", asked.kinds, "--ndjson", out],
        "ocean": [ocean, ROOT / "embed/ocean/example.py", "--resources", *asked.kinds.split(",")],
    }


def canonical(value):
    """One spelling for each value, without what depends on a catalogue's own key."""

    def plain(part):
        if isinstance(part, dict):
            redacted = part.get("redacted") is True
            return {name: plain(member) for name, member in part.items() if not (redacted and name == "sha256_8")}
        return [plain(member) for member in part] if isinstance(part, list) else part

    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def resources(path):
    found = collections.Counter()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            value = json.loads(line)
            found[canonical(value.get("resource", value))] += 1
    return found


class Measured:
    """What a run gave, and what it cost."""

    def __init__(self, command, out, folder):
        out.unlink(missing_ok=True)
        said = folder / "stdout"
        home = TARGET / "cache" / "compare"
        home.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "PORTOLAN_KINDS": command[1]}
        began = time.monotonic()
        with open(said, "wb") as stdout, open(folder / "stderr", "wb") as stderr:
            process = subprocess.Popen([str(word) for word in command[0]], stdout=stdout, stderr=stderr, env=environment, cwd=folder)
            self.status, usage = wait(process)
        self.wall_s = time.monotonic() - began
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.peak_mb = usage.ru_maxrss / 1024
        self.stderr = (folder / "stderr").read_text(encoding="utf-8", errors="replace")
        self.found = resources(out if out.exists() else said) if self.status in (0, 1, 2) else None


def wait(process):
    """The exit status, and what the process and those that it waited for have used."""
    until = time.monotonic() + RUN_S
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status), usage
        if time.monotonic() > until:
            process.kill()
        time.sleep(0.01)


def main():
    usage = argparse.ArgumentParser(prog="compare.py", description=__doc__.partition("\n")[0])
    usage.add_argument("--hosts", default="binary,rust,python,node,ocean")
    usage.add_argument("--kinds", default=",".join(KINDS))
    usage.add_argument("--runs", type=int, default=1)
    usage.add_argument("--profile", choices=["debug", "release"], default="debug")
    asked = usage.parse_args()
    first, worst = None, 0
    print(f"{'host':8} {'resources':>9}  {'sha256':16} {'wall s':>7} {'cpu s':>7} {'res/s':>7} {'cpu ms/res':>10} {'peak MB':>8}")
    with tempfile.TemporaryDirectory(prefix="portolan-compare-") as name:
        folder = pathlib.Path(name)
        out, all_commands = commands(asked, folder)
        for host in asked.hosts.split(","):
            for _ in range(asked.runs):
                run = Measured((all_commands[host], asked.kinds), out, folder)
            if not run.found:
                print(f"{host:8} does not run (status {run.status}):\n{run.stderr[-2000:]}")
                worst = 2
                continue
            number = run.found.total()
            digest = hashlib.sha256("\n".join(sorted(run.found.elements())).encode()).hexdigest()[:16]
            costs = f"{run.wall_s:7.2f} {run.cpu_s:7.2f} {number / run.wall_s:7.0f} {run.cpu_s / number * 1000:10.2f} {run.peak_mb:8.0f}"
            print(f"{host:8} {number:9}  {digest:16} {costs}", flush=True)
            if first is None:
                first = (host, run.found)
            elif run.found != first[1]:
                worst = max(worst, 1)
                show(first[0], first[1] - run.found)
                show(host, run.found - first[1])
    return worst


def show(host, only):
    for resource in sorted(only.elements())[:SHOWN]:
        print(f"  {host} only: {resource[:600]}")
    if only.total() > SHOWN:
        print(f"  {host} only: and {only.total() - SHOWN} more")


# What the organization in moto has (tests/front/organization.py), of every protocol.
KINDS = [
    "AWS::Account::Info",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Instance",
    "AWS::EC2::Volume",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::EKS::Cluster",
    "AWS::Lambda::Function",
    "AWS::Organizations::Account",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
]

if __name__ == "__main__":
    sys.exit(main())
