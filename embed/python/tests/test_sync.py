"""A whole organization, compared with what boto3 says of it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Front, Make

import portolan

FRONT_SOURCES = Path(__file__).parents[3] / "tests" / "front"
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


def read(events: Any) -> tuple[list[tuple[str, str, str | None, dict[str, Any]]], list[Any], set[tuple[str, str, str | None]]]:
    """Resource lines with their place; what failed; the units that were read whole."""
    lines, failed, complete = [], [], set()
    for event in events:
        if isinstance(event, portolan.Page):
            lines += [(event.kind, event.account.id, event.region, line) for line in event.resources]
            if event.complete:
                complete.add((event.kind, event.account.id, event.region))
        else:
            failed.append(event)
    return lines, failed, complete


def difference(line: dict[str, Any], truth: dict[str, Any]) -> list[str]:
    """As tests/it/oracle.rs: all that boto3 says under the peer's names, and nothing that boto3 does not say."""
    properties, context = line["resource"]["Properties"], line["resource"].get("__ExtraContext", {})
    found = [f"{name} is {properties.get(name)}, boto3 gives {value}" for name, value in truth["properties"].items() if properties.get(name) != value]
    found += [f"{name} is made up" for name, value in properties.items() if name not in truth["properties"] and truth["raw"].get(name) != value]
    found += [f"gaps: {line['gaps']}"] if line["gaps"] else []
    if truth["kind"] not in ("AWS::Account::Info", "AWS::Organizations::Account"):
        found += ["AccountId"] if context.get("AccountId") != truth["account"] else []
        found += ["Region"] if truth["region"] and context.get("Region") != truth["region"] else []
        found += [f"__ExtraContext.{name}" for name, value in truth["extra"].items() if context.get(name) != value]
    return found


