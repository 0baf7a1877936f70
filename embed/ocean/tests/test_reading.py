"""What counts as read, and what as missing. The events are the package's own; only AWS is not asked."""

import socket

import portolan
import pytest

from portolan_ocean import reading

ACCOUNT = portolan.Account("111111111111", "one")
REGION = "eu-west-1"


def problem(class_, operation="", message="why"):
    return portolan.Problem(class_, message, operation)


def page(resources=(), problems=(), whole=True):
    unit = portolan.Unit("AWS::SQS::Queue", REGION)
    return portolan.Page(ACCOUNT, unit, 0, list(resources), [], [], list(problems), whole, None, whole)


def line(*gaps):
    return {"id": "q", "gaps": list(gaps), "resource": {"Type": "AWS::SQS::Queue", "Properties": {}}}


def taken(event, accept_denied=()):
    """(what was handed over, whether the unit counts as whole, the failures)."""
    given, whole, failures = [], set(), reading.Failures("AWS::SQS::Queue")
    reading.take(event, whole, failures, lambda item: given.append(item) or True, frozenset(accept_denied))
    return len(given), whole == {(ACCOUNT.id, REGION)}, failures.texts()


DENIED = problem("denied", "sqs:ListQueueTags")


@pytest.mark.parametrize(
    ("event", "accept", "given", "whole", "says"),
    [
        (page([line()]), [], 1, True, None),
        # Resources that were read before something failed are handed over all the same.
        (page([line()], [problem("throttled")], whole=False), [], 1, False, "throttled"),
        # A failure that passes must not empty what Port has.
        (page([line("ListQueueTagsAction"), line()], [problem("throttled")]), [], 1, True, "ListQueueTagsAction failed: throttled"),
        (page([line("ListQueueTagsAction")], [DENIED]), [], 1, True, "ListQueueTagsAction failed: denied sqs:ListQueueTags"),
        (page([line("ListQueueTagsAction")], [DENIED]), ["sqs:ListQueueTags"], 1, True, None),
        # What may be denied may not be throttled, and another call may not be denied.
        (page([line("A")], [DENIED, problem("denied", "sqs:GetQueueAttributes")]), ["sqs:ListQueueTags"], 1, True, "A failed: denied sqs:Get"),
        # A resource is gone, or a call is not there: nothing is missing.
        (page([line()], [problem("vanished")]), [], 1, True, None),
        (page([line("A")], [problem("unavailable")]), [], 1, True, None),
        # A gap that nothing explains is not taken on trust.
        (page([line("A")]), [], 1, True, "A failed: it did not say why"),
        (page([], [problem("unavailable")], whole=False), [], 0, True, None),
        (page([], [problem("unavailable"), problem("denied")], whole=False), [], 0, False, "unavailable"),
        (page([], [], whole=False), [], 0, False, "it did not say why"),
        (portolan.UnitFailed(ACCOUNT, portolan.Unit("AWS::SQS::Queue", REGION), problem("unavailable")), [], 0, True, None),
        (portolan.UnitFailed(ACCOUNT, portolan.Unit("AWS::SQS::Queue", REGION), problem("timed-out")), [], 0, False, "timed-out"),
        (portolan.AccountFailed(ACCOUNT, problem("no-credentials")), [], 0, False, "in account 111111111111: no-credentials"),
    ],
)
def test_what_an_event_says_about_a_unit(event, accept, given, whole, says):
    found = taken(event, accept)
    assert found[:2] == (given, whole)
    assert (says is None) == (found[2] == []) and (says is None or says in found[2][0])


@pytest.mark.parametrize(("known", "absent"), [({"sts.eu-west-1.amazonaws.com"}, True), (set(), False), ({"sts.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"}, False)])
def test_a_service_without_a_name_is_absent_only_where_the_region_has_one(monkeypatch, known, absent):
    def look_up(host, port):
        if host not in known:
            raise socket.gaierror(host)
        return [host]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert reading.is_absent(problem("unreachable", message="sqs.eu-west-1.amazonaws.com does not resolve"), REGION) == absent
