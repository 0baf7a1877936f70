"""What the estate has of CodeBuild."""


def project(aws, name, tags=()):
    aws("codebuild").create_project(
        name=name,
        source={"type": "GITHUB", "location": f"https://github.com/example/{name}"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [{"name": "NPM_TOKEN", "value": "hunter2", "type": "PLAINTEXT"}],
        },
        serviceRole=f"arn:aws:iam::{aws('sts').get_caller_identity()['Account']}:role/codebuild",
        tags=list(tags),
    )


def projects(aws):
    """AWS::CodeBuild::Project"""
    project(aws, "web", tags=[{"key": "team", "value": "web"}])
    project(aws, "plain")


def builds(aws):
    """AWS::CodeBuild::BuildRun"""
    project(aws, "built")
    for version in ("main", "v2"):
        aws("codebuild").start_build(projectName="built", sourceVersion=version)


KINDS = {"AWS::CodeBuild::Project": projects, "AWS::CodeBuild::BuildRun": builds}
