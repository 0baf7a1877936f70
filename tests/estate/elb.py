"""What the estate has of the classic load balancers."""


def load_balancers(aws):
    """AWS::ElasticLoadBalancing::LoadBalancer"""
    elb = aws("elb")
    known = [balancer["LoadBalancerName"] for balancer in elb.describe_load_balancers()["LoadBalancerDescriptions"]]
    if "estate-classic" in known:
        return
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 8080}
    zone = f"{elb.meta.region_name}a"
    elb.create_load_balancer(
        LoadBalancerName="estate-classic",
        Listeners=[listener],
        AvailabilityZones=[zone],
        Tags=[{"Key": "team", "Value": "web"}],
    )
    elb.create_load_balancer(LoadBalancerName="estate-plain", Listeners=[listener], AvailabilityZones=[zone])


KINDS = {"AWS::ElasticLoadBalancing::LoadBalancer": load_balancers}
