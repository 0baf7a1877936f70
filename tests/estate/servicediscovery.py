"""What the estate has of Cloud Map."""


def namespaces(aws):
    """AWS::ServiceDiscovery::Namespace"""
    vpc = aws("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    aws("servicediscovery").create_private_dns_namespace(
        Name="internal.example.com", Vpc=vpc, Tags=[{"Key": "team", "Value": "ops"}]
    )
    aws("servicediscovery").create_http_namespace(Name="plain")


KINDS = {"AWS::ServiceDiscovery::Namespace": namespaces}
