"""What the estate has of RDS."""


def db_clusters(aws):
    """AWS::RDS::DBCluster"""
    rds = aws("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="orders",
        Engine="aurora-postgresql",
        MasterUsername="root",
        MasterUserPassword="hunter2000",
        StorageEncrypted=True,
        DeletionProtection=True,
        Tags=[{"Key": "team", "Value": "orders"}],
    )
    rds.create_db_cluster(
        DBClusterIdentifier="plain", Engine="aurora-mysql", MasterUsername="root", MasterUserPassword="hunter2000"
    )
    # Listed by the same call, and of another kind.
    rds.create_db_cluster(
        DBClusterIdentifier="graph", Engine="neptune", MasterUsername="root", MasterUserPassword="hunter2000"
    )


def default_subnets(aws):
    """The subnets of the default VPC, each in a zone of its own."""
    return aws("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]


def instance(aws):
    """An instance to take snapshots of; made once."""
    rds = aws("rds")
    if "app" not in [known["DBInstanceIdentifier"] for known in rds.describe_db_instances()["DBInstances"]]:
        rds.create_db_instance(
            DBInstanceIdentifier="app",
            Engine="postgres",
            DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20,
            MasterUsername="root",
            MasterUserPassword="hunter2000",
        )
    return "app"


def cluster(aws, engine="aurora-postgresql"):
    """A cluster to take snapshots of; made once."""
    rds, name = aws("rds"), f"snapped-{engine}"
    if name not in [known["DBClusterIdentifier"] for known in rds.describe_db_clusters()["DBClusters"]]:
        rds.create_db_cluster(
            DBClusterIdentifier=name, Engine=engine, MasterUsername="root", MasterUserPassword="hunter2000"
        )
    return name


def db_snapshots(aws):
    """AWS::RDS::DBSnapshot"""
    name = instance(aws)
    aws("rds").create_db_snapshot(
        DBSnapshotIdentifier="before-upgrade", DBInstanceIdentifier=name, Tags=[{"Key": "keep", "Value": "yes"}]
    )
    aws("rds").create_db_snapshot(DBSnapshotIdentifier="plain", DBInstanceIdentifier=name)


def db_cluster_snapshots(aws):
    """AWS::RDS::DBClusterSnapshot"""
    aws("rds").create_db_cluster_snapshot(
        DBClusterSnapshotIdentifier="before-upgrade",
        DBClusterIdentifier=cluster(aws),
        Tags=[{"Key": "keep", "Value": "yes"}],
    )
    aws("rds").create_db_cluster_snapshot(DBClusterSnapshotIdentifier="graph", DBClusterIdentifier=cluster(aws, "neptune"))


def db_proxies(aws):
    """AWS::RDS::DBProxy"""
    subnets = [subnet["SubnetId"] for subnet in default_subnets(aws)][:2]
    aws("rds").create_db_proxy(
        DBProxyName="orders",
        EngineFamily="POSTGRESQL",
        Auth=[
            {
                "AuthScheme": "SECRETS",
                "SecretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders-a1b2c3",
                "IAMAuth": "REQUIRED",
            }
        ],
        RoleArn="arn:aws:iam::111122223333:role/rds-proxy",
        VpcSubnetIds=subnets,
        RequireTLS=True,
        Tags=[{"Key": "team", "Value": "orders"}],
    )


def db_parameter_groups(aws):
    """AWS::RDS::DBParameterGroup"""
    aws("rds").create_db_parameter_group(
        DBParameterGroupName="orders",
        DBParameterGroupFamily="postgres17",
        Description="for orders",
        Tags=[{"Key": "team", "Value": "orders"}],
    )
    aws("rds").create_db_parameter_group(
        DBParameterGroupName="plain", DBParameterGroupFamily="mysql8.4", Description="as it comes"
    )


def db_subnet_groups(aws):
    """AWS::RDS::DBSubnetGroup"""
    subnets = [subnet["SubnetId"] for subnet in default_subnets(aws)][:2]
    for name, tags in (("orders", [{"Key": "team", "Value": "orders"}]), ("plain", [])):
        aws("rds").create_db_subnet_group(
            DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=subnets, Tags=tags
        )


def global_clusters(aws):
    """AWS::RDS::GlobalCluster"""
    rds = aws("rds")
    rds.create_global_cluster(GlobalClusterIdentifier="orders", Engine="aurora-postgresql", DeletionProtection=True)
    # Of another kind.
    rds.create_global_cluster(GlobalClusterIdentifier="graph", Engine="neptune")


def event_subscriptions(aws):
    """AWS::RDS::EventSubscription"""
    for name, tags in (("failovers", [{"Key": "team", "Value": "orders"}]), ("plain", [])):
        aws("rds").create_event_subscription(
            SubscriptionName=name,
            SnsTopicArn="arn:aws:sns:eu-west-1:111122223333:databases",
            SourceType="db-instance",
            EventCategories=["failover", "failure"],
            Enabled=True,
            Tags=tags,
        )


KINDS = {
    "AWS::RDS::DBCluster": db_clusters,
    "AWS::RDS::DBClusterSnapshot": db_cluster_snapshots,
    "AWS::RDS::DBParameterGroup": db_parameter_groups,
    "AWS::RDS::DBProxy": db_proxies,
    "AWS::RDS::DBSnapshot": db_snapshots,
    "AWS::RDS::DBSubnetGroup": db_subnet_groups,
    "AWS::RDS::EventSubscription": event_subscriptions,
    "AWS::RDS::GlobalCluster": global_clusters,
}
