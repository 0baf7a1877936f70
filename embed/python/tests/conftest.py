"""The tests run beside moto and its front (embed/with_moto.py): `dev.py test`."""

from __future__ import annotations

import json
import logging
import os
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import portolan

ORGANIZATION: dict[str, Any] = json.loads(os.environ.get("PORTOLAN_ORGANIZATION", "{}"))
BUSY = logging.getLogger()


class Front:
    """The control interface of the front (tests/front/README.md)."""

    def __init__(self) -> None:
        self.url = os.environ["PORTOLAN_FRONT"]
        self._rules = [{name: value for name, value in rule.items() if name not in ("matched", "used")} for rule in self.get("state")["rules"]]

    def get(self, what: str) -> Any:
        return self._call("GET", what, None)

    def post(self, what: str, body: Any = None) -> Any:
        return self._call("POST", what, {} if body is None else body)

    def calls(self) -> list[dict[str, Any]]:
        """What arrived since the test began."""
        found: list[dict[str, Any]] = self.get("calls")
        return found

    def operations(self) -> set[str]:
        return {f"{call['service']}:{call['operation']}" for call in self.calls()}

    def reset(self) -> None:
        """The rules and the clock of the beginning, and an empty log."""
        self._call("DELETE", "rules", None)
        self.post("rules", self._rules)
        self.post("clock", {"offset_s": 0})
        self.post("forget")

    def _call(self, method: str, what: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/{what}", data=data, method=method), timeout=30) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def _front() -> Front:
    if not ORGANIZATION:
        pytest.fail("these tests need moto: run them with `python3 embed/python/dev.py test`")
    return Front()


@pytest.fixture
def front(_front: Front) -> Iterator[Front]:
    _front.reset()
    yield _front
    _front.reset()


@pytest.fixture
def organization() -> dict[str, Any]:
    return ORGANIZATION


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled code, made by the first test that needs it."""
    folder = tmp_path_factory.mktemp("cache") / "portolan"
    return folder


Make = Callable[..., portolan.Estate]


@pytest.fixture
def estate(front: Front, organization: dict[str, Any], cache: Path) -> Iterator[Make]:
    """Makes estates of two accounts by their roles, unless something else is asked for, and closes them."""
    made = []

    def make(**options: Any) -> portolan.Estate:
        if not options.keys() & {"account", "account_role_arn", "account_role_arns"}:
            options["account_role_arns"] = [role_in(organization, name) for name in ("prod-web", "prod-data")]
        options = {"external_id": organization["external_id"], "cache": cache, **options}
        found = portolan.Estate(**options)
        made.append(found)
        return found

    yield make
    for one in made:
        one.close()


def role_in(organization: dict[str, Any], name: str) -> str:
    management = organization["accounts"]["management"]
    return str(organization["role"].replace(management, organization["accounts"][name]))


def hostile() -> Path:
    """The component that misbehaves by kind (tests/programs), beside the others."""
    for folder in portolan.components.folders():
        for name in ("portolan-conformance.wasm", "portolan-hostile.wasm"):
            if (folder / name).is_file():
                return folder / name
    pytest.fail("portolan-conformance.wasm is not beside the other components")
