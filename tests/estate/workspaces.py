"""What the estate has of WorkSpaces."""


def default_subnets(aws):
    """The subnets of the default VPC, each in a zone of its own."""
    return aws("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]


def workspaces(aws):
    """AWS::WorkSpaces::Workspace"""
    subnets = default_subnets(aws)[:2]
    directory = aws("ds").create_directory(
        Name="people.example.com",
        Password="Hunter2000",
        Size="Small",
        VpcSettings={"VpcId": subnets[0]["VpcId"], "SubnetIds": [subnet["SubnetId"] for subnet in subnets]},
    )["DirectoryId"]
    client = aws("workspaces")
    client.register_workspace_directory(DirectoryId=directory)
    client.create_workspaces(
        Workspaces=[
            {
                "DirectoryId": directory,
                "UserName": "ada",
                "BundleId": "wsb-bh8rsxt14",
                "RootVolumeEncryptionEnabled": False,
                "WorkspaceProperties": {"RunningMode": "AUTO_STOP", "RunningModeAutoStopTimeoutInMinutes": 60},
                "Tags": [{"Key": "team", "Value": "science"}],
            },
            {"DirectoryId": directory, "UserName": "bob", "BundleId": "wsb-bh8rsxt14"},
        ]
    )


KINDS = {"AWS::WorkSpaces::Workspace": workspaces}
