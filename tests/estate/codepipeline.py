"""What the estate has of CodePipeline."""

import json


def pipeline(aws, name, tags=()):
    account = aws("sts").get_caller_identity()["Account"]
    role = f"{name}-pipeline"
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    aws("iam").create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))
    aws("codepipeline").create_pipeline(
        pipeline={
            "name": name,
            "roleArn": f"arn:aws:iam::{account}:role/{role}",
            "artifactStore": {"type": "S3", "location": f"{name}-artifacts"},
            "stages": [
                {"name": "Source", "actions": [action("Checkout", "Source", "CodeStarSourceConnection")]},
                {
                    "name": "Build",
                    "actions": [action("Test", "Test", "CodeBuild"), action("Package", "Build", "CodeBuild")],
                },
            ],
            "version": 1,
        },
        tags=list(tags),
    )


def action(name, category, provider):
    return {
        "name": name,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
        "runOrder": 1,
        "configuration": {"Project": "web"},
    }


def pipelines(aws):
    """AWS::CodePipeline::Pipeline"""
    pipeline(aws, "release", tags=[{"key": "team", "value": "web"}])
    pipeline(aws, "plain")


def stages(aws):
    """AWS::CodePipeline::Stage"""
    pipeline(aws, "staged")


def actions(aws):
    """AWS::CodePipeline::Action"""
    pipeline(aws, "acting")


KINDS = {
    "AWS::CodePipeline::Pipeline": pipelines,
    "AWS::CodePipeline::Stage": stages,
    "AWS::CodePipeline::Action": actions,
}
