"""Golden cases from moto: resources as tests/estate makes them, and every answer as it came.

Moto's randomness is seeded and its clock stands still, so that the same definitions give the same file.
"""

import datetime
import functools
import importlib.util
import os
import random
import sys
import time
import types
import uuid
from pathlib import Path

os.environ["MOTO_ACCOUNT_ID"] = "111122223333"
os.environ.setdefault("AWS_ACCESS_KEY_ID", "testing")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "testing")
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")

import answers  # noqa: E402 - moto reads the environment when it is imported
import boto3  # noqa: E402
import cases  # noqa: E402
import catalog  # noqa: E402
import moto  # noqa: E402
import moto.backends  # noqa: E402
import synthetic  # noqa: E402
from answers import Refused  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import BotoCoreError, ClientError  # noqa: E402
from cases import Unmade  # noqa: E402
from moto.moto_api._internal import mock_random  # noqa: E402

ESTATE = Path(__file__).resolve().parents[2] / "tests" / "estate"
SEED = 20240102
# The moment at which everything in a case was made.
NOW = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
UUID4 = uuid.uuid4
# The size of answers that are made up beside moto's: depth, members of a structure.
DETAIL_SIZE = (2, 14)
# One attempt: an error is the answer. By path: a bucket's name must not pass for a service's host.
CONFIG = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})


@functools.cache
def estate(service):
    """What makes the resources of a service's kinds: {kind: function of `aws`}; empty where there is none."""
    path = ESTATE / f"{service.replace('-', '_')}.py"
    if not path.exists():
        return {}
    # A file may take what it needs from its neighbours.
    if str(ESTATE) not in sys.path:
        sys.path.insert(0, str(ESTATE))
    spec = importlib.util.spec_from_file_location(f"estate_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.KINDS


def record(kind, service, make, region):
    """The (exchanges, lines) of a kind whose resources `make` makes."""
    load_backends()
    with moto.mock_aws():
        settle()

        def aws(name, where=None, **other):
            return client(name, where or other.get("region") or region)

        try:
            make(aws)
            recorder = Recorder(synthetic.Maker(service, catalog.kinds()[kind][1], region, *DETAIL_SIZE))
            lines = cases.lines_of(kind, recorder.call, remarks := [])
        except (ClientError, BotoCoreError, NotImplementedError) as error:
            raise Unmade(f"moto: {type(error).__name__}: {error}") from error
    if remarks:
        raise Unmade("; ".join(remarks))
    return recorder.exchanges, lines, sorted(recorder.made_up)


def client(service, region):
    return boto3.client(service, region_name=region, config=CONFIG)


class Recorder:
    """Asks moto, and keeps what it answered. Detail calls that moto lacks are made up."""

    def __init__(self, maker):
        self.exchanges, self.maker, self.made_up = [], maker, set()

    def call(self, service, operation, params, region, asked=None):
        detail = asked is not None and bool(asked.items)
        try:
            status, headers, body = ask(service, operation, params, region)
            answer = answers.read(service, operation, status, headers, body)
        except Refused as refused:
            if detail and refused.code not in self.means_something(asked.entry):
                return self.make_up(service, operation, params, region, asked)
            self.keep(service, operation, params, region, status, headers, body)
            raise
        except Unmade:
            if not detail:
                raise
            return self.make_up(service, operation, params, region, asked)
        self.keep(service, operation, params, region, status, headers, body)
        return answer

    def keep(self, service, operation, params, region, status, headers, body):
        headers = bound(service, operation, headers)
        self.exchanges.append(cases.exchange(service, operation, params, region, status, headers, body))

    def means_something(self, action):
        return {*action.get("absent", {}), *self.maker.definition.get("gone", [])}

    def make_up(self, service, operation, params, region, asked):
        self.made_up.add(operation)
        before = len(self.maker.exchanges)
        try:
            return self.maker.call(service, operation, params, region, asked)
        finally:
            self.exchanges += self.maker.exchanges[before:]


def ask(service, operation, params, region):
    """moto's answer: status, headers, body."""
    seen = []
    asking = client(service, region)
    # botocore's own clock is asked for the signature only.
    asking.meta.events.register("response-received", lambda response_dict, **_: seen.append(response_dict))
    try:
        asking._make_api_call(operation, params)
    except (ClientError, BotoCoreError) as error:
        if not seen:
            raise Unmade(f"moto does not answer {service}:{operation}: {error}") from error
    except Exception as error:  # noqa: BLE001 - moto fails in many ways, all of which mean this
        raise Unmade(f"moto fails at {service}:{operation}: {type(error).__name__}: {error}") from error
    found = seen[-1]
    body = found["body"]
    if not isinstance(body, (bytes, bytearray)):
        raise Unmade(f"{service}:{operation} answers with a stream")
    return found["status_code"], found["headers"], body.decode()


def bound(service, operation, headers):
    """Of an answer's headers those that are members of the output."""
    members = catalog.operation(service, operation).output_shape.members
    names, starts = set(), []
    for name, member in members.items():
        place, wire = member.serialization.get("location"), member.serialization.get("name", name).lower()
        if place == "header":
            names.add(wire)
        elif place == "headers":
            starts.append(wire)
    kept = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in kept.items() if name in names or any(map(name.startswith, starts))}


# Time


@functools.cache
def load_backends():
    """Loads all of moto, so that its clock can be stopped everywhere before the first call."""
    for name in moto.backends.list_of_moto_modules():
        for part in ("models", "responses"):
            try:
                importlib.import_module(f"moto.{name}.{part}")
            except ImportError:
                continue


class Still(datetime.datetime):
    """A datetime that is always now."""

    @classmethod
    def now(cls, tz=None):
        return NOW.astimezone(tz) if tz else NOW.replace(tzinfo=None)

    @classmethod
    def utcnow(cls):
        return NOW.replace(tzinfo=None)

    @classmethod
    def today(cls):
        return NOW.replace(tzinfo=None)


class AnyMoment(type(datetime.datetime)):
    """Makes moments of either class instances of both."""

    def __instancecheck__(cls, value):
        return isinstance(value, datetime.datetime)


Still = AnyMoment("Still", (Still,), {})


def settle():
    """Makes moto's ids the same in every run, and stops its clock. Keys and certificates remain what they are: random."""
    mock_random.seed(SEED)
    random.seed(SEED)
    # Some of moto, and the tokens that boto3 makes up.
    uuid.uuid4 = mock_random.uuid4
    freeze()


def freeze():
    """Stops the clock in moto's modules, until the program ends."""
    clock = copy_of(time, time=lambda: NOW.timestamp(), time_ns=lambda: int(NOW.timestamp() * 1_000_000_000))
    calendar = copy_of(datetime, datetime=Still)
    for name, module in list(sys.modules.items()):
        if not name.startswith("moto.") or module is None:
            continue
        for attribute, value in list(vars(module).items()):
            if value is time:
                setattr(module, attribute, clock)
            elif value is UUID4:
                setattr(module, attribute, mock_random.uuid4)
            elif value is time.time:
                setattr(module, attribute, clock.time)
            elif value is datetime:
                setattr(module, attribute, calendar)
            elif value is datetime.datetime:
                setattr(module, attribute, Still)


def copy_of(module, **changes):
    copy = types.ModuleType(module.__name__)
    vars(copy).update(vars(module))
    vars(copy).update(changes)
    return copy
