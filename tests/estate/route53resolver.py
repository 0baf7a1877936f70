"""What the estate has of Route 53's resolvers."""

TAGS = [{"Key": "team", "Value": "web"}]


def endpoint(aws):
    """The id of the estate's endpoint, and its VPC's."""
    resolver, ec2 = aws("route53resolver"), aws("ec2")
    for known in resolver.list_resolver_endpoints()["ResolverEndpoints"]:
        return known["Id"], known["HostVPCId"]
    vpc = ec2.create_vpc(CidrBlock="10.41.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="estate-dns", Description="DNS", VpcId=vpc)["GroupId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.41.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2)
    ]
    found = resolver.create_resolver_endpoint(
        CreatorRequestId="estate-1",
        Name="estate-out",
        SecurityGroupIds=[group],
        Direction="OUTBOUND",
        IpAddresses=[{"SubnetId": subnet} for subnet in subnets],
        Tags=TAGS,
    )["ResolverEndpoint"]
    return found["Id"], vpc


def endpoints(aws):
    """AWS::Route53Resolver::ResolverEndpoint"""
    endpoint(aws)


def rules(aws):
    """AWS::Route53Resolver::ResolverRule"""
    resolver = aws("route53resolver")
    if "estate-office" in [rule.get("Name") for rule in resolver.list_resolver_rules()["ResolverRules"]]:
        return
    through, vpc = endpoint(aws)
    rule = resolver.create_resolver_rule(
        CreatorRequestId="estate-2",
        Name="estate-office",
        RuleType="FORWARD",
        DomainName="office.example.com",
        TargetIps=[{"Ip": "198.51.100.53", "Port": 53}],
        ResolverEndpointId=through,
        Tags=TAGS,
    )["ResolverRule"]["Id"]
    resolver.associate_resolver_rule(ResolverRuleId=rule, VPCId=vpc)


KINDS = {
    "AWS::Route53Resolver::ResolverEndpoint": endpoints,
    "AWS::Route53Resolver::ResolverRule": rules,
}
