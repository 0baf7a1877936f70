"""What the estate has of AWS Config."""


def recorder(aws):
    """AWS::Config::ConfigurationRecorder"""
    account = aws("sts").get_caller_identity()["Account"]
    config = aws("config")
    config.put_configuration_recorder(
        ConfigurationRecorder={
            "name": "default",
            "roleARN": f"arn:aws:iam::{account}:role/config",
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        }
    )
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "config"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")


def rules(aws):
    """AWS::Config::ConfigRule"""
    config = aws("config")
    config.put_config_rule(
        ConfigRule={
            "ConfigRuleName": "buckets-are-private",
            "Source": {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_PUBLIC_READ_PROHIBITED"},
            "Scope": {"ComplianceResourceTypes": ["AWS::S3::Bucket"]},
        },
        Tags=[{"Key": "team", "Value": "security"}],
    )
    config.put_config_rule(
        ConfigRule={
            "ConfigRuleName": "volumes-are-encrypted",
            "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"},
        }
    )


KINDS = {"AWS::Config::ConfigurationRecorder": recorder, "AWS::Config::ConfigRule": rules}
