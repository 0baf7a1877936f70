"""What the estate has of Kinesis Data Streams."""


def streams(aws):
    """AWS::Kinesis::Stream"""
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName="orders", ShardCount=2)
    kinesis.add_tags_to_stream(StreamName="orders", Tags={"team": "web"})
    kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=48)
    kinesis.create_stream(StreamName="plain", StreamModeDetails={"StreamMode": "ON_DEMAND"})


KINDS = {"AWS::Kinesis::Stream": streams}
