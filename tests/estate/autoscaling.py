"""What the estate has of EC2 Auto Scaling."""


def launch_configuration(aws):
    autoscaling, ec2 = aws("autoscaling"), aws("ec2")
    if not autoscaling.describe_launch_configurations(LaunchConfigurationNames=["estate"])["LaunchConfigurations"]:
        autoscaling.create_launch_configuration(
            LaunchConfigurationName="estate",
            ImageId=ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"],
            InstanceType="t3.micro",
            UserData="echo not to be seen",
            MetadataOptions={"HttpTokens": "required"},
        )
    return "estate"


def group(aws):
    autoscaling = aws("autoscaling")
    if not autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["estate"])["AutoScalingGroups"]:
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName="estate",
            LaunchConfigurationName=launch_configuration(aws),
            MinSize=0,
            MaxSize=2,
            DesiredCapacity=1,
            AvailabilityZones=[f"{autoscaling.meta.region_name}a"],
            Tags=[{"Key": "team", "Value": "web", "PropagateAtLaunch": True}],
        )
    return "estate"


def groups(aws):
    """AWS::AutoScaling::AutoScalingGroup"""
    group(aws)


def launch_configurations(aws):
    """AWS::AutoScaling::LaunchConfiguration"""
    launch_configuration(aws)


def policies(aws):
    """AWS::AutoScaling::ScalingPolicy"""
    aws("autoscaling").put_scaling_policy(
        AutoScalingGroupName=group(aws),
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": 60.0,
        },
    )


KINDS = {
    "AWS::AutoScaling::AutoScalingGroup": groups,
    "AWS::AutoScaling::LaunchConfiguration": launch_configurations,
    "AWS::AutoScaling::ScalingPolicy": policies,
}
