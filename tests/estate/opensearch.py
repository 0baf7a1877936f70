"""What the estate has of OpenSearch Service."""


def domains(aws):
    """AWS::OpenSearchService::Domain"""
    aws("opensearch").create_domain(
        DomainName="logs",
        EngineVersion="OpenSearch_2.19",
        ClusterConfig={"InstanceType": "r7g.large.search", "InstanceCount": 3, "ZoneAwarenessEnabled": True},
        EBSOptions={"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 100},
        EncryptionAtRestOptions={"Enabled": True},
        NodeToNodeEncryptionOptions={"Enabled": True},
        TagList=[{"Key": "team", "Value": "logs"}],
    )
    # More than one call describes.
    for number in range(5):
        aws("opensearch").create_domain(DomainName=f"plain-{number}")


KINDS = {"AWS::OpenSearchService::Domain": domains}
