"""What the estate has of ElastiCache."""


def cache_clusters(aws):
    """AWS::ElastiCache::Cluster"""
    elasticache = aws("elasticache")
    elasticache.create_cache_cluster(
        CacheClusterId="sessions",
        Engine="redis",
        EngineVersion="7.1",
        CacheNodeType="cache.t4g.micro",
        NumCacheNodes=1,
        Tags=[{"Key": "team", "Value": "web"}],
    )
    elasticache.create_cache_cluster(
        CacheClusterId="plain", Engine="memcached", CacheNodeType="cache.t4g.micro", NumCacheNodes=2
    )


def default_subnets(aws):
    """The subnets of the default VPC, each in a zone of its own."""
    return aws("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]


def replication_groups(aws):
    """AWS::ElastiCache::ReplicationGroup"""
    elasticache = aws("elasticache")
    elasticache.create_replication_group(
        ReplicationGroupId="sessions",
        ReplicationGroupDescription="sessions of the shop",
        Engine="valkey",
        CacheNodeType="cache.t4g.small",
        NumNodeGroups=2,
        ReplicasPerNodeGroup=1,
        AutomaticFailoverEnabled=True,
        TransitEncryptionEnabled=True,
        AuthToken="hunter2-hunter2-hunter2",
        Tags=[{"Key": "team", "Value": "web"}],
    )
    elasticache.create_replication_group(
        ReplicationGroupId="plain",
        ReplicationGroupDescription="as it comes",
        Engine="redis",
        CacheNodeType="cache.t4g.small",
        NumCacheClusters=1,
    )


def subnet_groups(aws):
    """AWS::ElastiCache::SubnetGroup"""
    subnets = [subnet["SubnetId"] for subnet in default_subnets(aws)][:2]
    for name, tags in (("private", [{"Key": "team", "Value": "web"}]), ("plain", [])):
        aws("elasticache").create_cache_subnet_group(
            CacheSubnetGroupName=name, CacheSubnetGroupDescription=name, SubnetIds=subnets, Tags=tags
        )


KINDS = {
    "AWS::ElastiCache::Cluster": cache_clusters,
    "AWS::ElastiCache::ReplicationGroup": replication_groups,
    "AWS::ElastiCache::SubnetGroup": subnet_groups,
}
