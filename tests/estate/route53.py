"""What the estate has of Route 53."""

TAGS = [{"Key": "team", "Value": "web"}]


def zone_id(zone):
    return zone["Id"].rpartition("/")[2]


def hosted_zones(aws):
    """AWS::Route53::HostedZone"""
    route53, ec2 = aws("route53"), aws("ec2")
    if "shop.example.com." in [zone["Name"] for zone in route53.list_hosted_zones()["HostedZones"]]:
        return
    public = route53.create_hosted_zone(
        Name="shop.example.com", CallerReference="estate-1", HostedZoneConfig={"Comment": "The shop"}
    )["HostedZone"]
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone_id(public), AddTags=TAGS)
    vpc = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    route53.create_hosted_zone(
        Name="inside.example.com",
        CallerReference="estate-2",
        VPC={"VPCRegion": ec2.meta.region_name, "VPCId": vpc},
        HostedZoneConfig={"Comment": "Seen by our own only", "PrivateZone": True},
    )


def health_checks(aws):
    """AWS::Route53::HealthCheck"""
    route53 = aws("route53")
    if "estate-1" in [check["CallerReference"] for check in route53.list_health_checks()["HealthChecks"]]:
        return
    named = route53.create_health_check(
        CallerReference="estate-1",
        HealthCheckConfig={
            "Type": "HTTPS",
            "FullyQualifiedDomainName": "shop.example.com",
            "Port": 443,
            "ResourcePath": "/health",
            "RequestInterval": 30,
            "FailureThreshold": 3,
        },
    )["HealthCheck"]["Id"]
    route53.change_tags_for_resource(
        ResourceType="healthcheck", ResourceId=named, AddTags=[{"Key": "Name", "Value": "shop"}, *TAGS]
    )
    route53.create_health_check(
        CallerReference="estate-2", HealthCheckConfig={"Type": "TCP", "IPAddress": "198.51.100.7", "Port": 443}
    )


KINDS = {"AWS::Route53::HostedZone": hosted_zones, "AWS::Route53::HealthCheck": health_checks}
