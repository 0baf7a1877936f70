"""Ocean used to fork a process for each kind, and forks pools of mappers still: the component runs in none of them."""

import os

import conftest
import mappings
import pytest

FORKS = os.environ.get("PORTOLAN_OCEAN_THAT_FORKS")


def config(front):
    organization = front.organization
    denied = {"regionPolicy": {"deny": [organization["denied_region"]["region"]]}}
    settings = {"account_role_arn": organization["role"], "external_id": organization["external_id"], "exclude_accounts": [front.account("sandbox")]}
    return settings, mappings.named("AWS::SQS::Queue", "AWS::SNS::Topic", **denied)


@pytest.mark.parametrize("mode", ["single_process", "multi_process"])
def test_the_version_of_ocean_that_forks_a_process_for_each_kind_reads_the_same(calm, ocean, port, tmp_path, mode):
    assert FORKS, "dev.py test sets PORTOLAN_OCEAN_THAT_FORKS"
    settings, mapping = config(calm)
    now = port(mapping, mappings.NAMED)
    assert ocean.resync(now, settings).state == "completed"
    # A folder of its own: Ocean empties it.
    metrics = tmp_path / "metrics"
    metrics.mkdir()
    multiprocess = {"OCEAN__PROCESS_EXECUTION_MODE": mode, "PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    before = conftest.Ocean(tmp_path, FORKS, multiprocess)
    then = port(mapping, mappings.NAMED)
    ran = before.resync(then, settings)
    assert ran.state == "completed", ran.log[-3000:]
    assert ("Starting subprocess with id" in ran.log) == (mode == "multi_process")
    for name in ("queue", "topic"):
        assert then.of(name) == now.of(name) and now.of(name)

    # An error crosses from the forked process, too.
    calm.rules({"do": "throttle", "service": "sns", "operation": "ListTopics"})
    ran = before.resync(then, settings)
    assert ran.state == "failed" and "throttled" in ran.log and then.deleted() == []
