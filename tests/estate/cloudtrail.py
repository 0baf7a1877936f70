"""What the estate has of CloudTrail."""


def trails(aws):
    """AWS::CloudTrail::Trail"""
    bucket = f"trail-{aws('sts').get_caller_identity()['Account']}"
    s3 = aws("s3", "us-east-1")
    s3.create_bucket(Bucket=bucket)
    cloudtrail = aws("cloudtrail")
    cloudtrail.create_trail(
        Name="everything",
        S3BucketName=bucket,
        IsMultiRegionTrail=True,
        TagsList=[{"Key": "team", "Value": "security"}],
    )
    cloudtrail.start_logging(Name="everything")
    cloudtrail.create_trail(Name="plain", S3BucketName=bucket)
    # A trail of another region, which is not listed here.
    aws("cloudtrail", "us-east-1").create_trail(Name="abroad", S3BucketName=bucket, IsMultiRegionTrail=True)


KINDS = {"AWS::CloudTrail::Trail": trails}
