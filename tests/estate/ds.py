"""What the estate has of Directory Service."""


def default_subnets(aws):
    """The subnets of the default VPC, each in a zone of its own."""
    return aws("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]


def directories(aws):
    """AWS::DirectoryService::Directory"""
    subnets = default_subnets(aws)[:2]
    settings = {"VpcId": subnets[0]["VpcId"], "SubnetIds": [subnet["SubnetId"] for subnet in subnets]}
    aws("ds").create_microsoft_ad(
        Name="corp.example.com",
        Password="Hunter2000",
        Edition="Standard",
        VpcSettings=settings,
        Tags=[{"Key": "team", "Value": "people"}],
    )
    aws("ds").create_directory(Name="plain.example.com", Password="Hunter2000", Size="Small", VpcSettings=settings)


KINDS = {"AWS::DirectoryService::Directory": directories}
