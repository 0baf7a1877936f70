"""What the estate has of EC2."""

TAGS = [{"Key": "Name", "Value": "estate"}, {"Key": "team", "Value": "web"}]
ROUTER = "198.51.100.7"


def tagged(kind, tags=TAGS):
    """The argument that gives a new resource its tags."""
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]}


def estate_vpc(ec2):
    """The estate's own VPC, made when it is first asked for."""
    found = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["estate"]}])["Vpcs"]
    if found:
        return found[0]["VpcId"]
    return ec2.create_vpc(CidrBlock="10.20.0.0/16", **tagged("vpc"))["Vpc"]["VpcId"]


def estate_subnet(ec2):
    vpc = estate_vpc(ec2)
    found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    if found:
        return found[0]["SubnetId"]
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.1.0/24", **tagged("subnet"))["Subnet"]["SubnetId"]


def any_image(ec2):
    """One of the public images that moto brings along."""
    return ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]


def vpcs(aws):
    """AWS::EC2::VPC"""
    estate_vpc(aws("ec2"))


def subnets(aws):
    """AWS::EC2::Subnet"""
    estate_subnet(aws("ec2"))


def security_groups(aws):
    """AWS::EC2::SecurityGroup"""
    ec2 = aws("ec2")
    vpc = estate_vpc(ec2)
    if ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["estate-web"]}])["SecurityGroups"]:
        return
    group = ec2.create_security_group(
        GroupName="estate-web", Description="what the web servers let in", VpcId=vpc, **tagged("security-group")
    )["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}],
            },
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": group}]},
        ],
    )


def route_tables(aws):
    """AWS::EC2::RouteTable"""
    ec2 = aws("ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    vpc = ec2.create_vpc(CidrBlock="10.21.0.0/16")["Vpc"]["VpcId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.21.1.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc, **tagged("route-table"))["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)


def network_acls(aws):
    """AWS::EC2::NetworkAcl"""
    ec2 = aws("ec2")
    acl = ec2.create_network_acl(VpcId=estate_vpc(ec2), **tagged("network-acl"))["NetworkAcl"]["NetworkAclId"]
    ec2.create_network_acl_entry(
        NetworkAclId=acl,
        RuleNumber=100,
        Protocol="6",
        RuleAction="allow",
        Egress=False,
        CidrBlock="10.0.0.0/8",
        PortRange={"From": 443, "To": 443},
    )


def internet_gateways(aws):
    """AWS::EC2::InternetGateway"""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.22.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway(**tagged("internet-gateway"))["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.create_internet_gateway()


def egress_only_internet_gateways(aws):
    """AWS::EC2::EgressOnlyInternetGateway"""
    ec2 = aws("ec2")
    ec2.create_egress_only_internet_gateway(VpcId=estate_vpc(ec2), **tagged("egress-only-internet-gateway"))


def nat_gateways(aws):
    """AWS::EC2::NatGateway"""
    ec2 = aws("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    subnet = estate_subnet(ec2)
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, **tagged("natgateway"))
    ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")


def network_interfaces(aws):
    """AWS::EC2::NetworkInterface"""
    ec2 = aws("ec2")
    subnet = estate_subnet(ec2)
    ec2.create_network_interface(SubnetId=subnet, Description="the proxy's", **tagged("network-interface"))
    ec2.create_network_interface(SubnetId=subnet)


def addresses(aws):
    """AWS::EC2::EIP"""
    ec2 = aws("ec2")
    ec2.allocate_address(Domain="vpc", **tagged("elastic-ip"))
    ec2.allocate_address(Domain="vpc")


def vpc_endpoints(aws):
    """AWS::EC2::VPCEndpoint"""
    ec2 = aws("ec2")
    vpc, subnet = estate_vpc(ec2), estate_subnet(ec2)
    region = ec2.meta.region_name
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{region}.s3", **tagged("vpc-endpoint"))
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Interface",
        ServiceName=f"com.amazonaws.{region}.sqs",
        SubnetIds=[subnet],
        PrivateDnsEnabled=True,
    )


def vpc_endpoint_services(aws):
    """AWS::EC2::VPCEndpointService"""
    ec2, elbv2 = aws("ec2"), aws("elbv2")
    balancer = elbv2.create_load_balancer(
        Name="estate-endpoint", Type="network", Scheme="internal", Subnets=[estate_subnet(ec2)]
    )["LoadBalancers"][0]["LoadBalancerArn"]
    service = ec2.create_vpc_endpoint_service_configuration(
        NetworkLoadBalancerArns=[balancer], AcceptanceRequired=True, **tagged("vpc-endpoint-service")
    )["ServiceConfiguration"]["ServiceId"]
    ec2.modify_vpc_endpoint_service_permissions(
        ServiceId=service, AddAllowedPrincipals=["arn:aws:iam::444455556666:root"]
    )


def vpc_peering_connections(aws):
    """AWS::EC2::VPCPeeringConnection"""
    ec2 = aws("ec2")
    other = ec2.create_vpc(CidrBlock="10.23.0.0/16")["Vpc"]["VpcId"]
    ec2.create_vpc_peering_connection(
        VpcId=estate_vpc(ec2), PeerVpcId=other, **tagged("vpc-peering-connection")
    )


def transit_gateways(aws):
    """AWS::EC2::TransitGateway"""
    aws("ec2").create_transit_gateway(
        Description="between the regions", Options={"AmazonSideAsn": 64512}, **tagged("transit-gateway")
    )


def transit_gateway_attachments(aws):
    """AWS::EC2::TransitGatewayAttachment"""
    ec2 = aws("ec2")
    gateway = ec2.create_transit_gateway(Description="of the attachment")["TransitGateway"]["TransitGatewayId"]
    ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway,
        VpcId=estate_vpc(ec2),
        SubnetIds=[estate_subnet(ec2)],
        **tagged("transit-gateway-attachment"),
    )


