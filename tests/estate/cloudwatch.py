"""What the estate has of CloudWatch."""

import json


def alarms(aws):
    """AWS::CloudWatch::Alarm"""
    cloudwatch = aws("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="queue is full",
        AlarmDescription="nobody reads",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": "orders"}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=3,
        Threshold=1000,
        ComparisonOperator="GreaterThanThreshold",
        Tags=[{"Key": "team", "Value": "web"}],
    )
    cloudwatch.put_metric_alarm(
        AlarmName="plain",
        Namespace="shop",
        MetricName="errors",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=0.5,
        ComparisonOperator="GreaterThanThreshold",
    )


def dashboards(aws):
    """AWS::CloudWatch::Dashboard"""
    body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "orders"}}]})
    for name in ("orders", "plain"):
        aws("cloudwatch", "us-east-1").put_dashboard(DashboardName=name, DashboardBody=body)


KINDS = {"AWS::CloudWatch::Alarm": alarms, "AWS::CloudWatch::Dashboard": dashboards}
