"""Fills the bare organization of with_moto.py with the peer's case, and says how to read it.

usage: with_moto.py --estate bare -- PYTHON fill.py

Prints {"environment": {…}, "role": …, "external_id": …, "kinds": "…", "peer_calls": N} as a line of JSON when all is there, and
ends when its standard input does. What is made in each region of each account stands in `fill`; with the peer's rules (a list
for each kind and region, regions listed for each kind and account, a call for each detail) it takes `peer_calls`.
"""

import io
import json
import os
import pathlib
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "front"))
sys.dont_write_bytecode = True

from clients import client  # noqa: E402

# The peer's 33 kinds without those that moto does not answer for, and two that it does in the place of SES's, which moto does
# not list either.
REGIONAL = """
    AWS::CodeBuild::BuildRun AWS::CodeBuild::Project AWS::CodeDeploy::Application AWS::CodeDeploy::Deployment AWS::CodePipeline::Action
    AWS::CodePipeline::Pipeline AWS::CodePipeline::Stage AWS::DynamoDB::Table AWS::EC2::Instance AWS::EC2::SecurityGroup AWS::EC2::VPC
    AWS::EC2::Volume AWS::ECR::Repository
    AWS::ECS::Cluster AWS::ECS::Service AWS::ECS::TaskDefinition AWS::EKS::Cluster AWS::ElastiCache::Cluster AWS::Lambda::Function
    AWS::MSK::Cluster AWS::MSK::ServerlessCluster AWS::RDS::DBCluster AWS::RDS::DBInstance AWS::SNS::Topic AWS::SQS::Queue
""".split()
GLOBAL = ["AWS::Account::Info", "AWS::Organizations::Account", "AWS::S3::Bucket"]
IMAGE = "ami-12c6146b"
TAGS = {"env": "prod", "team": "web", "owner": "platform@example.com"}
SUBNETS = ["subnet-11111111", "subnet-22222222"]
BUCKETS, QUEUES, TOPICS, TABLES, TASKS = 2, 11, 8, 7, 3
# In a region, for each of the kinds with details: a cluster of EKS; ECS's clusters once, its services' lists twice and themselves
# once; projects and builds once each; an application and its tags; a deployment; a pipeline three times and its tags.
DETAILS = QUEUES + TOPICS + TABLES + TASKS + 1 + 1 + 3 + 2 + 2 + 1 + 4


def pairs(key="Key", value="Value"):
    return [{key: name, value: text} for name, text in TAGS.items()]


