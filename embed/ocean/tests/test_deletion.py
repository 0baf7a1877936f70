"""What Ocean deletes after a resync, and what it must not: entities of what was not read are kept, whatever went wrong."""

import json
import signal
import time

import mappings
import psutil
import pytest
from conftest import Ocean
from port_api import CLIENT_SECRET, PortApi

KINDS = ("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::DynamoDB::Table")
NAMES = ("bucket", "queue", "topic", "table")


@pytest.fixture(scope="module")
def config(front):
    """All of the organization but the account whose role does not exist."""
    organization = front.organization
    return {"account_role_arn": organization["role"], "external_id": organization["external_id"], "exclude_accounts": [front.account("sandbox")]}


@pytest.fixture(scope="module")
def everything(front, config, tmp_path_factory):
    """A Port with all there is outside the region that is closed to one account."""
    selector = {"regionPolicy": {"deny": [front.organization["denied_region"]["region"]]}}
    server = PortApi(mappings.named(*KINDS, **selector), mappings.NAMED)
    ran = Ocean(tmp_path_factory.mktemp("everything")).resync(server, config)
    assert ran.state == "completed", ran.log[-3000:]
    assert not [secret for secret in front.organization["planted"] if secret in ran.log]
    assert all(len(server.of(name)) >= 4 for name in NAMES)
    yield server
    server.stop()


@pytest.fixture
def synced(calm, everything):
    """A copy of it."""
    server = everything.copy()
    yield server
    server.stop()


def contents(server):
    return {name: dict(server.of(name)) for name in NAMES}


def assert_kept(server, before, ran, why):
    """The resync says what went wrong, nothing was asked to be deleted, and no value was lost."""
    assert ran.state == "failed"
    assert why in ran.log, ran.log[-3000:]
    assert server.deleted() == []
    for name, entities in before.items():
        now = server.of(name)
        for identifier, entity in entities.items():
            lost = {key for key, value in entity["properties"]["resource"].items() if now[identifier]["properties"]["resource"].get(key) is None and value is not None}
            assert not lost, f"{identifier} lost {lost}"


def test_a_resource_that_is_gone_is_deleted_and_no_other(calm, ocean, synced, config):
    account, region = calm.account("prod-web"), "eu-west-1"
    calm.boto(account, region, "sqs", "create_queue", [{"QueueName": "here-to-stay"}, {"QueueName": "soon-gone"}])
    assert ocean.resync(synced, config).state == "completed"
    before = contents(synced)
    gone = f"arn:aws:sqs:{region}:{account}:soon-gone"
    assert gone in before["queue"]
    url = before["queue"][gone]["properties"]["resource"]["QueueUrl"]
    calm.boto(account, region, "sqs", "delete_queue", {"QueueUrl": url})
    ran = ocean.resync(synced, config)
    assert ran.state == "completed"
    assert synced.deleted() == [("queue", gone)]
    del before["queue"][gone]
    assert {name: set(entities) for name, entities in contents(synced).items()} == {name: set(entities) for name, entities in before.items()}


def test_an_account_that_is_denied_keeps_its_entities(calm, ocean, synced, config):
    before, account = contents(synced), calm.account("prod-data")
    calm.role(account, missing=True)
    try:
        ran = ocean.resync(synced, config)
    finally:
        calm.role(account)
    assert_kept(synced, before, ran, f"in account {account}: ")


def test_an_account_that_is_excluded_on_purpose_is_let_go(calm, ocean, synced, config):
    account = calm.account("prod-data")
    owned = {("queue", name) for name in synced.of("queue") if f":{account}:" in name}
    ran = ocean.resync(synced, {**config, "exclude_accounts": [*config["exclude_accounts"], account]})
    assert ran.state == "completed" and owned <= set(synced.deleted())


def test_a_region_that_is_closed_keeps_its_entities(calm, ocean, port, config):
    closed = calm.organization["denied_region"]
    calm.rules()
    calm.boto(closed["account"], closed["region"], "sqs", "create_queue", {"QueueName": "behind-a-policy"})
    server = port(mappings.named("AWS::SQS::Queue"), mappings.NAMED)
    assert ocean.resync(server, config).state == "completed"
    before = {"queue": dict(server.of("queue"))}
    assert any(f":{closed['region']}:{closed['account']}:" in name for name in before["queue"])
    calm.rules({**closed, "do": "deny", "by": "scp", "service": "sqs"})
    ran = ocean.resync(server, config)
    assert_kept(server, before, ran, f"AWS::SQS::Queue in account {closed['account']} {closed['region']}: denied")


