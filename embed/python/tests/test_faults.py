"""What goes wrong stays where it goes wrong: a clear error, nothing hangs, the next unit goes on."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import Front, Make, hostile

import portolan
from portolan import client, runtime
from portolan.transport import Transport

WELL, BAD = "eu-west-1", "us-east-1"
QUEUE = "AWS::SQS::Queue"
# What a kind of the misbehaving component does in one region, and what its unit says of it.
MISBEHAVES = {
    "Test::Panics::WithMessage": ("bad-call", "this unit panics on purpose"),
    "Test::Eats::Memory": ("bad-call", "128 MiB of memory"),
    "Test::Pages::TooLarge": ("limit", "bytes of a page"),
    # It writes 100,000 lines to its log before; on a slow machine that takes longer than a call may.
    "Test::Pages::NotJson": ("bad-answer limit", "the component"),
    "Test::Cursors::TooLong": ("limit", "bytes of a cursor"),
    "Test::Cursors::Repeating": ("bad-answer", "same cursor"),
    "Test::Cursors::Endless": ("limit", "more than 50 pages"),
    "Test::Sends::Overfull": ("limit", "101 requests in one batch"),
}


def failures(estate: portolan.Estate) -> dict[tuple[str, str | None], portolan.Problem]:
    """What failed, in a run of which everything else is read to its end."""
    failed: dict[tuple[str, str | None], portolan.Problem] = {}
    complete = set()
    units = {(account.id, unit) for account in estate.accounts().accounts for unit in estate.plan(account).units()}
    for event in estate.sync():
        assert not isinstance(event, portolan.AccountFailed), event
        if isinstance(event, portolan.UnitFailed):
            failed[event.kind, event.region] = event.problem
            assert (event.account.id, event.unit) not in complete
            assert (event.whole, event.complete, event.resources) == (False, False, [])
            units.discard((event.account.id, event.unit))
        elif event.complete:
            complete.add((event.account.id, event.unit))
    assert complete == units
    return failed


def test_a_component_that_misbehaves_spoils_its_own_unit_alone(front: Front, estate: Make) -> None:
    kinds = [{"kind": kind} for kind in [*MISBEHAVES, "Test::Behaves::Quietly", "Test::Behaves::Asking"]]
    one = estate(component=hostile(), config={"kinds": kinds}, limits=portolan.Limits(units=4, pages_per_unit=50))
    failed = failures(one)
    assert set(failed) == {(kind, BAD) for kind in MISBEHAVES}
    for kind, (class_, words) in MISBEHAVES.items():
        problem = failed[kind, BAD]
        assert problem.class_ in class_.split(), problem
        assert words in problem.message, problem
        assert problem.message.isprintable(), problem


def test_a_loop_is_ended_by_the_clock(front: Front, estate: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "CALL_S", 1.0)
    kinds = [{"kind": kind} for kind in ("Test::Loops::Forever", "Test::Loops::Logging", "Test::Behaves::Quietly")]
    began = time.monotonic()
    failed = failures(estate(component=hostile(), config={"kinds": kinds}))
    assert time.monotonic() - began < 60
    assert {place for place in failed} == {("Test::Loops::Forever", BAD), ("Test::Loops::Logging", BAD)}
    assert {(problem.class_, problem.message) for problem in failed.values()} == {("limit", "the component ran for more than 1 s without an answer")}


def test_time_that_is_waited_for_answers_is_not_the_components(front: Front, estate: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "CALL_S", 1.0)
    front.post("rules", {"do": "delay", "ms": 2500, "service": "sqs", "operation": "ListQueues"})
    assert failures(estate(kinds=[QUEUE], regions=[WELL])) == {}


def test_a_component_that_asks_for_ever_is_ended(front: Front, estate: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request gave it its time anew: a component that never computed for long was never stopped."""
    one = estate(kinds=[QUEUE], regions=[WELL])
    account = one.accounts().accounts[0]
    one.plan(account)
    monkeypatch.setattr(runtime, "CALL_CPU_S", -1.0)
    with pytest.raises(portolan.UnitFailed, match="processor time in one call") as failed:
        one.sync_unit(account, portolan.Unit(QUEUE, WELL))
    assert failed.value.problem.class_ == "limit"


