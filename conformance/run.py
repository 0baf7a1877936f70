#!/usr/bin/env python3
"""Runs a host against the conformance cases: python3 conformance/run.py --host COMMAND…

COMMAND is an adapter of the host (README.md). Prints a table and what did not hold; exit status 1 where a case failed, 2 where
nothing could be run. Python's standard library only.
"""

import argparse
import json
import os
import pathlib
import re
import sys
import tempfile
import threading
import time

from host_under_test import Host, HostGone
from judge import complaints, outcome
from scripted_aws import EXTERNAL_ID, SOURCE_KEY, ScriptedAws, secret_of

HERE = pathlib.Path(__file__).resolve().parent
PROTOCOL = 1
KIND = "Test::Puppet::Scripted"
LOG = "portolan:aws/log@0.1.0"
MEMBER, OTHER, MANAGEMENT = "111122223333", "444455556666", "100000000001"
# For a host that takes them; one whose limits are its own says in `hello` which.
LIMITS = {"batch": 16, "response-bytes": 1 << 20, "batch-bytes": 2 << 20, "page-bytes": 128 << 10, "cursor-bytes": 64 << 10}
# How a case names a size: "=response-bytes+1", "=batch-bytes*2/5".
SIZE = re.compile(r"=([a-z-]+)(?:\*(\d+)/(\d+))?([+-]\d+)?")
# What a host's runtime may be unable to do; all else is every host's duty.
MAY_LACK = {"cpu", "timeout", "cancel"}