def test_a_listing_that_is_throttled_keeps_its_entities(calm, ocean, synced, config):
    before = contents(synced)
    calm.rules({"do": "throttle", "service": "sqs", "operation": "ListQueues", "account": calm.account("prod-web")})
    ran = ocean.resync(synced, config)
    assert_kept(synced, before, ran, "throttled")
    # The other kinds were read all the same.
    assert set(synced.of("table")) == set(before["table"])


def test_a_listing_that_is_cut_short_keeps_its_entities(calm, ocean, synced, config):
    before = contents(synced)
    calm.rules({"do": "repeat-token", "service": "sns", "operation": "ListTopics"})
    ran = ocean.resync(synced, config)
    assert_kept(synced, before, ran, "AWS::SNS::Topic in account")


def test_a_detail_call_that_is_throttled_empties_no_property(calm, ocean, synced, config):
    before = contents(synced)
    calm.rules({"do": "throttle", "service": "dynamodb", "operation": "DescribeTable", "account": calm.account("prod-web")})
    ran = ocean.resync(synced, config)
    assert_kept(synced, before, ran, "GetTableDetailsAction failed")


def test_a_detail_call_that_is_denied_shows_the_resource_and_stops_deletions_unless_it_is_accepted(calm, ocean, port, config):
    calm.rules({"do": "deny", "service": "s3", "operation": "GetBucketTagging"})
    server = port(mappings.named("AWS::S3::Bucket"), mappings.NAMED)
    ran = ocean.resync(server, config)
    assert ran.state == "failed" and "GetBucketTaggingAction failed: denied s3:GetBucketTagging" in ran.log
    assert server.of("bucket") and not any(each["properties"]["resource"].get("Tags") for each in server.of("bucket").values())
    ran = ocean.resync(server, {**config, "accept_denied": ["s3:GetBucketTagging"]})
    assert ran.state == "completed", ran.log[-3000:]


def worker_of(process):
    found = [child for child in psutil.Process(process.pid).children(recursive=True) if any(part.endswith("worker.py") for part in child.cmdline())]
    return found[0] if found else None


def test_a_component_that_is_killed_keeps_what_it_had_not_read_and_the_next_kind_gets_a_new_one(calm, ocean, synced, config):
    before = contents(synced)
    calm.rules({"do": "delay", "ms": 3000, "service": "sqs", "operation": "ListQueues"})
    killed = []

    def kill(process):
        while process.poll() is None and not calm.matched()[0]:
            time.sleep(0.05)
        worker = worker_of(process)
        killed.append(worker.pid)
        worker.send_signal(signal.SIGKILL)

    ran = ocean.resync(synced, config, during=kill)
    assert killed
    assert_kept(synced, before, ran, "the component's process was ended by signal 9")
    # Topics and tables come after queues, and were read by another process.
    assert ran.log.count("component's process was ended") and "Fetching AWS::DynamoDB::Table resync results" in ran.log
    searched = [body["rules"][1]["value"] for _, path, _, body in synced.requests if path == ["entities", "search"]]
    written = [path[1] for _, path, _, _ in synced.requests if path[-1] == "bulk"]
    assert "table" in searched + written and "queue" not in searched + written
    assert not psutil.pid_exists(killed[0])


def test_no_process_is_left_behind_and_none_shows_a_secret(calm, ocean, synced, config):
    seen, shown = set(), []

    def watch(process):
        while process.poll() is None:
            try:
                seen.update(child.pid for child in psutil.Process(process.pid).children(recursive=True))
                if worker := worker_of(process):
                    shown.append(json.dumps([worker.cmdline(), worker.environ()]))
            except psutil.Error:
                pass
            time.sleep(0.05)

    assert ocean.resync(synced, config, during=watch).state == "completed"
    assert seen and not [pid for pid in seen if psutil.pid_exists(pid)]
    # PORTOLAN_EXTERNAL_ID and the organization's description are with_moto's, for the tests; Ocean's own settings are not handed on.
    assert shown and not [text for text in shown if "OCEAN__" in text or CLIENT_SECRET in text]


def test_a_resync_that_is_aborted_in_the_middle_of_a_kind_leaves_no_process(calm, ocean, synced, config):
    calm.rules({"do": "delay", "ms": 3000, "service": "sqs", "operation": "ListQueues"})
    left = []

    def interrupt(process):
        while process.poll() is None and not calm.matched()[0]:
            time.sleep(0.05)
        left.append(worker_of(process).pid)
        process.send_signal(signal.SIGTERM)

    ocean.resync(synced, config, during=interrupt)
    for _ in range(100):
        if not psutil.pid_exists(left[0]):
            break
        time.sleep(0.1)
    assert not psutil.pid_exists(left[0]) and synced.deleted() == []
