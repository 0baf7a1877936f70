"""What boto3 gives for the calls behind every kind, in the peer's envelope: the truth that a sync is compared with.

One JSON line for each resource: {"kind", "account", "region", "id", "properties", "raw", "extra"}. `properties` are the
peer's names and types, `raw` everything that AWS said about the resource under the same top-level casing.
usage: oracle.py FRONT    with the description that organization.py printed on standard input
"""

import datetime
import json
import sys

import shapes
from clients import MANAGEMENT, client
from botocore.exceptions import ClientError


class Reader:
    """One account in one region; every method yields (id, what AWS said, extra context)."""

    def __init__(self, front, account, region):
        self.front, self.account, self.region = front, account, region

    def client(self, service):
        return client(self.front, service, self.account, self.region)

    def pages(self, service, operation, key, **arguments):
        # Only pages of these carry all there is: SQS gives no token otherwise, S3 no region.
        size = {"PageSize": 100} if service in ("sqs", "s3") else {}
        for page in self.client(service).get_paginator(operation).paginate(PaginationConfig=size, **arguments):
            yield from page.get(key, [])

    def instances(self):
        for reservation in self.pages("ec2", "describe_instances", "Reservations"):
            extra = {key: value for key, value in reservation.items() if key != "Instances"}
            for instance in reservation["Instances"]:
                found = self.client("ec2").describe_instance_status(InstanceIds=[instance["InstanceId"]], IncludeAllInstances=True)
                yield instance["InstanceId"], {**instance, **found["InstanceStatuses"][0]}, extra

    def volumes(self):
        for volume in self.pages("ec2", "describe_volumes", "Volumes"):
            found = self.client("ec2").describe_volume_attribute(VolumeId=volume["VolumeId"], Attribute="autoEnableIO")
            yield volume["VolumeId"], {**volume, "AutoEnableIO": found["AutoEnableIO"]["Value"]}, {}

    def databases(self):
        for database in self.pages("rds", "describe_db_instances", "DBInstances"):
            tags = self.client("rds").list_tags_for_resource(ResourceName=database["DBInstanceArn"])["TagList"]
            yield database["DBInstanceArn"], {**database, "Tags": tags}, {}

    def topics(self):
        for topic in self.pages("sns", "list_topics", "Topics"):
            arn = topic["TopicArn"]
            attributes = self.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
            yield arn, {**topic, **attributes, "Tags": self.client("sns").list_tags_for_resource(ResourceArn=arn)["Tags"]}, {}

    def queues(self):
        sqs = self.client("sqs")
        for url in self.pages("sqs", "list_queues", "QueueUrls"):
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            yield attributes["QueueArn"], {"QueueUrl": url, "QueueName": url.rpartition("/")[2], **attributes, "Tags": sqs.list_queue_tags(QueueUrl=url).get("Tags", {})}, {}

    def tables(self):
        dynamodb = self.client("dynamodb")
        for name in self.pages("dynamodb", "list_tables", "TableNames"):
            table = dynamodb.describe_table(TableName=name)["Table"]
            tags = dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
            backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
            yield table["TableArn"], {**table, "Tags": tags, "ContinuousBackupsDescription": backups}, {}

    def clusters(self):
        include = ["TAGS", "ATTACHMENTS", "SETTINGS", "CONFIGURATIONS", "STATISTICS"]
        for arn in self.pages("ecs", "list_clusters", "clusterArns"):
            yield arn, self.client("ecs").describe_clusters(clusters=[arn], include=include)["clusters"][0], {}

    def services(self):
        for cluster in self.pages("ecs", "list_clusters", "clusterArns"):
            for arn in self.pages("ecs", "list_services", "serviceArns", cluster=cluster):
                found = self.client("ecs").describe_services(cluster=cluster, services=[arn], include=["TAGS"])["services"][0]
                yield arn, found, {"ClusterArn": cluster}

    def kubernetes(self):
        for name in self.pages("eks", "list_clusters", "clusters"):
            cluster = self.client("eks").describe_cluster(name=name)["cluster"]
            yield cluster["arn"], cluster, {}

    def functions(self):
        for function in self.pages("lambda", "list_functions", "Functions"):
            yield function["FunctionArn"], {**function, "Tags": self.client("lambda").list_tags(Resource=function["FunctionArn"])["Tags"]}, {}

    def buckets(self):
        for bucket in self.pages("s3", "list_buckets", "Buckets"):
            name = bucket["Name"]
            found = {"BucketName": name, "Arn": f"arn:aws:s3:::{name}", "CreationDate": bucket["CreationDate"], "BucketRegion": bucket["BucketRegion"]}
            s3 = client(self.front, "s3", self.account, self.region)
            where = s3.get_bucket_location(Bucket=name)["LocationConstraint"]
            s3 = client(self.front, "s3", self.account, where or "us-east-1")
            # The peer leaves null for the first region; its name says the same and can be compared.
            found["LocationConstraint"] = where or "us-east-1"
            found["Tags"] = absent("NoSuchTagSet", [], lambda: s3.get_bucket_tagging(Bucket=name)["TagSet"])
            for key, answer, code, ask in (
                ("PublicAccessBlockConfiguration", "PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block),
                ("OwnershipControls", "OwnershipControls", "OwnershipControlsNotFoundError", s3.get_bucket_ownership_controls),
                ("BucketEncryption", "ServerSideEncryptionConfiguration", "ServerSideEncryptionConfigurationNotFoundError", s3.get_bucket_encryption),
            ):
                value = absent(code, None, lambda ask=ask, answer=answer: ask(Bucket=name)[answer])
                if value is not None:
                    found[key] = value
            yield name, found, {}

    def organization_accounts(self):
        for account in self.pages("organizations", "list_accounts", "Accounts"):
            parents = list(self.pages("organizations", "list_parents", "Parents", ChildId=account["Id"]))
            tags = list(self.pages("organizations", "list_tags_for_resource", "Tags", ResourceId=account["Id"]))
            yield account["Id"], {**account, "Parents": parents, "Tags": tags}, {}


REGIONAL = {
    "AWS::EC2::Instance": Reader.instances,
    "AWS::EC2::Volume": Reader.volumes,
    "AWS::RDS::DBInstance": Reader.databases,
    "AWS::SNS::Topic": Reader.topics,
    "AWS::SQS::Queue": Reader.queues,
    "AWS::DynamoDB::Table": Reader.tables,
    "AWS::ECS::Cluster": Reader.clusters,
    "AWS::ECS::Service": Reader.services,
    "AWS::EKS::Cluster": Reader.kubernetes,
    "AWS::Lambda::Function": Reader.functions,
}


def absent(code, instead, ask):
    """The answer, or `instead` where the service says with this code that there is nothing."""
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
        return instead


def plain(value):
    """JSON, with times as the peer writes them: UTC, `Z`, microseconds only where there are some."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def emit(kind, account, region, found):
    for identifier, raw, extra in found:
        raw = plain(raw)
        line = {"kind": kind, "account": account, "region": region, "id": identifier, "extra": plain(extra)}
        line["properties"], line["raw"] = shapes.of_the_peer(kind, raw), shapes.cased(kind, raw)
        print(json.dumps(line, ensure_ascii=False))


def main():
    front, made = sys.argv[1], json.load(sys.stdin)
    for account in made["readable"]:
        for region in made["regions"]:
            if made["denied_region"] == {"account": account, "region": region}:
                continue
            for kind, read in REGIONAL.items():
                emit(kind, account, region, read(Reader(front, account, region)))
        emit("AWS::S3::Bucket", account, None, Reader(front, account, "us-east-1").buckets())
    emit("AWS::Organizations::Account", MANAGEMENT, None, Reader(front, MANAGEMENT, "us-east-1").organization_accounts())
    for account in Reader(front, MANAGEMENT, "us-east-1").pages("organizations", "list_accounts", "Accounts"):
        if account["Id"] in made["readable"]:
            emit("AWS::Account::Info", account["Id"], None, [(account["Id"], {"Id": account["Id"], "Name": account["Name"]}, {})])


if __name__ == "__main__":
    main()
