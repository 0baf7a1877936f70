"""What the estate has of CloudWatch Logs."""


def log_groups(aws):
    """AWS::Logs::LogGroup"""
    logs = aws("logs")
    logs.create_log_group(logGroupName="/shop/orders", tags={"team": "web"})
    logs.put_retention_policy(logGroupName="/shop/orders", retentionInDays=30)
    logs.create_log_group(logGroupName="/shop/plain")


KINDS = {"AWS::Logs::LogGroup": log_groups}
