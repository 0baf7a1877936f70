"""The peer's settings, as its users have them."""

import json
import types

import pytest
import yaml

from conftest import INTEGRATION
from portolan_ocean import peer

ROLE = "arn:aws:iam::111111111111:role/ops/Read"
OTHER = "arn:aws:iam::222222222222:role/Read"
KEYS = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}


def settings(environment=None, **config):
    return peer.settings(config, environment or {}, "00")


def test_the_options_of_the_spec_are_those_of_the_peer_and_four_more():
    spec = yaml.safe_load((INTEGRATION / ".port/spec.yaml").read_text())
    names = {option["name"]: option for option in spec["configurations"]}
    peers = {"accountRoleArn", "accountRoleArns", "ouId", "externalId", "credentialProviderPriority", "aws_partition"}
    peers |= {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"}
    # These the peer reads and does not list.
    hidden = {"region", "live_events_api_key"}
    assert set(names) == peers | hidden | {"excludeAccounts", "acceptDenied", "sensitiveValues"}
    assert {name for name, option in names.items() if option.get("sensitive")} == {
        "externalId", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "live_events_api_key",
    }


def test_an_organizations_role_comes_before_a_list_as_at_the_peer():
    both = settings(account_role_arn=ROLE, account_role_arns=[OTHER], ou_id="ou-ab12-11111111, r-ab12,r-ab12")
    assert (both["role"], both["roles"]) == (ROLE, [])
    assert both["ous"] == ["ou-ab12-11111111", "r-ab12"]
    assert settings(account_role_arns=[OTHER, ROLE, OTHER])["roles"] == [OTHER, ROLE]
    assert settings(account_role_arns=[OTHER, ROLE], exclude_accounts=["222222222222"])["roles"] == [ROLE]


@pytest.mark.parametrize(
    ("environment", "config", "provider"),
    [
        ({}, {"account_role_arn": ROLE}, None),
        ({}, KEYS, "StaticCredential"),
        ({}, {"aws_access_key_id": "a", "account_role_arns": [ROLE]}, None),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, {"account_role_arn": ROLE, **KEYS}, "AssumeRoleWithWebIdentity"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, {"account_role_arn": ROLE, "credential_provider_priority": "AssumeRole,AssumeRoleWithWebIdentity"}, None),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, {"account_role_arn": ROLE, "credential_provider_priority": "StaticCredential, AssumeRole"}, None),
    ],
)
def test_the_first_provider_that_is_configured_is_used(environment, config, provider):
    assert settings(environment, **config)["provider"] == provider


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"account_role_arn": " "}, "account_role_arn: an empty text is no value"),
        ({"account_role_arn": "PortRole"}, "is not a role's ARN"),
        ({"account_role_arn": ROLE, "aws_partition": "aws-cn"}, "aws_partition is aws-cn"),
        ({"aws_partition": "aws-eu"}, "is none of aws, aws-us-gov, aws-cn"),
        ({"account_role_arns": [111]}, "a list of quoted texts is expected"),
        ({"credential_provider_priority": "Static"}, "is none of AssumeRoleWithWebIdentity"),
        ({}, "no accounts: set accountRoleArn"),
        ({"aws_access_key_id": "a"}, "no accounts"),
        ({"account_role_arns": [OTHER], "exclude_accounts": ["222222222222"]}, "leaves none of account_role_arns"),
        ({"account_role_arn": ROLE, "sensitive_values": "show"}, "is neither redact nor keep"),
    ],
)
def test_a_mistake_is_named(config, says):
    with pytest.raises(peer.SettingsError, match=says):
        settings(**config)


def test_the_key_of_digests_is_the_same_each_time_and_says_nothing_of_the_secret():
    key = peer.redaction_key("a secret", "one")
    assert key == peer.redaction_key("a secret", "one") != peer.redaction_key("a secret", "two")
    assert "secret" not in key and len(bytes.fromhex(key)) == 32


def test_a_selector_in_the_peers_words():
    from integration import AWSPortAppConfig

    selector = {"query": "true", "regionPolicy": {"allow": ["eu-west-1"]}, "includeActions": ["A", "B", "C", "D"], "maxConcurrentAccounts": 3}
    entity = {"entity": {"mappings": {"identifier": ".x", "blueprint": '"y"'}}}
    config = AWSPortAppConfig.parse_obj({"resources": [{"kind": "AWS::S3::Bucket", "selector": selector, "port": entity}]})
    assert peer.wanted(config.resources[0]) == {"kind": "AWS::S3::Bucket", "regions": {"allow": ["eu-west-1"], "deny": []}, "actions": ["A", "B", "C", "D"]}


def test_the_default_mapping_is_what_the_script_makes_and_ocean_can_read_it():
    import defaults
    from integration import AWSPortAppConfig

    for path, made in defaults.made().items():
        assert path.read_text() == made, f"{path}: run defaults.py"
    mapping = yaml.safe_load((INTEGRATION / ".port/resources/port-app-config.yml").read_text())
    assert len(AWSPortAppConfig.parse_obj(mapping).resources) == len(mapping["resources"]) >= 40
    blueprints = {each["identifier"]: each for each in json.loads((INTEGRATION / ".port/resources/blueprints.json").read_text())}
    for resource in mapping["resources"]:
        entity = types.SimpleNamespace(**{"relations": {}, **resource["port"]["entity"]["mappings"]})
        blueprint = blueprints[json.loads(entity.blueprint)]
        assert set(entity.properties) <= set(blueprint["schema"]["properties"]) if hasattr(entity, "properties") else True
        assert set(entity.relations) <= set(blueprint["relations"])
        assert all(relation["target"] in blueprints for relation in blueprint["relations"].values())
