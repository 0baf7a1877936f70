"""A component that wants more than it may, in this host: nothing of it reaches AWS."""

from __future__ import annotations

import re
from typing import Any

import pytest
from conftest import Front, Make, hostile

import portolan

# What each kind tries, and the rule by which the guard refuses it; as in tests/it/other_component.rs.
REFUSED = {
    "Test::Writes::DeleteQueue": "no-operation",
    "Test::Writes::TerminateInstances": "no-operation",
    "Test::Writes::InQueryString": "target",
    "Test::Writes::SecondAction": "parameter",
    "Test::Reads::Object": "denied-read",
    "Test::Reads::Item": "denied-read",
    "Test::Reads::Secret": "denied-read",
    "Test::Reads::Parameter": "constraint",
    "Test::Reads::Messages": "no-operation",
    "Test::Hosts::DoubleSlash": "target",
    "Test::Hosts::AtSign": "target",
    "Test::Hosts::AbsoluteTarget": "target",
    "Test::Hosts::DottedPrefix": "host-prefix",
    "Test::Hosts::Header": "header",
    "Test::Hosts::Region": "region",
    "Test::Hosts::Metadata": "service",
    "Test::Hosts::MetadataSix": "service",
    "Test::Hosts::MetadataPrefix": "host-prefix",
    "Test::Asks::AsManagement": "identity",
    "Test::Asks::Undeclared": "grant",
    "Test::Asks::Undescribed": "type",
    "Test::Asks::ForCredentials": "denied-read",
    "Test::Asks::WithAuthorization": "header",
    "Test::Others::AssumeRole": "no-operation",
    "Test::Others::Parameter": "constraint",
    "Test::Others::Header": "header",
}
HONEST = "Test::Behaves::Asking"
NAMING_ANOTHER = "Test::Others::Everywhere"
BAD = "us-east-1"


def test_nothing_of_it_arrives(front: Front, estate: Make) -> None:
    one = estate(component=hostile(), config={"kinds": [{"kind": kind} for kind in [*REFUSED, HONEST]]})
    problems: dict[tuple[str, str], list[portolan.Problem]] = {}
    for page in one.sync():
        assert isinstance(page, portolan.Page), page
        for problem in page.problems:
            problems.setdefault((page.kind, page.account.id), []).append(problem)
            assert (page.region, page.whole, page.complete) == (BAD, False, False)
    for kind, rule in REFUSED.items():
        for account in one.accounts().accounts:
            (problem,) = problems.pop((kind, account.id))
            assert problem.class_ == "refused"
            assert re.search(f"refused by rule {rule}:", problem.message), problem
    assert problems == {}
    assert sum(count for name, count in one.calls.items() if name.startswith("refused ")) == 2 * len(REFUSED)
    # All that the front saw: the source's own calls, and those of the honest kind.
    assert front.operations() == {"sqs:ListQueues", "sts:AssumeRole", "sts:GetCallerIdentity"}


def test_an_account_named_by_the_component_changes_nothing(front: Front, estate: Make, organization: dict[str, Any]) -> None:
    one = estate(component=hostile(), config={"kinds": [{"kind": NAMING_ANOTHER}]})
    assert all(isinstance(page, portolan.Page) for page in one.sync())
    mine = {organization["accounts"][name] for name in ("prod-web", "prod-data")}
    signed = {call["account"] for call in front.calls() if call["service"] != "sts"}
    assert signed <= mine


def test_a_component_that_imports_more_is_not_loaded(estate: Make, tmp_path: Any) -> None:
    for name in ("wasi:cli/environment@0.2.6", "wasi:sockets/tcp@0.2.6", "portolan:aws/signed-http@0.2.0"):
        file = tmp_path / "other.wasm"
        file.write_text(f'(component (import "{name}" (instance)))')
        with pytest.raises(portolan.ComponentError, match=re.escape(name)):
            estate(component=file)
        with pytest.raises(portolan.ComponentError, match="may import nothing"):
            estate(guard=file)
    file.write_bytes(b"\0asm\x01\0\0\0")
    with pytest.raises(portolan.ComponentError, match="does not load"):
        estate(component=file)
    with pytest.raises(portolan.ComponentError, match="does not export"):
        estate(component=portolan.components.find(portolan.components.GUARD))
    with pytest.raises(portolan.ComponentError, match="No such file"):
        estate(component=tmp_path / "missing.wasm")


def test_nothing_passes_after_the_guard_has_failed(front: Front, estate: Make) -> None:
    one = estate(kinds=["AWS::SQS::Queue"], regions=["eu-west-1"])
    one.plan(one.accounts().accounts[0])
    front.post("forget")
    # As after a trap of the guard.
    one._guard._sandbox.dead = True
    with pytest.raises(portolan.UnitFailed) as failed:
        one.sync_unit(one.accounts().accounts[0], portolan.Unit("AWS::SQS::Queue", "eu-west-1"))
    assert failed.value.problem.class_ == "refused"
    assert "the guard cannot decide" in failed.value.problem.message
    assert front.calls() == []


def test_a_region_of_another_partition_is_refused(front: Front, estate: Make) -> None:
    """The guard knows every partition, and the run's credentials one: such a request was once signed and sent (found by the conformance kit)."""
    one = estate(kinds=["AWS::SQS::Queue"])
    request = {
        "identity": "account",
        "service": "sqs",
        "operation": "ListQueues",
        "host-prefix": None,
        "method": "post",
        "target": "/",
        "headers": [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "AmazonSQS.ListQueues")],
        "body": "{}",
    }
    account = one.accounts().accounts[0].id
    elsewhere = [{**request, "region": region} for region in ("cn-north-1", "us-gov-west-1")]
    front.post("forget")
    answers = one._client.send(account, elsewhere)
    assert [answer["class"] for answer in answers] == ["refused", "refused"]
    assert "is not in partition aws" in answers[0]["message"]
    assert front.calls() == []
    assert one._client.send(account, [{**request, "region": "eu-west-1"}])[0]["status"] == 200
