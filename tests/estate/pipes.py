"""What the estate has of EventBridge Pipes."""


def pipes(aws):
    """AWS::Pipes::Pipe"""
    account = aws("sts").get_caller_identity()["Account"]
    for name, tags in (("orders", {"team": "web"}), ("plain", {})):
        aws("pipes").create_pipe(
            Name=name,
            RoleArn=f"arn:aws:iam::{account}:role/pipes",
            Source=f"arn:aws:sqs:eu-west-1:{account}:{name}",
            SourceParameters={"SqsQueueParameters": {"BatchSize": 10}},
            Target=f"arn:aws:events:eu-west-1:{account}:event-bus/default",
            TargetParameters={"InputTemplate": '{"token": "hunter2"}'},
            Tags=tags,
        )


KINDS = {"AWS::Pipes::Pipe": pipes}
