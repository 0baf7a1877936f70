"""What the estate has of EFS."""


def file_system(aws, token):
    """An encrypted file system with a name."""
    return aws("efs").create_file_system(
        CreationToken=token,
        Encrypted=True,
        ThroughputMode="elastic",
        Tags=[{"Key": "Name", "Value": token}, {"Key": "team", "Value": "web"}],
    )["FileSystemId"]


def file_systems(aws):
    """AWS::EFS::FileSystem"""
    file_system(aws, "shared")
    aws("efs").create_file_system(CreationToken="plain")


def access_points(aws):
    """AWS::EFS::AccessPoint"""
    name = file_system(aws, "homes")
    aws("efs").create_access_point(
        ClientToken="uploads",
        FileSystemId=name,
        PosixUser={"Uid": 1000, "Gid": 1000},
        RootDirectory={"Path": "/uploads"},
        Tags=[{"Key": "Name", "Value": "uploads"}],
    )
    aws("efs").create_access_point(ClientToken="plain", FileSystemId=name)


KINDS = {"AWS::EFS::AccessPoint": access_points, "AWS::EFS::FileSystem": file_systems}
