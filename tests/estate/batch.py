"""What the estate has of Batch."""


def environment(aws, name="own", tags=None):
    """A compute environment whose machines are somebody's own; gives its ARN."""
    client = aws("batch")
    for known in client.describe_compute_environments()["computeEnvironments"]:
        if known["computeEnvironmentName"] == name:
            return known["computeEnvironmentArn"]
    role = roles(aws)
    made = client.create_compute_environment(
        computeEnvironmentName=name, type="UNMANAGED", state="ENABLED", serviceRole=role, **({"tags": tags} if tags else {})
    )
    return made["computeEnvironmentArn"]


def roles(aws):
    """A role for Batch; made once."""
    iam = aws("iam")
    for known in iam.list_roles()["Roles"]:
        if known["RoleName"] == "batch":
            return known["Arn"]
    return iam.create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]


def compute_environments(aws):
    """AWS::Batch::ComputeEnvironment"""
    environment(aws, "tagged", {"team": "data"})
    environment(aws)


def job_queues(aws):
    """AWS::Batch::JobQueue"""
    order = [{"order": 1, "computeEnvironment": environment(aws)}]
    aws("batch").create_job_queue(
        jobQueueName="urgent", state="ENABLED", priority=100, computeEnvironmentOrder=order, tags={"team": "data"}
    )
    aws("batch").create_job_queue(jobQueueName="plain", state="DISABLED", priority=1, computeEnvironmentOrder=order)


def job_definitions(aws):
    """AWS::Batch::JobDefinition"""
    container = {
        "image": "busybox",
        "command": ["sleep", "10"],
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}],
        "environment": [{"name": "DATABASE_PASSWORD", "value": "hunter2"}],
        "secrets": [{"name": "API_KEY", "valueFrom": "arn:aws:ssm:eu-west-1:111122223333:parameter/api-key"}],
    }
    client = aws("batch")
    client.register_job_definition(
        jobDefinitionName="load", type="container", containerProperties=container, tags={"team": "data"}
    )
    client.register_job_definition(jobDefinitionName="load", type="container", containerProperties=container)
    # Deregistered, and not listed.
    old = client.register_job_definition(jobDefinitionName="old", type="container", containerProperties=container)
    client.deregister_job_definition(jobDefinition=old["jobDefinitionArn"])


KINDS = {
    "AWS::Batch::ComputeEnvironment": compute_environments,
    "AWS::Batch::JobDefinition": job_definitions,
    "AWS::Batch::JobQueue": job_queues,
}
