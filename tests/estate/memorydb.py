"""What the estate has of MemoryDB."""


def clusters(aws):
    """AWS::MemoryDB::Cluster"""
    aws("memorydb").create_cluster(
        ClusterName="carts",
        NodeType="db.t4g.small",
        ACLName="open-access",
        NumShards=2,
        NumReplicasPerShard=1,
        TLSEnabled=True,
        Tags=[{"Key": "team", "Value": "web"}],
    )
    aws("memorydb").create_cluster(ClusterName="plain", NodeType="db.t4g.small", ACLName="open-access")


KINDS = {"AWS::MemoryDB::Cluster": clusters}
