"""What the estate has of the Database Migration Service."""


def instance(aws, name, tags=()):
    created = aws("dms").create_replication_instance(
        ReplicationInstanceIdentifier=name,
        ReplicationInstanceClass="dms.t3.medium",
        AllocatedStorage=50,
        EngineVersion="3.5.3",
        Tags=list(tags),
    )
    return created["ReplicationInstance"]["ReplicationInstanceArn"]


def instances(aws):
    """AWS::DMS::ReplicationInstance"""
    instance(aws, "mover", tags=[{"Key": "team", "Value": "data"}])
    instance(aws, "plain")


def tasks(aws):
    """AWS::DMS::ReplicationTask"""
    dms = aws("dms")
    where = instance(aws, "tasked")
    for name in ("orders", "plain"):
        endpoints = [
            dms.create_endpoint(EndpointIdentifier=f"{name}-{kind}", EndpointType=kind, EngineName="mysql")
            for kind in ("source", "target")
        ]
        source, target = (endpoint["Endpoint"]["EndpointArn"] for endpoint in endpoints)
        dms.create_replication_task(
            ReplicationTaskIdentifier=name,
            SourceEndpointArn=source,
            TargetEndpointArn=target,
            ReplicationInstanceArn=where,
            MigrationType="full-load",
            TableMappings='{"rules": []}',
        )


KINDS = {"AWS::DMS::ReplicationInstance": instances, "AWS::DMS::ReplicationTask": tasks}
