"""What the estate has of Inspector."""


def account_status(aws):
    """AWS::InspectorV2::AccountStatus"""
    account = aws("sts").get_caller_identity()["Account"]
    aws("inspector2").enable(accountIds=[account], resourceTypes=["EC2", "ECR"])


KINDS = {"AWS::InspectorV2::AccountStatus": account_status}
