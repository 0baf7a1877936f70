"""What the estate has of Lambda."""

import io
import json
import zipfile

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def code():
    """A zip file with a handler, the same each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py", (2024, 1, 2, 3, 4, 6)), "def handler(event, context): return event\n")
    return packed.getvalue()


def function(aws, name="orders"):
    """A function with a secret in its environment; made once."""
    client, iam = aws("lambda"), aws("iam")
    if name in [known["FunctionName"] for known in client.list_functions()["Functions"]]:
        return name
    if "lambda" not in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
        iam.create_role(RoleName="lambda", AssumeRolePolicyDocument=json.dumps(TRUST))
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=iam.get_role(RoleName="lambda")["Role"]["Arn"],
        Handler="index.handler",
        Code={"ZipFile": code()},
        Environment={"Variables": {"DATABASE_PASSWORD": "hunter2", "STAGE": "prod"}},
    )
    return name


def versions(aws):
    """AWS::Lambda::Version"""
    name = function(aws)
    aws("lambda").publish_version(FunctionName=name, Description="the first")


def aliases(aws):
    """AWS::Lambda::Alias"""
    client, name = aws("lambda"), function(aws)
    version = client.publish_version(FunctionName=name)["Version"]
    client.create_alias(FunctionName=name, Name="live", FunctionVersion=version, Description="what customers see")
    client.create_alias(FunctionName=name, Name="next", FunctionVersion="$LATEST")
    # A function without any.
    function(aws, "plain")


def layer_versions(aws):
    """AWS::Lambda::LayerVersion"""
    client = aws("lambda")
    for description in ("the first", "the second"):
        client.publish_layer_version(
            LayerName="tools", Description=description, Content={"ZipFile": code()}, CompatibleRuntimes=["python3.13"]
        )
    client.publish_layer_version(LayerName="plain", Content={"ZipFile": code()})


def event_source_mappings(aws):
    """AWS::Lambda::EventSourceMapping"""
    name, sqs = function(aws), aws("sqs")
    for queue in ("orders", "refunds"):
        url = sqs.create_queue(QueueName=queue)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        aws("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=arn, BatchSize=10)


KINDS = {
    "AWS::Lambda::Alias": aliases,
    "AWS::Lambda::EventSourceMapping": event_source_mappings,
    "AWS::Lambda::LayerVersion": layer_versions,
    "AWS::Lambda::Version": versions,
}
