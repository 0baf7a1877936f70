"""The conformance kit's adapter of this host (conformance/README.md): calls as JSON Lines on standard input, answers on standard
output. It is this package's guard, client and instances as an `Estate` puts them together, without its queue of units.

    python3 conformance/run.py --host PYTHON embed/python/conformance_adapter.py
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import botocore.session

from portolan import components, limits
from portolan import source as of_session
from portolan.client import Client
from portolan.credentials import Roles, Sessions
from portolan.endpoints import override
from portolan.errors import ComponentError, ConfigurationError, GuestError, PortolanError
from portolan.guard import Guard
from portolan.guest import Run, program
from portolan.instances import Instances
from portolan.limits import Limits
from portolan.model import Account, Problem, Unit
from portolan.sts import Sts
from portolan.transport import Transport
from portolan.verdicts import Verdicts

CANNOT = {"cancel": "an exchange that has begun ends by itself or by its time: a socket that one thread reads is not another's to close"}
LIMITS = {"batch": limits.BATCH, "response-bytes": limits.RESPONSE_BYTES, "batch-bytes": limits.RESPONSE_BYTES,
          "page-bytes": limits.PAGE_BYTES, "cursor-bytes": limits.CURSOR_BYTES}
heard = threading.local()


class Heard(logging.Handler):
    """What the host hands on of the component's log: written by the thread of the call."""

    def emit(self, record: logging.LogRecord) -> None:
        level = {"WARNING": "warn"}.get(record.levelname, record.levelname.lower())
        getattr(heard, "lines", []).append([level, record.getMessage()])


class Failed(Exception):
    """The component's own failure."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__("the component says that the call failed")


class Opened:
    """A run, as `Estate` opens one."""

    def __init__(self, args: dict[str, Any]) -> None:
        session = botocore.session.get_session()
        self.program = program(Path(args["component"]), None)
        verdicts, guard, ending = Verdicts(self.program), Guard(components.find(components.GUARD), None), threading.Event()
        chosen = Limits(timeout_s=args["timeout-ms"] / 1000)
        transport = Transport(connect_s=chosen.connect_s, timeout_s=chosen.timeout_s, connections=chosen.concurrency, ca_bundle=of_session.ca_bundle(session))
        roles = Roles.chosen(None, args["roles"]["management"], (), args["external-id"])
        base = override(None, of_session.method(session))
        sessions = Sessions(session, roles, Sts(transport, verdicts, base or "", "us-east-1", ending.wait), "portolan-conformance")
        client = Client(guard=guard, sessions=sessions, verdicts=verdicts, transport=transport, limits=chosen, base=base, cancelled=ending)
        run = args["run"]
        self.instances = Instances(self.program, client.send, args["config"], Run(run["id"], run["started-at-ms"], run["partition"]), chosen.units)
        guard.grant(self.instances.configured.manifest, args["operator"])

    def configured(self) -> dict[str, Any]:
        given = self.instances.configured
        return {"manifest": given.manifest, "fingerprint": given.fingerprint, "warnings": [asdict(warning) for warning in given.warnings]}

    def call(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        """One call in an instance that is this call's alone, and that comes back only from one that went well."""
        unit = Unit(**args["unit"]) if "unit" in args else Unit("")
        given = args.get("account", {"id": "", "name": "", "role": "member", "details": "{}"})
        account = Account(given["id"], given["name"], given["role"], given["details"])
        with self.instances._lease(unit.kind) as guest:
            answer: Any
            if name == "sync-page":
                answer = guest.sync_page(account, unit, args["cursor"])
            elif name == "read-resources":
                answer = guest.read_resources(account, unit, args["ids"])
            elif name == "map-resources":
                answer = guest.map_resources(unit, [json.loads(line) for line in args["resources"].splitlines()])
            elif name == "discover-accounts":
                answer = guest.discover_accounts(args["cursor"])
            elif name == "plan":
                answer = guest.plan(account)
            else:
                raise PortolanError(f"no call is named {name!r}")
        if isinstance(answer, Problem):
            raise Failed(answer)
        listing, cursor = answer if isinstance(answer, tuple) else (answer, getattr(answer, "next", None))
        return {**record(listing), "next": cursor}


def record(answer: Any) -> dict[str, Any]:
    """An answer by the names of the interface; lines as text again."""
    said = {name: value for name, value in asdict(answer).items() if name not in ("account", "unit", "scopes", "number", "complete")}
    for name in ("resources", "entities"):
        if name in said:
            lines = said[name] + (answer.scopes if name == "resources" else [])
            said[name] = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    for account in said.get("accounts", ()):
        account["details"] = account.pop("details_json")
    return {**said, "problems": [problem(one) for one in answer.problems]}


def problem(given: Problem) -> dict[str, Any]:
    return {{"class_": "class", "request_id": "request-id"}.get(name, name): value for name, value in asdict(given).items()}


class Adapter:
    """The run that is open, and calls side by side."""

    def __init__(self) -> None:
        self.opened: Opened | None = None
        self.lock = threading.Lock()

    def answer(self, call: str, args: dict[str, Any]) -> dict[str, Any]:
        if call == "hello":
            return {"ok": {"host": "portolan (Python)", "protocol": 1, "cannot": CANNOT, "limits": LIMITS}}
        try:
            if call == "open":
                self.opened = Opened(args)
                return {"ok": self.opened.configured()}
            if self.opened is None:
                raise PortolanError("no run is open")
            return {"ok": self.opened.call(call, args)}
        except Failed as failed:
            return {"error": {"class": "failure", "message": str(failed), "problem": problem(failed.problem)}}
        except GuestError as error:
            return {"error": {"class": "limit" if error.problem.class_ == "limit" else "trapped", "message": str(error)}}
        except ConfigurationError as error:
            return {"error": {"class": "rejected", "message": str(error)}}
        except ComponentError as error:
            return {"error": {"class": "not-loaded", "message": str(error)}}
        except Exception as error:
            return {"error": {"class": "setup", "message": f"{type(error).__name__}: {error}"}}

    def take(self, line: str) -> None:
        asked = json.loads(line)
        heard.lines = []
        text = json.dumps({"id": asked["id"], **self.answer(asked["call"], asked["args"]), "log": heard.lines})
        with self.lock:
            print(text, flush=True)


def main() -> None:
    logger = logging.getLogger("portolan.guest")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(Heard())
    logger.propagate = False
    adapter = Adapter()
    for line in sys.stdin:
        threading.Thread(target=adapter.take, args=(line,), daemon=True).start()


if __name__ == "__main__":
    main()
