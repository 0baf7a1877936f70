"""What the estate has of the load balancers."""

TAGS = [{"Key": "team", "Value": "web"}]


def network(aws):
    """A VPC with two subnets in different zones, made when it is first asked for."""
    ec2 = aws("ec2")
    found = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.30.0.0/16"]}])["Vpcs"]
    vpc = found[0]["VpcId"] if found else ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"] or [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.30.{number}.0/24", AvailabilityZone=f"{ec2.meta.region_name}{zone}"
        )["Subnet"]
        for number, zone in enumerate("ab")
    ]
    return vpc, [subnet["SubnetId"] for subnet in subnets]


def load_balancer(aws):
    elbv2 = aws("elbv2")
    for known in elbv2.describe_load_balancers()["LoadBalancers"]:
        if known["LoadBalancerName"] == "estate":
            return known["LoadBalancerArn"]
    _, subnets = network(aws)
    return elbv2.create_load_balancer(Name="estate", Subnets=subnets, Tags=TAGS)["LoadBalancers"][0]["LoadBalancerArn"]


def target_group(aws):
    elbv2 = aws("elbv2")
    for known in elbv2.describe_target_groups()["TargetGroups"]:
        if known["TargetGroupName"] == "estate":
            return known["TargetGroupArn"]
    vpc, _ = network(aws)
    group = elbv2.create_target_group(
        Name="estate", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip", HealthCheckPath="/health", Tags=TAGS
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.30.0.17", "Port": 8080}])
    return group


def listener(aws):
    elbv2, balancer = aws("elbv2"), load_balancer(aws)
    for known in elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]:
        if known["Port"] == 80:
            return known["ListenerArn"]
    return elbv2.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group(aws)}],
        Tags=TAGS,
    )["Listeners"][0]["ListenerArn"]


def load_balancers(aws):
    """AWS::ElasticLoadBalancingV2::LoadBalancer"""
    load_balancer(aws)
    elbv2 = aws("elbv2")
    if "estate-inner" not in [known["LoadBalancerName"] for known in elbv2.describe_load_balancers()["LoadBalancers"]]:
        _, subnets = network(aws)
        elbv2.create_load_balancer(Name="estate-inner", Type="network", Scheme="internal", Subnets=subnets)


def listeners(aws):
    """AWS::ElasticLoadBalancingV2::Listener"""
    listener(aws)
    elbv2, balancer = aws("elbv2"), load_balancer(aws)
    if any(known["Port"] == 443 for known in elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]):
        return
    certificate = aws("acm").request_certificate(DomainName="estate.example")["CertificateArn"]
    elbv2.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[
            {
                "Type": "authenticate-oidc",
                "Order": 1,
                "AuthenticateOidcConfig": {
                    "Issuer": "https://id.example",
                    "AuthorizationEndpoint": "https://id.example/authorize",
                    "TokenEndpoint": "https://id.example/token",
                    "UserInfoEndpoint": "https://id.example/user",
                    "ClientId": "estate",
                    "ClientSecret": "not to be seen",
                },
            },
            {"Type": "forward", "Order": 2, "TargetGroupArn": target_group(aws)},
        ],
    )


def rules(aws):
    """AWS::ElasticLoadBalancingV2::ListenerRule"""
    elbv2, above = aws("elbv2"), listener(aws)
    if len(elbv2.describe_rules(ListenerArn=above)["Rules"]) > 1:
        return
    elbv2.create_rule(
        ListenerArn=above,
        Priority=10,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}],
        Actions=[{"Type": "forward", "TargetGroupArn": target_group(aws)}],
        Tags=TAGS,
    )


def target_groups(aws):
    """AWS::ElasticLoadBalancingV2::TargetGroup"""
    target_group(aws)
    elbv2 = aws("elbv2")
    if "estate-function" not in [known["TargetGroupName"] for known in elbv2.describe_target_groups()["TargetGroups"]]:
        elbv2.create_target_group(Name="estate-function", TargetType="lambda")


KINDS = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": load_balancers,
    "AWS::ElasticLoadBalancingV2::Listener": listeners,
    "AWS::ElasticLoadBalancingV2::ListenerRule": rules,
    "AWS::ElasticLoadBalancingV2::TargetGroup": target_groups,
}
