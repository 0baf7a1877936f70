"""What the estate has of SageMaker."""

ROLE = "arn:aws:iam::111122223333:role/sagemaker"
TAGS = [{"Key": "team", "Value": "science"}]


def default_subnets(aws):
    """The subnets of the default VPC, each in a zone of its own."""
    return aws("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]


def notebook_instances(aws):
    """AWS::SageMaker::NotebookInstance"""
    aws("sagemaker").create_notebook_instance(
        NotebookInstanceName="research",
        InstanceType="ml.t3.medium",
        RoleArn=ROLE,
        DirectInternetAccess="Disabled",
        RootAccess="Disabled",
        VolumeSizeInGB=50,
        Tags=TAGS,
    )
    aws("sagemaker").create_notebook_instance(
        NotebookInstanceName="plain", InstanceType="ml.t3.medium", RoleArn=ROLE
    )


def model(aws, name="forecast", tags=()):
    """A model; made once."""
    client = aws("sagemaker")
    if name not in [known["ModelName"] for known in client.list_models()["Models"]]:
        client.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={
                "Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/forecast:1",
                "ModelDataUrl": "s3://models/forecast.tar.gz",
                "Environment": {"API_TOKEN": "hunter2"},
            },
            Tags=list(tags),
        )
    return name


def models(aws):
    """AWS::SageMaker::Model"""
    model(aws, "tagged", TAGS)
    model(aws)


def endpoints(aws):
    """AWS::SageMaker::Endpoint"""
    client = aws("sagemaker")
    variant = {
        "VariantName": "main",
        "ModelName": model(aws),
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 2,
        "InitialVariantWeight": 1.0,
    }
    client.create_endpoint_config(EndpointConfigName="forecast", ProductionVariants=[variant])
    client.create_endpoint(EndpointName="forecast", EndpointConfigName="forecast", Tags=TAGS)
    client.create_endpoint(EndpointName="plain", EndpointConfigName="forecast")


def domains(aws):
    """AWS::SageMaker::Domain"""
    subnet = default_subnets(aws)[0]
    for name, tags in (("science", TAGS), ("plain", [])):
        aws("sagemaker").create_domain(
            DomainName=name,
            AuthMode="IAM",
            DefaultUserSettings={"ExecutionRole": ROLE},
            SubnetIds=[subnet["SubnetId"]],
            VpcId=subnet["VpcId"],
            Tags=tags,
        )


KINDS = {
    "AWS::SageMaker::Domain": domains,
    "AWS::SageMaker::Endpoint": endpoints,
    "AWS::SageMaker::Model": models,
    "AWS::SageMaker::NotebookInstance": notebook_instances,
}
