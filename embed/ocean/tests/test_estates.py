"""What a mapping asks for, as estates: against the real component, with moto behind it."""

import pytest

from portolan_ocean import peer, reading
from portolan_ocean.estates import Estates, Unreadable


def estates(front, *wanted):
    organization = front.organization
    config = {"account_role_arn": organization["role"], "external_id": organization["external_id"]}
    entries = [{"kind": kind, "regions": regions or {}, "actions": list(actions)} for kind, regions, *actions in wanted]
    return Estates(peer.settings(config, {}, "00" * 32), entries)


def test_a_kind_that_is_mapped_twice_is_read_twice_and_asked_for_anew_only_where_it_differs(calm):
    only = {"allow": ["eu-west-1"]}
    with estates(calm, ("AWS::SQS::Queue", {}), ("AWS::SQS::Queue", {}), ("AWS::SQS::Queue", only), ("AWS::SNS::Topic", {})) as made:
        assert [made.of(index)[0] is made.of(0)[0] for index in range(4)] == [True, True, False, True]
        regions = {region for _, region in reading.expected(*made.of(2), reading.Failures(""))}
        assert regions == {"eu-west-1"}


def test_a_kind_by_another_name_an_operation_and_a_mistake_beside_them(calm):
    wanted = [("AWS::ElastiCache::CacheCluster", {}), ("ec2:DescribeKeyPairs", {}), ("AWS::SQS::Queu", {}), ("AWS::SNS::Topic", {"deny": ["eu-wst-1"]}), ("AWS::SQS::Queue", {}, "NoSuchAction")]
    with estates(calm, *wanted) as made:
        assert made.of(0)[1] == "AWS::ElastiCache::Cluster"
        assert made.of(1)[1] == "ec2:DescribeKeyPairs" and reading.expected(*made.of(1), reading.Failures(""))
        with pytest.raises(Unreadable, match="AWS::SQS::Queue"):
            made.of(2)
        with pytest.raises(Unreadable, match="eu-west-1"):
            made.of(3)
        assert reading.expected(*made.of(4), reading.Failures(""))
        assert reading.read(made, 2, lambda item: True) and "eu-west-1" in reading.read(made, 3, lambda item: True)[0]