def transit_gateway_route_tables(aws):
    """AWS::EC2::TransitGatewayRouteTable"""
    ec2 = aws("ec2")
    gateway = ec2.create_transit_gateway(Description="of the route table")["TransitGateway"]["TransitGatewayId"]
    ec2.create_transit_gateway_route_table(TransitGatewayId=gateway, **tagged("transit-gateway-route-table"))


def flow_logs(aws):
    """AWS::EC2::FlowLog"""
    ec2 = aws("ec2")
    bucket = f"estate-flow-logs-{ec2.meta.region_name}"
    s3 = aws("s3")
    if bucket not in [known["Name"] for known in s3.list_buckets()["Buckets"]]:
        where = {} if s3.meta.region_name == "us-east-1" else {"LocationConstraint": s3.meta.region_name}
        s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": where} if where else {}))
    vpc = ec2.create_vpc(CidrBlock="10.24.0.0/16")["Vpc"]["VpcId"]
    ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::{bucket}",
        **tagged("vpc-flow-log"),
    )


def dhcp_options(aws):
    """AWS::EC2::DHCPOptions"""
    aws("ec2").create_dhcp_options(
        DhcpConfigurations=[
            {"Key": "domain-name", "Values": ["estate.example"]},
            {"Key": "domain-name-servers", "Values": ["10.20.0.10", "10.20.0.11"]},
        ],
        **tagged("dhcp-options"),
    )


def prefix_lists(aws):
    """AWS::EC2::PrefixList"""
    aws("ec2").create_managed_prefix_list(
        PrefixListName="estate-offices",
        AddressFamily="IPv4",
        MaxEntries=10,
        Entries=[{"Cidr": "192.0.2.0/24", "Description": "Berlin"}],
        **tagged("prefix-list"),
    )


def customer_gateways(aws):
    """AWS::EC2::CustomerGateway"""
    aws("ec2").create_customer_gateway(Type="ipsec.1", PublicIp=ROUTER, BgpAsn=65000, **tagged("customer-gateway"))


def vpn_gateways(aws):
    """AWS::EC2::VPNGateway"""
    ec2 = aws("ec2")
    gateway = ec2.create_vpn_gateway(Type="ipsec.1", AmazonSideAsn=65001, **tagged("vpn-gateway"))
    ec2.attach_vpn_gateway(VpnGatewayId=gateway["VpnGateway"]["VpnGatewayId"], VpcId=estate_vpc(ec2))


def vpn_connections(aws):
    """AWS::EC2::VPNConnection"""
    ec2 = aws("ec2")
    router = ec2.create_customer_gateway(Type="ipsec.1", PublicIp=ROUTER, BgpAsn=65000)["CustomerGateway"]
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]
    ec2.create_vpn_connection(
        Type="ipsec.1",
        CustomerGatewayId=router["CustomerGatewayId"],
        VpnGatewayId=gateway["VpnGatewayId"],
        **tagged("vpn-connection"),
    )


