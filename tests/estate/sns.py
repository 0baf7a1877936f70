"""What the estate has of SNS."""


def subscriptions(aws):
    """AWS::SNS::Subscription"""
    sns = aws("sns")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    queue = aws("sqs").create_queue(QueueName="orders")["QueueUrl"].rpartition("/")[2]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:eu-west-1:111122223333:{queue}",
        Attributes={"RawMessageDelivery": "true", "FilterPolicy": '{"kind": ["order"]}'},
    )
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="orders@example.com")


KINDS = {"AWS::SNS::Subscription": subscriptions}
