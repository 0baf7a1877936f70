"""What the estate has of CodeDeploy."""


def applications(aws):
    """AWS::CodeDeploy::Application"""
    codedeploy = aws("codedeploy")
    codedeploy.create_application(
        applicationName="web", computePlatform="Server", tags=[{"Key": "team", "Value": "web"}]
    )
    codedeploy.create_application(applicationName="plain", computePlatform="Lambda")


def deployments(aws):
    """AWS::CodeDeploy::Deployment"""
    codedeploy = aws("codedeploy")
    codedeploy.create_application(applicationName="deployed", computePlatform="Server")
    codedeploy.create_deployment_group(
        applicationName="deployed",
        deploymentGroupName="production",
        serviceRoleArn=f"arn:aws:iam::{aws('sts').get_caller_identity()['Account']}:role/codedeploy",
    )
    for number in (1, 2):
        codedeploy.create_deployment(
            applicationName="deployed",
            deploymentGroupName="production",
            description=f"number {number}",
            revision={
                "revisionType": "S3",
                "s3Location": {"bucket": "releases", "key": f"{number}.zip", "bundleType": "zip"},
            },
        )


KINDS = {"AWS::CodeDeploy::Application": applications, "AWS::CodeDeploy::Deployment": deployments}