def test_an_organization_is_what_boto3_says(front: Front, organization: dict[str, Any], estate: Make) -> None:
    with estate(account_role_arn=organization["role"], kinds=[{"kind": kind, "actions": "all"} for kind in KINDS], config={"sensitive": "keep"}) as whole:
        lines, failed, complete = read(whole.sync())
    calls = front.calls()
    # Every signature was computed again with botocore's signers, from the bytes that arrived.
    assert {call["signature"] for call in calls} == {"ok"}
    assert len(calls) > 200
    # What could not be read is said, and nothing else failed.
    sandbox, staging = organization["accounts"]["sandbox"], organization["accounts"]["staging"]
    assert [(event.account.id, event.problem.code) for event in failed if isinstance(event, portolan.AccountFailed)] == [(sandbox, "AccessDenied")]
    units = [event for event in failed if isinstance(event, portolan.UnitFailed)]
    assert {(event.account.id, event.region, event.problem.class_) for event in units} == {(staging, "eu-central-1", "denied")}
    assert not any((staging, "eu-central-1") == unit[1:] for unit in complete)
    assert organization["accounts"]["legacy"] not in {call["account"] for call in calls}

    run = subprocess.run(
        [sys.executable, FRONT_SOURCES / "oracle.py", front.url.removesuffix("/_front")],
        input=json.dumps(organization),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    truths = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(truths) > 200
    left = list(lines)
    differences = []
    for truth in truths:
        same = [
            place
            for place in left
            if place[:2] == (truth["kind"], truth["account"])
            and truth["region"] in (None, place[2], place[3].get("region"))
            and truth["id"] in (place[3]["id"], place[3]["arn"])
        ]
        if len(same) != 1:
            differences.append(f"{truth['kind']} {truth['account']} {truth['id']}: {len(same)} times")
            continue
        left.remove(same[0])
        differences += [f"{truth['kind']} {truth['id']}: {what}" for what in difference(same[0][3], truth)]
    differences += [f"{kind} {account} {line['id']}: boto3 does not have it" for kind, account, _, line in left]
    assert differences == []


def test_each_account_is_read_by_its_own_role(front: Front, organization: dict[str, Any], estate: Make) -> None:
    kinds = ["AWS::SQS::Queue", "AWS::S3::Bucket"]
    lines, failed, complete = read(estate(kinds=kinds).sync())
    assert failed == []
    accounts = {organization["accounts"][name] for name in ("prod-web", "prod-data")}
    assert {account for _, account, _, _ in lines} == accounts
    assert {account for _, account, _ in complete} == accounts
    for call in front.calls():
        expected = {organization["accounts"]["management"]} if call["service"] == "sts" else accounts
        assert call["account"] in expected, call


def test_the_async_form_gives_the_same(estate: Make) -> None:
    kinds = ["AWS::SQS::Queue", "AWS::EC2::Volume"]

    async def collect() -> list[Any]:
        return [event async for event in estate(kinds=kinds, config={"redaction_key": "00"}).sync_async()]

    def key(lines: Any) -> set[str]:
        return {json.dumps(place, sort_keys=True) for place in lines}

    by_loop = read(asyncio.run(collect()))
    by_threads = read(estate(kinds=kinds, config={"redaction_key": "00"}).sync())
    assert by_loop[0]
    assert key(by_loop[0]) == key(by_threads[0])
    assert by_loop[2] == by_threads[2]


def test_a_scheduler_of_ones_own_reads_a_unit_at_a_time(front: Front, estate: Make) -> None:
    one = estate(kinds=["AWS::SQS::Queue", "AWS::EC2::VPC"])
    front.post("config", {"page_sizes": {"sqs:ListQueues": 1}})
    try:
        account = one.accounts().accounts[0]
        plan = one.plan(account)
        assert {unit.kind for unit in plan.units()} == {"AWS::SQS::Queue", "AWS::EC2::VPC"}
        assert [region.enabled for region in plan.regions if region.name == "eu-west-1"] == [True]
        unit = portolan.Unit("AWS::SQS::Queue", "eu-west-1")
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = one.sync_unit(account, unit, cursor)
            assert page.whole
            found += page.resources
            cursor = page.next
            if cursor is None:
                break
        assert len(found) > 1
        again = one.read_resources(account, unit, [found[0]["id"], found[0]["id"] + "-that-is-gone"])
        assert [line["id"] for line in again.resources] == [found[0]["id"]]
        assert again.resources[0]["resource"] == found[0]["resource"]
    finally:
        front.post("config", {"page_sizes": {}})


def test_a_mapping_makes_entities(estate: Make) -> None:
    mapping = {
        "resources": [
            {
                "kind": "AWS::SQS::Queue",
                "selector": {"query": "true"},
                "port": {"entity": {"mappings": {"identifier": ".Properties.QueueArn", "blueprint": '"queue"', "title": ".Properties.QueueName"}}},
            }
        ]
    }
    one = estate(mapping=mapping)
    assert one.warnings == []
    pages = [page for page in one.sync() if isinstance(page, portolan.Page) and page.resources]
    assert pages
    assert {page.kind for page in pages} == {"AWS::SQS::Queue"}
    for page in pages:
        assert sorted(entity["of"] for entity in page.entities) == sorted(line["id"] for line in page.resources)
        mapped = one.map_resources(page.unit, page.resources)
        assert mapped.entities == page.entities


def test_what_is_configured_wrongly_is_said_at_once(estate: Make, organization: dict[str, Any]) -> None:
    with pytest.raises(portolan.ConfigurationError) as refused:
        estate(kinds=["AWS::SQS::Queueue", "AWS::S3::Buckets"], regions=["eu-west-11x"])
    assert len(refused.value.remarks) == 3
    assert "AWS::SQS::Queue" in str(refused.value)
    with pytest.raises(portolan.ConfigurationError, match="choose one of three"):
        portolan.sync()
    with pytest.raises(portolan.ConfigurationError, match="https is needed"):
        estate(endpoint_url="http://aws.example")
    with pytest.raises(portolan.ConfigurationError, match="external_id"):
        estate(external_id=organization["external_id"] + "\n")


def test_the_account_of_the_credentials_is_read_when_it_is_asked_for(front: Front, organization: dict[str, Any], estate: Make) -> None:
    lines, failed, _ = read(estate(account="self", external_id=None, kinds=["AWS::SQS::Queue"], regions=["eu-west-1"]).sync())
    assert failed == []
    assert {account for _, account, _, _ in lines} == {organization["accounts"]["management"]}
    assert "sts:AssumeRole" not in front.operations()
