"""What the estate has of Firehose."""


def delivery_streams(aws):
    """AWS::KinesisFirehose::DeliveryStream"""
    account = aws("sts").get_caller_identity()["Account"]
    firehose = aws("firehose")
    bucket = {"RoleARN": f"arn:aws:iam::{account}:role/firehose", "BucketARN": "arn:aws:s3:::landing"}
    firehose.create_delivery_stream(
        DeliveryStreamName="orders",
        ExtendedS3DestinationConfiguration=bucket,
        Tags=[{"Key": "team", "Value": "web"}],
    )
    firehose.create_delivery_stream(
        DeliveryStreamName="abroad",
        HttpEndpointDestinationConfiguration={
            "EndpointConfiguration": {"Url": "https://collect.example.com/hunter2", "Name": "collector"},
            "S3Configuration": bucket,
        },
    )


KINDS = {"AWS::KinesisFirehose::DeliveryStream": delivery_streams}
