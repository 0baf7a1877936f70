"""What the tests run against: moto behind its front (with_moto.py has started both), a server that stands for Port, and Ocean
itself in a process of its own, for one resync."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

import pytest

HERE = pathlib.Path(__file__).resolve().parent
INTEGRATION, ROOT = HERE.parent, HERE.parent.parent.parent
sys.path[:0] = [str(INTEGRATION), str(HERE)]

from port_api import CLIENT_ID, CLIENT_SECRET, PortApi  # noqa: E402

# A resync of a few kinds takes seconds; this is for machines that are slow.
RESYNC_S = 300
# The interpreter of moto's environment: it has boto3, Ocean's has not.
MOTO = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "python/moto/bin/python"
IDENTIFIER = "tests"


class Front:
    """moto's front, to be set and asked."""

    def __init__(self):
        self.url = os.environ["PORTOLAN_FRONT"]
        self.organization = json.loads(os.environ["PORTOLAN_ORGANIZATION"])

    def ask(self, method, what, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/{what}", data, method=method), timeout=60) as answer:
            return json.load(answer)

    def account(self, name):
        return self.organization["accounts"][name]

    def rules(self, *rules):
        """These rules, and no others."""
        self.ask("DELETE", "rules")
        if rules:
            self.ask("POST", "rules", list(rules))

    def matched(self):
        return [rule["matched"] for rule in self.ask("GET", "state")["rules"]]

    def role(self, account, **fields):
        role = self.organization["role"].replace(self.account("management"), account)
        trust = {"principals": [self.organization["source"]["arn"]], "external_id": self.organization["external_id"]}
        self.ask("POST", "config", {"roles": {role: {**trust, **fields}}})

    def script(self, name, *arguments, given=""):
        """What a script of tests/front prints."""
        command = [MOTO, ROOT / "tests/front" / name, self.url.removesuffix("/_front"), *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def boto(self, account, region, service, operation, arguments):
        return json.loads(self.script("change.py", account, region, service, operation, json.dumps(arguments)))


@dataclasses.dataclass
class Ran:
    """One resync, and what Ocean wrote while it ran."""

    state: str
    log: str


class Ocean:
    """Runs the integration in Ocean, once. `python` is the interpreter with the version of Ocean that is meant."""

    def __init__(self, folder, python=sys.executable, environment=None):
        self.folder, self.python, self.environment = folder, python, environment or {}

    def start(self, port, config, **environment):
        port.forget()
        names = {f"OCEAN__INTEGRATION__CONFIG__{name.upper()}": text(value) for name, value in config.items()}
        settings = {
            "OCEAN__PORT__BASE_URL": port.url,
            "OCEAN__PORT__CLIENT_ID": CLIENT_ID,
            "OCEAN__PORT__CLIENT_SECRET": CLIENT_SECRET,
            "OCEAN__INTEGRATION__IDENTIFIER": IDENTIFIER,
            "OCEAN__EVENT_LISTENER__TYPE": "ONCE",
            # The log goes to the file, not to Port.
            "APPLICATION__ENABLE_HTTP_LOGGING": "false",
        }
        self.output = self.folder / f"ocean-{time.monotonic_ns()}.log"
        with open(self.output, "w") as out:
            environment = {**os.environ, **settings, **names, **self.environment, **environment}
            return subprocess.Popen([self.python, HERE / "run_ocean.py"], cwd=INTEGRATION, env=environment, stdout=out, stderr=out)

    def resync(self, port, config, during=None, **environment):
        """A whole resync. `during` is called with Ocean's process while it runs."""
        process = self.start(port, config, **environment)
        try:
            if during:
                during(process)
            process.wait(RESYNC_S)
        finally:
            process.kill()
            process.wait()
        log = self.output.read_text()
        assert port.states, f"no resync was begun:\n{log[-4000:]}"
        return Ran(port.states[-1], log)


def text(value):
    return value if isinstance(value, str) else json.dumps(value)


@pytest.fixture(scope="session")
def front():
    return Front()


@pytest.fixture
def calm(front):
    """The front without rules but for the organization's own: an SCP closes a region to one account."""
    closed = {**front.organization["denied_region"], "do": "deny", "by": "scp", "service": ["dynamodb", "ec2", "ecs", "eks", "lambda", "rds", "sns", "sqs"]}
    front.rules(closed)
    yield front
    front.rules(closed)


@pytest.fixture
def ocean(tmp_path):
    return Ocean(tmp_path)


@pytest.fixture
def port():
    """Makes servers that stand for Port: port(mapping, blueprints)."""
    made = []

    def make(mapping=None, blueprints=()):
        made.append(PortApi(mapping, blueprints))
        return made[-1]

    yield make
    for server in made:
        server.stop()