def test_a_transport_that_raises_is_a_problem_of_its_requests(front: Front, estate: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    send = Transport.send

    def raising(self: Transport, method: str, base: str, target: str, headers: Any, body: bytes, body_bytes: int) -> Any:
        if b"DescribeVpcs" in body:
            raise RuntimeError(f"a defect that quotes {headers}")
        return send(self, method, base, target, headers, body, body_bytes)

    monkeypatch.setattr(Transport, "send", raising)
    one = estate(kinds=[QUEUE, "AWS::EC2::VPC"], regions=[WELL])
    failed = failures(one)
    assert set(failed) == {("AWS::EC2::VPC", WELL)}
    problem = failed["AWS::EC2::VPC", WELL]
    assert (problem.class_, problem.message) == ("unreachable", "the host failed over the request: RuntimeError")


def test_ctrl_c_inside_a_callback_comes_out_and_the_estate_goes_on(front: Front, estate: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = estate(kinds=[QUEUE], regions=[WELL])
    account = one.accounts().accounts[0]
    one.plan(account)
    unit = portolan.Unit(QUEUE, WELL)
    with monkeypatch.context() as patched:

        def interrupted(*_: Any) -> Any:
            raise KeyboardInterrupt

        patched.setattr(client.Client, "_answer", interrupted)
        with pytest.raises(KeyboardInterrupt):
            one.sync_unit(account, unit)
    assert one.sync_unit(account, unit).whole


def test_a_request_that_takes_too_long_is_given_up(front: Front, estate: Make) -> None:
    front.post("rules", {"do": "delay", "ms": 4000, "service": "sqs", "operation": "ListQueues"})
    began = time.monotonic()
    failed = failures(estate(kinds=[QUEUE, "AWS::EC2::VPC"], regions=[WELL], limits=portolan.Limits(timeout_s=1.5)))
    assert set(failed) == {(QUEUE, WELL)}
    assert failed[QUEUE, WELL].class_ == "timed-out"
    assert "did not answer within 1.5 s" in failed[QUEUE, WELL].message
    assert time.monotonic() - began < 60


def test_an_answer_that_is_too_large_is_not_kept(front: Front, estate: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = estate(kinds=[QUEUE, "AWS::EC2::SecurityGroup"], regions=[WELL])
    for account in one.accounts().accounts:
        one.plan(account)
    monkeypatch.setattr(client, "RESPONSE_BYTES", 500)
    failed = failures(one)
    assert failed["AWS::EC2::SecurityGroup", WELL].class_ == "too-large"
    assert "larger than 500 bytes" in failed["AWS::EC2::SecurityGroup", WELL].message


@pytest.mark.parametrize(("do", "class_"), [("html", "bad-answer"), ("not-utf8", "bad-answer"), ("cut", "unreachable"), ("drop", "unreachable")])
def test_a_broken_answer_is_no_empty_one(front: Front, estate: Make, do: str, class_: str) -> None:
    front.post("rules", {"do": do, "service": "sqs", "operation": "ListQueues"})
    failed = failures(estate(kinds=[QUEUE, "AWS::EC2::VPC"], regions=[WELL]))
    assert {place: problem.class_ for place, problem in failed.items()} == {(QUEUE, WELL): class_}


def test_throttling_is_waited_out(front: Front, estate: Make) -> None:
    front.post("rules", {"do": "throttle", "service": "sqs", "operation": "ListQueues", "times": 3})
    one = estate(kinds=[QUEUE], regions=[WELL])
    assert failures(one) == {}
    assert one.calls["sqs:ListQueues"] == 5


def test_an_expired_page_token_begins_the_unit_again(front: Front, estate: Make) -> None:
    front.post("config", {"page_sizes": {"ec2:DescribeVolumes": 1}})
    front.post("rules", {"do": "error", "code": "InvalidNextToken", "service": "ec2", "operation": "DescribeVolumes", "contains": "NextToken", "times": 1})
    try:
        one = estate(kinds=["AWS::EC2::Volume"], regions=[WELL], config={"kinds": [{"kind": "AWS::EC2::Volume", "actions": []}]})
        assert failures(one) == {}
    finally:
        front.post("config", {"page_sizes": {}})


def test_a_consumer_that_is_slow_holds_reading_back_and_may_leave(front: Front, estate: Make) -> None:
    front.post("config", {"page_sizes": {"sqs:ListQueues": 1}})
    try:
        one = estate(kinds=[QUEUE, "AWS::SNS::Topic", "AWS::EC2::Volume"], limits=portolan.Limits(units=2, pages_ahead=1))
        for account in one.accounts().accounts:
            one.plan(account)
        before = {thread for thread in threading.enumerate()}
        events = one.sync()
        next(events)
        time.sleep(1.5)
        seen = len(front.calls())
        time.sleep(1.5)
        assert len(front.calls()) == seen, "nothing is read while nobody takes what there is"
        events.close()
        left = {thread for thread in threading.enumerate() if thread.name.startswith("portolan-unit")} - before
        assert not left
    finally:
        front.post("config", {"page_sizes": {}})


def test_a_forked_process_is_told_to_make_its_own(front: Front, estate: Make, tmp_path: Path) -> None:
    one = estate(kinds=[QUEUE], regions=[WELL])
    account = one.accounts().accounts[0]
    said = tmp_path / "said"
    child = os.fork()
    if child == 0:
        try:
            one.sync_unit(account, portolan.Unit(QUEUE, WELL))
        except BaseException as error:
            said.write_text(f"{type(error).__name__}: {error}")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert said.read_text().startswith("PortolanError: this was made before the process was forked")


def test_a_closed_estate_says_so(estate: Make) -> None:
    one = estate(kinds=[QUEUE])
    one.close()
    with pytest.raises(portolan.PortolanError, match="closed"):
        one.accounts()
