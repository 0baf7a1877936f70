"""What the estate has of DAX."""


def clusters(aws):
    """AWS::DAX::Cluster"""
    role = "arn:aws:iam::111122223333:role/dax"
    aws("dax").create_cluster(
        ClusterName="orders",
        NodeType="dax.t3.small",
        ReplicationFactor=3,
        IamRoleArn=role,
        SSESpecification={"Enabled": True},
        ClusterEndpointEncryptionType="TLS",
        Tags=[{"Key": "team", "Value": "orders"}],
    )
    aws("dax").create_cluster(ClusterName="plain", NodeType="dax.t3.small", ReplicationFactor=1, IamRoleArn=role)


KINDS = {"AWS::DAX::Cluster": clusters}
