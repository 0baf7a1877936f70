"""What the estate has of Athena."""


def work_groups(aws):
    """AWS::Athena::WorkGroup"""
    aws("athena").create_work_group(
        Name="analysts",
        Description="for analysts",
        Configuration={
            "ResultConfiguration": {
                "OutputLocation": "s3://results/",
                "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
            },
            "EnforceWorkGroupConfiguration": True,
            "BytesScannedCutoffPerQuery": 10_000_000_000,
        },
        Tags=[{"Key": "team", "Value": "data"}],
    )
    aws("athena").create_work_group(Name="plain", Configuration={})


KINDS = {"AWS::Athena::WorkGroup": work_groups}
