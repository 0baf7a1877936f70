"""The resources of one account of the fixture: every kind, with the names, tags and settings that trip readers up."""

import io
import json
import zipfile

from clients import client

LAMBDA_SECRET = "planted-lambda-secret-5d41402a"
IMAGE = "ami-12c6146b"
AWKWARD = {"Name": "Größe & <Söhne> \"eins\" 'zwei'", "empty": "", "path/with:colons": "a=b;c,d", "emoji": "🗺️"}


def pairs(tags, key="Key", value="Value"):
    return [{key: name, value: text} for name, text in tags.items()]


def fill(front, account, index, regions, scale):
    """Fills an account. `tiny` is one region, `small` a few of each kind in two, `full` what the demo shows."""
    chosen = {"tiny": regions[1:2], "small": regions[1:], "full": regions}[scale]
    for position, region in enumerate(chosen):
        at = Place(front, account, region, index, 2 + (index + position) % 3 if scale == "full" else 1)
        at.buckets()
        at.instances_and_volumes()
        at.databases()
        at.topics()
        at.queues()
        at.tables()
        at.clusters(11 if index == 1 and position == 1 else at.many)
        if position == 0 or scale == "full" and index < 3:
            at.kubernetes()
        at.functions()


class Place:
    """One account in one region, and how many of each kind it gets."""

    def __init__(self, front, account, region, index, many):
        self.front, self.account, self.region, self.many = front, account, region, many
        self.tag = {"env": ["prod", "staging", "dev"][index % 3], "owner": f"team-{index}"}

    def client(self, service):
        return client(self.front, service, self.account, self.region)

    def buckets(self):
        s3 = self.client("s3")
        where = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        for number in range(self.many + 1):
            name = ["assets", "logs.with.dots", "backup", "archive", "t"][number] + f"-{self.account[-6:]}-{self.region}"
            s3.create_bucket(Bucket=name, **where)
            if number != 1:
                s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": pairs({**self.tag, **(AWKWARD if number == 0 else {})})})
            if number == 0:
                rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/data"}, "BucketKeyEnabled": True}
                s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
                s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
            if number != 2:
                block = {"BlockPublicAcls": True, "IgnorePublicAcls": number == 0, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
                s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)

    def instances_and_volumes(self):
        ec2 = self.client("ec2")
        spec = [{"ResourceType": "instance", "Tags": pairs({**self.tag, **AWKWARD})}]
        ec2.run_instances(ImageId=IMAGE, InstanceType="t3.micro", MinCount=2, MaxCount=2, TagSpecifications=spec, UserData="#!/bin/sh\necho ready")
        for _ in range(self.many - 1):
            ec2.run_instances(ImageId=IMAGE, InstanceType="m5.large", MinCount=1, MaxCount=1)
        zone = f"{self.region}a"
        for number in range(self.many):
            tags = [{"ResourceType": "volume", "Tags": pairs(self.tag)}] if number else []
            ec2.create_volume(AvailabilityZone=zone, Size=8 + number, VolumeType="gp3", Encrypted=number % 2 == 0, **({"TagSpecifications": tags} if tags else {}))

    def databases(self):
        rds = self.client("rds")
        for number in range(self.many):
            rds.create_db_instance(
                DBInstanceIdentifier=f"db-{number}", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, MasterUsername="root",
                MasterUserPassword="never-in-an-answer", StorageEncrypted=number % 2 == 0, MultiAZ=number == 1, Tags=pairs({**self.tag, **AWKWARD}),
            )

    def topics(self):
        sns = self.client("sns")
        for number in range(self.many):
            sns.create_topic(Name=f"events-{number}", Attributes={"DisplayName": "Ereignisse & mehr"}, Tags=pairs({**self.tag, **AWKWARD}))
        sns.create_topic(Name="orders.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})

    def queues(self):
        sqs = self.client("sqs")
        dead = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for number in range(self.many + 1):
            redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "3"})} if number == 0 else {}
            sqs.create_queue(QueueName=f"work-{number}", Attributes={"VisibilityTimeout": str(30 + number), **redrive}, tags={**self.tag, **AWKWARD} if number else {})
        sqs.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})

    def tables(self):
        dynamodb = self.client("dynamodb")
        for number in range(self.many):
            name = ["Orders_v1.0", "sessions", "Audit-Log", "counters"][number]
            attributes = [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "at", "AttributeType": "N"}]
            index = {"IndexName": "by-time", "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
            dynamodb.create_table(
                TableName=name, AttributeDefinitions=attributes, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], GlobalSecondaryIndexes=[index],
                BillingMode="PAY_PER_REQUEST", Tags=pairs({**self.tag, **AWKWARD}),
            )
            if number == 0:
                dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})

    def clusters(self, services):
        ecs = self.client("ecs")
        ecs.create_cluster(clusterName="empty")
        ecs.create_cluster(clusterName="main", tags=pairs({**self.tag, **AWKWARD}, "key", "value"), settings=[{"name": "containerInsights", "value": "enabled"}])
        ecs.register_task_definition(family="web", containerDefinitions=[{"name": "app", "image": "example/app:1", "memory": 128}])
        for number in range(services):
            ecs.create_service(cluster="main", serviceName=f"service-{number:02d}", taskDefinition="web", desiredCount=number % 3, tags=pairs(self.tag, "key", "value"))

    def kubernetes(self):
        vpc = {"subnetIds": ["subnet-11111111", "subnet-22222222"], "endpointPublicAccess": False}
        role = f"arn:aws:iam::{self.account}:role/eks"
        self.client("eks").create_cluster(name="platform", roleArn=role, resourcesVpcConfig=vpc, tags={**self.tag, **AWKWARD}, version="1.31")

    def functions(self):
        trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
        iam = self.client("iam")
        try:
            iam.create_role(RoleName="functions", AssumeRolePolicyDocument=trust)
        except iam.exceptions.EntityAlreadyExistsException:
            pass
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr(zipfile.ZipInfo("app.py"), "def handler(event, context):\n    return event\n")
        for number in range(self.many):
            self.client("lambda").create_function(
                FunctionName=f"job-{number}", Runtime="python3.13", Role=f"arn:aws:iam::{self.account}:role/functions", Handler="app.handler",
                Code={"ZipFile": code.getvalue()}, Description="Läuft täglich & <oft>", Environment={"Variables": {"DB_PASSWORD": LAMBDA_SECRET, "MODE": "live"}},
                Tags={**self.tag, **AWKWARD}, Architectures=["arm64"],
            )
