"""What the estate has of Synthetics."""


def canaries(aws):
    """AWS::Synthetics::Canary"""
    for name, tags in (("shop", {"team": "web"}), ("plain", {})):
        aws("synthetics").create_canary(
            Name=name,
            Code={"Handler": "index.handler", "S3Bucket": "canaries", "S3Key": f"{name}.zip"},
            ArtifactS3Location="s3://canaries/results",
            ExecutionRoleArn="arn:aws:iam::111122223333:role/canary",
            Schedule={"Expression": "rate(5 minutes)"},
            RuntimeVersion="syn-nodejs-puppeteer-10.0",
            Tags=tags,
        )


KINDS = {"AWS::Synthetics::Canary": canaries}
