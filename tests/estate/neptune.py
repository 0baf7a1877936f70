"""What the estate has of Neptune."""


def db_clusters(aws):
    """AWS::Neptune::DBCluster"""
    rds = aws("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="friends", Engine="neptune", StorageEncrypted=True, Tags=[{"Key": "team", "Value": "orders"}]
    )
    # Listed by the same API, and of another kind.
    rds.create_db_cluster(
        DBClusterIdentifier="accounts", Engine="aurora-mysql", MasterUsername="root", MasterUserPassword="hunter2000"
    )


KINDS = {"AWS::Neptune::DBCluster": db_clusters}