class Lane:
    """One host process with an AWS of its own; cases run one after the other in it."""

    def __init__(self, command: list[str], components: pathlib.Path) -> None:
        self.command, self.components = command, components
        self.aws = ScriptedAws()
        self.folder = tempfile.TemporaryDirectory(prefix="conformance-")
        self.host: "Host | None" = None
        self.cannot: dict[str, str] = {}
        self.limits = LIMITS

    def start(self) -> dict:
        """Starts the host and asks who it is."""
        self.host = Host(self.command, {
            "AWS_ENDPOINT_URL": self.aws.url, "AWS_ACCESS_KEY_ID": SOURCE_KEY, "AWS_SECRET_ACCESS_KEY": secret_of(SOURCE_KEY),
            "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "127.0.0.1",
            "PORTOLAN_COMPONENTS": str(self.components)})
        about = self.host.call("hello", {"protocol": PROTOCOL})
        if "ok" not in about or about["ok"].get("protocol") != PROTOCOL:
            raise HostGone(f"it does not speak protocol {PROTOCOL}: {about}")
        self.cannot = about["ok"].get("cannot", {})
        self.limits = {**LIMITS, **about["ok"].get("limits", {})}
        if set(self.cannot) - MAY_LACK:
            raise HostGone(f"it says that it cannot {sorted(set(self.cannot) - MAY_LACK)}; only {sorted(MAY_LACK)} may be lacking")
        return about["ok"]

    def run(self, case: dict) -> list[str]:
        """What of a case does not hold."""
        if self.host is None:
            self.start()
        try:
            wrong = self.steps(sized(case, self.limits))
        except HostGone as gone:
            written = self.host.written()
            self.host.process.kill()
            self.host.stop()
            self.host = None
            return [f"the host: {gone}", *self.leaks(written)]
        return wrong + self.leaks(self.host.written())

    def leaks(self, written: str) -> list[str]:
        return ["a secret (key, token or external id) is in what the host wrote" for secret in self.aws.secrets() if secret in written][:1]

    def steps(self, case: dict) -> list[str]:
        self.aws.script([], tuple(case.get("no-session-for", ())))
        wrong = []
        if case.get("open", {}) is not None:
            reply = self.host.call("open", self.open_args(case.get("open", {})))
            expected = case.get("opened", {"error": None})
            wrong += complaints(expected, outcome("open", reply), "open")
            wrong += [f"open: {what}" for what in self.seen_wrong([])]
        for number, step in enumerate(case.get("steps", [case])):
            if "call" not in step and "script" not in step and "side-by-side" not in step:
                continue
            wrong += [f"step {number + 1}: {what}" for what in self.step(step, tuple(case.get("no-session-for", ())))]
        return wrong

    def open_args(self, wanted: dict) -> dict:
        config = {"version": 1, "kinds": [{"kind": KIND}], **({"script": wanted["script"]} if "script" in wanted else {})}
        component = self.components / "portolan-conformance.wasm"
        if "imports" in wanted:
            component_bytes = component.read_bytes()
            component = pathlib.Path(self.folder.name) / "imports.wasm"
            component.write_bytes(importing(component_bytes, wanted["imports"]))
        return {
            "component": str(component), "config": json.dumps(config), "operator": wanted.get("operator", []),
            "run": {"id": "conformance", "started-at-ms": 1_700_000_000_000, "partition": "aws", "limits": self.limits},
            "roles": {"member": "arn:aws:iam::{account}:role/Conformance", "management": f"arn:aws:iam::{MANAGEMENT}:role/Conformance"},
            "accounts": [MEMBER, OTHER, MANAGEMENT], "external-id": EXTERNAL_ID, "timeout-ms": wanted.get("timeout-ms", 20_000)}

    def step(self, step: dict, denied: tuple[str, ...]) -> list[str]:
        """Plays a step: scripts AWS, makes the call or calls, and holds the outcome against what must come out."""
        time.sleep(step.get("wait-ms", 0) / 1000)
        self.aws.script(step.get("aws", []), denied)
        calls = step.get("side-by-side", [step])
        began = time.monotonic()
        places = [(call, self.host.begin(*call_of(call))) for call in calls]
        if "cancel-after-ms" in step:
            time.sleep(step["cancel-after-ms"] / 1000)
            self.host.call("cancel", {})
        wrong = []
        for number, (call, place) in enumerate(places):
            name = call.get("call", "sync-page")
            came = outcome(name, self.host.end(place, name))
            at = name if len(calls) == 1 else f"{name} {number + 1}"
            wrong += complaints(call.get("expect", {}), came, at)
        took_ms = (time.monotonic() - began) * 1000
        wrong += complaints(step.get("took-ms", {"$min": 0}), took_ms, "took-ms")
        return wrong + self.seen_wrong(step.get("seen", []), step.get("assumed"))

    def seen_wrong(self, expected: object, assumed: object = None) -> list[str]:
        """What AWS saw and should not have, or the other way round."""
        seen = list(self.aws.seen)
        between = [(later["at"] - earlier["at"]) * 1000 for earlier, later in zip(seen, seen[1:])]
        view = [{**one, "after-ms": after} for one, after in zip(seen, [0, *between])]
        for earlier, later in zip(seen, view[1:]):
            later["is-other-session"] = earlier["session"] != later["session"]
        wrong = [f"{one['method']} {one['target']} {one['body'][:80]}: {fault}" for one in seen for fault in one["faults"]]
        wrong += [f"a call to STS: {fault}" for fault in self.aws.faults]
        found = complaints(expected, view, "seen")
        if assumed is not None:
            found += complaints(assumed, list(self.aws.assumed), "assumed")
        return wrong + found

    def stop(self) -> "str | None":
        wrong = self.host.stop() if self.host else None
        self.aws.stop()
        self.folder.cleanup()
        return wrong


def sized(part: object, limits: dict[str, int]) -> object:
    """A case with its sizes as numbers, by the limits of the host."""
    if isinstance(part, dict):
        return {name: sized(value, limits) for name, value in part.items()}
    if isinstance(part, list):
        return [sized(value, limits) for value in part]
    found = SIZE.fullmatch(part) if isinstance(part, str) else None
    if not found:
        return part
    name, times, over, more = found.groups()
    return limits[name] * int(times or 1) // int(over or 1) + int(more or 0)


