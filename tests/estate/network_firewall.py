"""What the estate has of Network Firewall."""


def firewalls(aws):
    """AWS::NetworkFirewall::Firewall"""
    account = aws("sts").get_caller_identity()["Account"]
    for name, tags in (("egress", [{"Key": "team", "Value": "network"}]), ("plain", [])):
        aws("network-firewall").create_firewall(
            FirewallName=name,
            FirewallPolicyArn=f"arn:aws:network-firewall:eu-west-1:{account}:firewall-policy/strict",
            VpcId="vpc-0a",
            SubnetMappings=[{"SubnetId": "subnet-0a"}],
            **({"Tags": tags} if tags else {}),
        )


KINDS = {"AWS::NetworkFirewall::Firewall": firewalls}
