"""What the estate has of CloudFormation."""

import json

TEMPLATE = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Parameters": {"Token": {"Type": "String", "Default": "hunter2", "NoEcho": True}},
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "stacked"}}},
    "Outputs": {"Topic": {"Value": {"Ref": "Topic"}}},
}


def stacks(aws):
    """AWS::CloudFormation::Stack"""
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(
        StackName="orders", TemplateBody=json.dumps(TEMPLATE), Tags=[{"Key": "team", "Value": "web"}]
    )
    cloudformation.create_stack(
        StackName="gone", TemplateBody=json.dumps({"Resources": TEMPLATE["Resources"]})
    )
    cloudformation.delete_stack(StackName="gone")
    cloudformation.create_stack(
        StackName="plain", TemplateBody=json.dumps({"Resources": TEMPLATE["Resources"]})
    )


def stack_sets(aws):
    """AWS::CloudFormation::StackSet"""
    account = aws("sts").get_caller_identity()["Account"]
    cloudformation = aws("cloudformation")
    cloudformation.create_stack_set(
        StackSetName="baseline",
        Description="what every account has",
        TemplateBody=json.dumps(TEMPLATE),
        Parameters=[{"ParameterKey": "Token", "ParameterValue": "hunter2"}],
        Tags=[{"Key": "team", "Value": "security"}],
    )
    cloudformation.create_stack_instances(
        StackSetName="baseline", Accounts=[account], Regions=["eu-west-1"]
    )
    cloudformation.create_stack_set(StackSetName="plain", TemplateBody=json.dumps(TEMPLATE))


KINDS = {"AWS::CloudFormation::Stack": stacks, "AWS::CloudFormation::StackSet": stack_sets}