def images(aws):
    """AWS::EC2::Image"""
    ec2 = aws("ec2")
    instance = ec2.run_instances(ImageId=any_image(ec2), MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.create_image(InstanceId=instance, Name="estate-web", Description="the web servers'", **tagged("image"))


def launch_templates(aws):
    """AWS::EC2::LaunchTemplate"""
    ec2 = aws("ec2")
    if "estate-web" in [known["LaunchTemplateName"] for known in ec2.describe_launch_templates()["LaunchTemplates"]]:
        return
    data = {
        "ImageId": any_image(ec2),
        "InstanceType": "t3.micro",
        "UserData": "ZWNobyBzZWNyZXQ=",
        "MetadataOptions": {"HttpTokens": "required"},
    }
    ec2.create_launch_template(
        LaunchTemplateName="estate-web",
        VersionDescription="first",
        LaunchTemplateData=data,
        **tagged("launch-template"),
    )
    ec2.create_launch_template_version(
        LaunchTemplateName="estate-web", LaunchTemplateData={**data, "InstanceType": "t3.small"}
    )


def key_pairs(aws):
    """AWS::EC2::KeyPair"""
    ec2 = aws("ec2")
    if "estate" not in [known["KeyName"] for known in ec2.describe_key_pairs()["KeyPairs"]]:
        ec2.create_key_pair(KeyName="estate", KeyType="ed25519", **tagged("key-pair"))


def hosts(aws):
    """AWS::EC2::Host"""
    ec2 = aws("ec2")
    ec2.allocate_hosts(
        AvailabilityZone=f"{ec2.meta.region_name}a", InstanceType="m5.large", Quantity=1, **tagged("dedicated-host")
    )


def spot_fleets(aws):
    """AWS::EC2::SpotFleet"""
    ec2 = aws("ec2")
    ec2.request_spot_fleet(
        SpotFleetRequestConfig={
            "IamFleetRole": "arn:aws:iam::111122223333:role/fleet",
            "TargetCapacity": 1,
            "SpotPrice": "0.12",
            "AllocationStrategy": "lowestPrice",
            "LaunchSpecifications": [
                {
                    "ImageId": any_image(ec2),
                    "InstanceType": "t3.micro",
                    "SubnetId": estate_subnet(ec2),
                    "UserData": "ZWNobyBzZWNyZXQ=",
                    "WeightedCapacity": 1.0,
                }
            ],
            **tagged("spot-fleet-request"),
        }
    )


def fleets(aws):
    """AWS::EC2::EC2Fleet"""
    ec2 = aws("ec2")
    launch_templates(aws)
    ec2.create_fleet(
        Type="maintain",
        LaunchTemplateConfigs=[{"LaunchTemplateSpecification": {"LaunchTemplateName": "estate-web", "Version": "1"}}],
        TargetCapacitySpecification={
            "TotalTargetCapacity": 1,
            "OnDemandTargetCapacity": 1,
            "DefaultTargetCapacityType": "on-demand",
        },
        **tagged("fleet"),
    )


KINDS = {
    "AWS::EC2::VPC": vpcs,
    "AWS::EC2::Subnet": subnets,
    "AWS::EC2::SecurityGroup": security_groups,
    "AWS::EC2::RouteTable": route_tables,
    "AWS::EC2::NetworkAcl": network_acls,
    "AWS::EC2::InternetGateway": internet_gateways,
    "AWS::EC2::EgressOnlyInternetGateway": egress_only_internet_gateways,
    "AWS::EC2::NatGateway": nat_gateways,
    "AWS::EC2::NetworkInterface": network_interfaces,
    "AWS::EC2::EIP": addresses,
    "AWS::EC2::VPCEndpoint": vpc_endpoints,
    "AWS::EC2::VPCEndpointService": vpc_endpoint_services,
    "AWS::EC2::VPCPeeringConnection": vpc_peering_connections,
    "AWS::EC2::TransitGateway": transit_gateways,
    "AWS::EC2::TransitGatewayAttachment": transit_gateway_attachments,
    "AWS::EC2::TransitGatewayRouteTable": transit_gateway_route_tables,
    "AWS::EC2::FlowLog": flow_logs,
    "AWS::EC2::DHCPOptions": dhcp_options,
    "AWS::EC2::PrefixList": prefix_lists,
    "AWS::EC2::CustomerGateway": customer_gateways,
    "AWS::EC2::VPNGateway": vpn_gateways,
    "AWS::EC2::VPNConnection": vpn_connections,
    "AWS::EC2::Image": images,
    "AWS::EC2::LaunchTemplate": launch_templates,
    "AWS::EC2::KeyPair": key_pairs,
    "AWS::EC2::Host": hosts,
    "AWS::EC2::SpotFleet": spot_fleets,
    "AWS::EC2::EC2Fleet": fleets,
}
