"""What the estate has of EventBridge."""

import json


def event_buses(aws):
    """AWS::Events::EventBus"""
    events = aws("events")
    events.create_event_bus(Name="orders", Tags=[{"Key": "team", "Value": "web"}])
    events.create_event_bus(Name="plain")


def rules(aws):
    """AWS::Events::Rule"""
    account = aws("sts").get_caller_identity()["Account"]
    events = aws("events")
    events.create_event_bus(Name="ruled")
    pattern = {"source": ["shop.orders"]}
    events.put_rule(
        Name="on-order",
        EventBusName="ruled",
        EventPattern=json.dumps(pattern),
        Description="an order came",
        Tags=[{"Key": "team", "Value": "web"}],
    )
    queue = f"arn:aws:sqs:eu-west-1:{account}:orders"
    targets = [{"Id": "queue", "Arn": queue, "Input": '{"token": "hunter2"}'}]
    events.put_targets(Rule="on-order", EventBusName="ruled", Targets=targets)
    # A name is taken on one bus only.
    events.put_rule(
        Name="on-order",
        ScheduleExpression="rate(1 hour)",
        State="DISABLED",
        Tags=[{"Key": "team", "Value": "operations"}],
    )


KINDS = {"AWS::Events::EventBus": event_buses, "AWS::Events::Rule": rules}
