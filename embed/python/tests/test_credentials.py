"""Whose credentials sign, how long, and that nobody sees them."""

from __future__ import annotations

import datetime
import io
import logging
import traceback
from typing import Any

import boto3  # type: ignore[import-untyped]
import botocore.session
import pytest
from conftest import Front, Make, role_in

import portolan
from portolan import credentials

QUEUE, WELL = "AWS::SQS::Queue", "eu-west-1"


def queues(one: portolan.Estate) -> portolan.Page:
    account = one.accounts().accounts[0]
    one.plan(account)
    return one.sync_unit(account, portolan.Unit(QUEUE, WELL))


def test_sessions_of_boto3_and_botocore_are_taken(front: Front, estate: Make, organization: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    source = organization["source"]
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    of_boto3 = boto3.Session(source["key_id"], source["secret"], region_name="eu-central-1")
    assert queues(estate(session=of_boto3, kinds=[QUEUE])).whole
    of_botocore = botocore.session.Session()
    of_botocore.set_credentials(source["key_id"], source["secret"])
    assert queues(estate(session=of_botocore, kinds=[QUEUE])).whole
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(portolan.AccessError, match="no credentials"):
        estate(session=botocore.session.Session(), kinds=[QUEUE])


def test_credentials_that_are_wrong_are_an_error_at_the_start(front: Front, estate: Make) -> None:
    wrong = boto3.Session("AKIASOURCEPORTOLAN01", "not-the-secret")
    with pytest.raises(portolan.AccessError) as refused:
        estate(session=wrong, kinds=[QUEUE])
    assert refused.value.problem.code == "SignatureDoesNotMatch"
    assert "not-the-secret" not in str(refused.value)


def test_a_session_that_has_expired_is_assumed_again(front: Front, estate: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_YOUNG_S", 0.0)
    one = estate(kinds=[QUEUE], regions=[WELL])
    assert queues(one).whole
    front.post("expire")
    assert queues(one).whole
    assert sum(call["operation"] == "AssumeRole" for call in front.calls()) == 2
    statuses = [call["status"] for call in front.calls() if call["operation"] == "ListQueues"]
    assert sorted(statuses) == [200, 200, 403] or sorted(statuses) == [200, 200, 400]


def test_a_session_is_shared_and_assumed_anew_before_its_end(front: Front, estate: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = estate(kinds=[QUEUE, "AWS::EC2::VPC"])
    assert all(isinstance(page, portolan.Page) for page in one.sync())
    assert sum(call["operation"] == "AssumeRole" for call in front.calls()) == 2
    now = credentials._now()
    monkeypatch.setattr(credentials, "_now", lambda: now + (datetime.timedelta(minutes=58)))
    assert queues(one).whole
    assert sum(call["operation"] == "AssumeRole" for call in front.calls()) == 3


def test_a_role_that_is_refused_is_asked_for_once(front: Front, estate: Make, organization: dict[str, Any]) -> None:
    roles = [role_in(organization, name) for name in ("prod-web", "sandbox")]
    one = estate(account_role_arns=roles, kinds=[QUEUE], regions=[WELL])
    for _ in range(2):
        failed = [event for event in one.sync() if isinstance(event, portolan.AccountFailed)]
        assert [(event.account.id, event.problem.class_) for event in failed] == [(organization["accounts"]["sandbox"], "no-credentials")]
    refused = [call for call in front.calls() if call["operation"] == "AssumeRole" and call["status"] == 403]
    assert len(refused) == 1


def test_a_listing_role_that_is_refused_is_an_error(estate: Make, organization: dict[str, Any]) -> None:
    with pytest.raises(portolan.AccessError, match=r"sts:AssumeRole.*AccessDenied"):
        list(estate(account_role_arn=organization["role"] + "Not", kinds=[QUEUE]).sync())


@pytest.mark.parametrize("offset_s", [-900, 900])
def test_a_clock_that_is_off_is_corrected(front: Front, estate: Make, offset_s: int) -> None:
    front.post("clock", {"offset_s": offset_s})
    one = estate(kinds=[QUEUE, "AWS::S3::Bucket", "AWS::EC2::VPC"], regions=[WELL])
    assert [event for event in one.sync() if not event.whole] == []
    offset = one._client._clock_offset_ms
    assert abs(offset / 1000 - offset_s) < 60


def test_a_bucket_elsewhere_is_asked_for_where_it_is(front: Front, estate: Make) -> None:
    pages = [page for page in estate(kinds=["AWS::S3::Bucket"]).sync() if page.resources]
    assert {line["region"] for page in pages for line in page.resources} > {WELL}
    assert all(page.whole for page in pages)


def test_no_secret_is_logged_or_told(front: Front, estate: Make, organization: dict[str, Any]) -> None:
    """Everything that any library logs, down to the lowest level, and everything that is raised or given."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    try:
        one = estate(account_role_arn=organization["role"], kinds=[QUEUE, "AWS::Lambda::Function", "AWS::EC2::VPC"], regions=[WELL])
        front.post("rules", {"do": "drop", "service": "ec2", "operation": "DescribeVpcs"})
        for event in one.sync():
            print(event, event.problems, repr(event), file=said)
        for attempt in (
            lambda: estate(session=boto3.Session(organization["source"]["key_id"], "wrong" + organization["source"]["secret"]), kinds=[QUEUE]),
            lambda: list(estate(account_role_arn=organization["role"] + "Not", kinds=[QUEUE]).sync()),
            lambda: estate(external_id=organization["external_id"] + "\x00"),
            lambda: one.sync_unit(one.accounts().accounts[0], portolan.Unit("AWS::Nothing::AtAll")),
        ):
            try:
                attempt()
            except portolan.PortolanError:
                traceback.print_exc(file=said)
            else:
                pytest.fail("it has to fail")
        print(vars(one), vars(one._sessions), one._sessions.roles, file=said)
        issued = front.get("state")["issued_secrets"]
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    text = said.getvalue()
    assert len(text) > 1000
    assert len(issued) > 5
    for secret in [*organization["planted"], *filter(None, issued)]:
        assert secret not in text
