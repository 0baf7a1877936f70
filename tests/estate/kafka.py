"""What the estate has of MSK."""

SUBNETS = ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"]


def clusters(aws):
    """AWS::MSK::Cluster"""
    kafka = aws("kafka")
    for name, tags in (("events", {"team": "events"}), ("plain", {})):
        kafka.create_cluster(
            ClusterName=name,
            KafkaVersion="3.6.0",
            NumberOfBrokerNodes=2,
            BrokerNodeGroupInfo={"InstanceType": "kafka.m5.large", "ClientSubnets": SUBNETS},
            Tags=tags,
        )


def serverless_clusters(aws):
    """AWS::MSK::ServerlessCluster"""
    kafka = aws("kafka")
    kafka.create_cluster_v2(
        ClusterName="serverless",
        Tags={"team": "events"},
        Serverless={
            "VpcConfigs": [{"SubnetIds": SUBNETS, "SecurityGroupIds": ["sg-0a1b2c3d4e5f60718"]}],
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
    )


KINDS = {"AWS::MSK::Cluster": clusters, "AWS::MSK::ServerlessCluster": serverless_clusters}