def call_of(step: dict) -> tuple[str, dict]:
    """A step's call and its arguments: the script goes where that call has a place for it."""
    call = step.get("call", "sync-page")
    script = json.dumps(step.get("script", []))
    account = {"id": step.get("account", MEMBER), "name": "kit", "role": step.get("role", "member"), "details": "{}"}
    unit = {"kind": KIND, "region": "us-east-1"}
    resource = {"id": "r", "arn": "arn:aws:test:::r", "gaps": [], "resource": {"Type": KIND, "Properties": {"script": step.get("script", [])}}}
    args = {
        "sync-page": {"account": account, "unit": unit, "cursor": script},
        "read-resources": {"account": account, "unit": unit, "ids": [script]},
        "map-resources": {"unit": unit, "resources": json.dumps(resource) + "\n"},
        "discover-accounts": {"cursor": script},
        "plan": {"account": {**account, "details": json.dumps({"script": step.get("script", [])})}},
    }[call]
    return call, {**args, **step.get("args", {})}


def importing(component: bytes, name: str) -> bytes:
    """The component with another import in place of the log; names have their length before them, so that it is the same."""
    if len(name) != len(LOG) or LOG.encode() not in component:
        raise ValueError(f"{name} does not fit in place of {LOG}")
    return component.replace(LOG.encode(), name.encode())


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--components", type=pathlib.Path, help="the folder with portolan-conformance.wasm and portolan-guard.wasm")
    arguments.add_argument("--case", action="append", help="only cases whose name contains this; may be repeated")
    arguments.add_argument("--list", action="store_true", help="print the cases, and run nothing")
    arguments.add_argument("--host", nargs=argparse.REMAINDER, default=[], help="the adapter and its arguments")
    given = arguments.parse_args()
    cases = json.loads((HERE / "cases.json").read_text())["cases"]
    cases = [case for case in cases if not given.case or any(part in case["name"] for part in given.case)]
    if given.list:
        print("\n".join(f"{case['name']:<42} {case['proves']}" for case in cases))
        return 0
    folder = given.components or pathlib.Path(os.environ.get("PORTOLAN_COMPONENTS") or HERE.parent / "target/components")
    if not given.host or not cases:
        arguments.error("give the adapter after --host" if cases else "no case has such a name")
    if not (folder / "portolan-conformance.wasm").exists():
        print(f"{folder} has no portolan-conformance.wasm: cargo run --package portolan-dist -- target/components", file=sys.stderr)
        return 2
    return run(given.host, folder.resolve(), cases)


def run(command: list[str], folder: pathlib.Path, cases: list[dict]) -> int:
    """Two lanes side by side: cases that wait for a clock do not hold up the others."""
    results: dict[str, tuple[str, list[str], float]] = {}
    lanes = {slow: [case for case in cases if bool(case.get("slow")) == slow] for slow in (False, True)}
    about: dict = {}
    broken: list[str] = []

    def work(some: list[dict]) -> None:
        lane = Lane(command, folder)
        try:
            about.update(lane.start())
            for case in some:
                began = time.monotonic()
                lacking = case.get("needs") in lane.cannot
                wrong = [] if lacking else lane.run(case)
                word = "left out" if lacking else "FAILED" if wrong else "passed"
                results[case["name"]] = word, [lane.cannot[case["needs"]]] if lacking else wrong, time.monotonic() - began
        except (HostGone, OSError) as error:
            broken.append(f"the host: {error}")
        finally:
            wrong = lane.stop()
            if wrong:
                broken.append(f"the host: {wrong}")

    threads = [threading.Thread(target=work, args=(some,)) for some in lanes.values() if some]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{about.get('host', 'a host')}, protocol {PROTOCOL}\n")
    for case in cases:
        word, wrong, seconds = results.get(case["name"], ("not run", [], 0.0))
        print(f"{word:<9} {seconds * 1000:>7.0f} ms  {case['name']}" + (f"  ({wrong[0]})" if word == "left out" else ""))
        if word == "FAILED":
            print(f"          proves: {case['proves']}")
            for line in wrong:
                print(f"          {line}")
    words = [word for word, _, _ in results.values()]
    print(f"\n{words.count('passed')} passed, {words.count('FAILED')} failed, {words.count('left out')} left out, {len(cases) - len(words)} not run")
    for line in broken:
        print(line)
    if not words:
        return 2
    return 1 if "FAILED" in words or len(words) < len(cases) or broken else 0


if __name__ == "__main__":
    sys.exit(main())
