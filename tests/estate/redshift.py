"""What the estate has of Redshift."""


def clusters(aws):
    """AWS::Redshift::Cluster"""
    aws("redshift").create_cluster(
        ClusterIdentifier="warehouse",
        NodeType="ra3.xlplus",
        ClusterType="multi-node",
        NumberOfNodes=2,
        DBName="sales",
        MasterUsername="root",
        MasterUserPassword="Hunter2000",
        Encrypted=True,
        Tags=[{"Key": "team", "Value": "data"}],
    )
    aws("redshift").create_cluster(
        ClusterIdentifier="plain", NodeType="ra3.xlplus", MasterUsername="root", MasterUserPassword="Hunter2000"
    )


KINDS = {"AWS::Redshift::Cluster": clusters}
