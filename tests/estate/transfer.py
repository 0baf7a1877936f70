"""What the estate has of Transfer Family."""


def servers(aws):
    """AWS::Transfer::Server"""
    transfer = aws("transfer")
    transfer.create_server(
        Protocols=["SFTP"],
        EndpointType="PUBLIC",
        IdentityProviderType="SERVICE_MANAGED",
        Tags=[{"Key": "Name", "Value": "partners"}],
    )
    transfer.create_server(Domain="EFS")


KINDS = {"AWS::Transfer::Server": servers}
