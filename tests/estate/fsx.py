"""What the estate has of FSx."""


def default_subnets(aws):
    """The subnets of the default VPC, each in a zone of its own."""
    return aws("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]


def file_systems(aws):
    """AWS::FSx::FileSystem"""
    subnets = [subnet["SubnetId"] for subnet in default_subnets(aws)]
    aws("fsx").create_file_system(
        ClientRequestToken="scratch",
        FileSystemType="LUSTRE",
        StorageCapacity=1200,
        StorageType="SSD",
        SubnetIds=subnets[:1],
        LustreConfiguration={"DeploymentType": "SCRATCH_2"},
        Tags=[{"Key": "Name", "Value": "scratch"}],
    )
    aws("fsx").create_file_system(
        ClientRequestToken="files",
        FileSystemType="ONTAP",
        StorageCapacity=1024,
        SubnetIds=subnets[:2],
        OntapConfiguration={
            "DeploymentType": "MULTI_AZ_1",
            "ThroughputCapacity": 128,
            "FsxAdminPassword": "hunter2000",
            "PreferredSubnetId": subnets[0],
        },
    )


KINDS = {"AWS::FSx::FileSystem": file_systems}