def fill(at, account):
    """95 resources in a region of an account; `at` gives the client of a service."""
    ec2 = at("ec2")
    for _ in range(3):
        spec = [{"ResourceType": "instance", "Tags": pairs()}]
        ec2.run_instances(ImageId=IMAGE, InstanceType="t3.micro", MinCount=4, MaxCount=4, TagSpecifications=spec)
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    ec2.create_security_group(GroupName="web", Description="what the web servers let in", VpcId=vpc)
    ecs = at("ecs")
    ecs.create_cluster(clusterName="main", tags=pairs("key", "value"))
    ecs.create_cluster(clusterName="empty")
    for number in range(TASKS):
        container = {"name": "app", "image": f"example/app:{number}", "memory": 128, "environment": [{"name": "MODE", "value": "live"}]}
        ecs.register_task_definition(family=f"task-{number}", containerDefinitions=[container])
    for number in range(3):
        ecs.create_service(cluster="main", serviceName=f"service-{number}", taskDefinition="task-0", desiredCount=1, tags=pairs("key", "value"))
    role = f"arn:aws:iam::{account}:role/service"
    at("eks").create_cluster(name="platform", roleArn=role, resourcesVpcConfig={"subnetIds": SUBNETS}, tags=TAGS)
    for number in range(4):
        at("ecr").create_repository(repositoryName=f"team/app-{number}", tags=pairs())
        at("rds").create_db_instance(
            DBInstanceIdentifier=f"db-{number}", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, MasterUsername="root",
            MasterUserPassword="never-in-an-answer", Tags=pairs(),
        )
    at("rds").create_db_cluster(DBClusterIdentifier="orders", Engine="aurora-postgresql", MasterUsername="root", MasterUserPassword="hunter2000", Tags=pairs())
    for number in range(7):
        at("lambda").create_function(
            FunctionName=f"job-{number}", Runtime="python3.13", Role=role, Handler="app.handler", Code={"ZipFile": CODE},
            Environment={"Variables": {"DB_PASSWORD": "hunter2", "MODE": "live"}}, Tags=TAGS,
        )
    for number in range(QUEUES):
        at("sqs").create_queue(QueueName=f"work-{number}", tags=TAGS)
    for number in range(TOPICS):
        at("sns").create_topic(Name=f"events-{number}", Tags=pairs())
    for number in range(TABLES):
        at("dynamodb").create_table(
            TableName=f"table-{number}", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST", Tags=pairs(),
        )
    # moto lists it among the serverless ones as well.
    nodes = {"InstanceType": "kafka.m5.large", "ClientSubnets": SUBNETS}
    at("kafka").create_cluster(ClusterName="events", KafkaVersion="3.6.0", NumberOfBrokerNodes=2, BrokerNodeGroupInfo=nodes, Tags=TAGS)
    for name in ("sessions", "pages"):
        at("elasticache").create_cache_cluster(CacheClusterId=name, Engine="redis", CacheNodeType="cache.t4g.micro", NumCacheNodes=1, Tags=pairs())
    for name in ("web", "api"):
        at("codebuild").create_project(
            name=name, source={"type": "GITHUB", "location": f"https://github.com/example/{name}"}, artifacts={"type": "NO_ARTIFACTS"},
            environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"}, serviceRole=role,
        )
        at("codebuild").start_build(projectName=name)
    codedeploy = at("codedeploy")
    codedeploy.create_application(applicationName="web", computePlatform="Server", tags=pairs())
    codedeploy.create_deployment_group(applicationName="web", deploymentGroupName="production", serviceRoleArn=role)
    revision = {"revisionType": "S3", "s3Location": {"bucket": "releases", "key": "1.zip", "bundleType": "zip"}}
    codedeploy.create_deployment(applicationName="web", deploymentGroupName="production", revision=revision)
    stages = [{"name": "Source", "actions": [action("Checkout", "Source")]}, {"name": "Build", "actions": [action("Test", "Test"), action("Pack", "Build")]}]
    pipeline = {"name": "release", "roleArn": f"arn:aws:iam::{account}:role/pipeline", "artifactStore": {"type": "S3", "location": "artifacts"}, "stages": stages, "version": 1}
    at("codepipeline").create_pipeline(pipeline=pipeline, tags=pairs("key", "value"))


def action(name, category):
    provider = {"category": category, "owner": "AWS", "provider": "CodeBuild", "version": "1"}
    return {"name": name, "actionTypeId": provider, "runOrder": 1, "configuration": {"Project": "web"}}


def zipped():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    return packed.getvalue()


CODE = zipped()


def trust(service):
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def main():
    organization = json.loads(os.environ["PORTOLAN_ORGANIZATION"])
    endpoint, accounts, regions = os.environ["AWS_ENDPOINT_URL"], list(organization["accounts"].values()), organization["regions"]
    for account in accounts:
        for name, service in (("service", "lambda"), ("pipeline", "codepipeline")):
            client(endpoint, "iam", account, "us-east-1").create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))
        for number in range(BUCKETS):
            client(endpoint, "s3", account, "us-east-1").create_bucket(Bucket=f"assets-{account}-{number}")
        for region in regions:
            fill(lambda service: client(endpoint, service, account, region), account)
        print(f"  {account}: filled", file=sys.stderr)
    places = len(accounts) * len(regions)
    listed_regions = len(accounts) * (len(REGIONAL) + 1)
    calls = listed_regions + places * (len(REGIONAL) + DETAILS) + len(accounts) * (1 + BUCKETS) + 1
    said = {
        "environment": {name: value for name, value in os.environ.items() if name.startswith("AWS_")},
        "role": os.environ["PORTOLAN_ROLE_ARN"],
        "external_id": os.environ["PORTOLAN_EXTERNAL_ID"],
        "kinds": ",".join(sorted([*REGIONAL, *GLOBAL])),
        "peer_calls": calls,
    }
    print(json.dumps(said), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
