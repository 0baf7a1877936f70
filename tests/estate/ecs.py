"""What the estate has of ECS."""

import json


def task_definitions(aws):
    """AWS::ECS::TaskDefinition"""
    ecs = aws("ecs")
    web = {
        "name": "web",
        "image": "nginx:1.27",
        "memory": 128,
        "essential": True,
        "portMappings": [{"containerPort": 80, "protocol": "tcp"}],
        "environment": [{"name": "DATABASE_PASSWORD", "value": "hunter2"}],
        "secrets": [{"name": "API_KEY", "valueFrom": "arn:aws:ssm:eu-west-1:111122223333:parameter/api-key"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/web"}},
    }
    ecs.register_task_definition(
        family="web",
        containerDefinitions=[web],
        cpu="256",
        memory="512",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        tags=[{"key": "team", "value": "web"}],
    )
    ecs.register_task_definition(family="web", containerDefinitions=[{**web, "image": "nginx:1.28"}])
    # Not active any more, and not listed.
    old = ecs.register_task_definition(family="old", containerDefinitions=[web])["taskDefinition"]
    ecs.deregister_task_definition(taskDefinition=old["taskDefinitionArn"])


def container_instances(aws):
    """AWS::ECS::ContainerInstance"""
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="prod")
    register(aws, "prod")
    register(aws, "prod")
    # A cluster without any.
    ecs.create_cluster(clusterName="empty")


def register(aws, cluster):
    """An instance that runs the agent, registered in a cluster."""
    ec2 = aws("ec2")
    instance = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    document = {
        "instanceId": instance,
        "accountId": "111122223333",
        "region": ec2.meta.region_name,
        "instanceType": "m7g.large",
    }
    registered = aws("ecs").register_container_instance(
        cluster=cluster,
        instanceIdentityDocument=json.dumps(document),
        totalResources=[
            {"name": "CPU", "type": "INTEGER", "integerValue": 4096},
            {"name": "MEMORY", "type": "INTEGER", "integerValue": 8192},
        ],
    )
    return registered["containerInstance"]["containerInstanceArn"]


def tasks(aws):
    """AWS::ECS::Task"""
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="prod")
    instance = register(aws, "prod")
    web = {"name": "web", "image": "nginx:1.27", "memory": 128, "cpu": 64, "essential": True}
    ecs.register_task_definition(family="shop", containerDefinitions=[web])
    for tags in ([{"key": "team", "value": "web"}], []):
        ecs.start_task(
            cluster="prod",
            taskDefinition="shop",
            containerInstances=[instance],
            overrides={
                "containerOverrides": [{"name": "web", "environment": [{"name": "DATABASE_PASSWORD", "value": "hunter2"}]}]
            },
            tags=tags,
        )
    # Stopped, and not listed.
    stopped = ecs.start_task(cluster="prod", taskDefinition="shop", containerInstances=[instance])["tasks"][0]
    ecs.stop_task(cluster="prod", task=stopped["taskArn"])


KINDS = {
    "AWS::ECS::ContainerInstance": container_instances,
    "AWS::ECS::Task": tasks,
    "AWS::ECS::TaskDefinition": task_definitions,
}
