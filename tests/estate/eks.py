"""What the estate has of EKS."""

ROLE = "arn:aws:iam::111122223333:role/eks"


def default_subnets(aws):
    """The subnets of the default VPC, each in a zone of its own."""
    return aws("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]


def cluster(aws):
    """A cluster and the ids of subnets that its nodes may be in; made once."""
    eks = aws("eks")
    subnets = [subnet["SubnetId"] for subnet in default_subnets(aws)][:2]
    if "prod" not in eks.list_clusters()["clusters"]:
        eks.create_cluster(name="prod", version="1.33", roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets})
    return "prod", subnets


def nodegroups(aws):
    """AWS::EKS::Nodegroup"""
    name, subnets = cluster(aws)
    aws("eks").create_nodegroup(
        clusterName=name,
        nodegroupName="workers",
        nodeRole=ROLE,
        subnets=subnets,
        scalingConfig={"minSize": 1, "maxSize": 5, "desiredSize": 3},
        instanceTypes=["m7g.large"],
        amiType="AL2_ARM_64",
        labels={"pool": "workers"},
        tags={"team": "k8s"},
    )
    aws("eks").create_nodegroup(clusterName=name, nodegroupName="plain", nodeRole=ROLE, subnets=subnets)
    # A cluster without any.
    aws("eks").create_cluster(name="empty", roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets})


def fargate_profiles(aws):
    """AWS::EKS::FargateProfile"""
    name, subnets = cluster(aws)
    aws("eks").create_fargate_profile(
        clusterName=name,
        fargateProfileName="jobs",
        podExecutionRoleArn=ROLE,
        subnets=subnets,
        selectors=[{"namespace": "jobs", "labels": {"run": "fargate"}}],
        tags={"team": "k8s"},
    )
    aws("eks").create_fargate_profile(
        clusterName=name, fargateProfileName="plain", podExecutionRoleArn=ROLE, selectors=[{"namespace": "plain"}]
    )


KINDS = {"AWS::EKS::Nodegroup": nodegroups, "AWS::EKS::FargateProfile": fargate_profiles}
