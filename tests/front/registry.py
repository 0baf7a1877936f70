"""Resource types as CloudFormation's registry describes them, and what Cloud Control finds of them in every account.

Six types are read. `DENIED` has a read handler that needs a secret, so that nobody may ever ask Cloud Control about it;
`LEGACY` is in the registry and has no handlers. Actions, identifiers and required keys are AWS's own, as far as known.
"""

import dataclasses
import json

DENIED = "AWS::SecretsManager::SecretTargetAttachment"
LEGACY = "AWS::SDB::Domain"
TAG = {"type": "object", "properties": {"Key": {"type": "string"}, "Value": {"type": "string"}}, "required": ["Key", "Value"], "additionalProperties": False}
JSON_TYPES = {str: "string", bool: "boolean", int: "integer", dict: "object", list: "array"}


@dataclasses.dataclass
class Type:
    """A type: what its handlers need, how its resources are named, and which there are."""

    name: str
    lists: tuple
    reads: tuple
    identifier: tuple
    # (account, region) to whole models. The first has every property.
    models: callable
    # What a listing gives of a model; everything where this is None.
    listed: tuple | None = None
    # The parent's keys, without which nothing is listed.
    required: tuple = ()
    read_only: tuple = ()
    # Where the type is; everywhere where this is None.
    regions: tuple | None = None

    def is_in(self, region):
        return self.regions is None or region in self.regions

    def identify(self, model):
        """The primary identifier; several keys are joined by a bar."""
        return "|".join(model[key] for key in self.identifier)

    def describe(self, model, whole):
        """A ResourceDescription: the properties are text."""
        kept = model if whole or self.listed is None else {key: model[key] for key in self.listed}
        return {"Identifier": self.identify(model), "Properties": json.dumps(kept, ensure_ascii=False)}

    def schema(self):
        handlers = {}
        if self.lists:
            service = self.reads[0].partition(":")[0]
            handlers = {"create": {"permissions": [f"{service}:CreateThing", "kms:Decrypt", "iam:PassRole"]}, "read": {"permissions": list(self.reads)}, "list": {"permissions": list(self.lists)}}
        if self.required:
            properties = {key: {"$ref": f"resource-schema.json#/properties/{key}"} for key in self.required}
            handlers["list"]["handlerSchema"] = {"properties": properties, "required": list(self.required)}
        paths = lambda keys: [f"/properties/{key}" for key in keys]
        model = self.models("111111111111", "us-east-1")[0]
        return {
            "typeName": self.name,
            "description": f"Resource Type definition for {self.name} & \"friends\" <beta>",
            "definitions": {"Tag": TAG},
            "properties": {key: {"type": "array", "items": {"$ref": "#/definitions/Tag"}} if key == "Tags" else {"type": JSON_TYPES[type(value)]} for key, value in model.items()},
            "primaryIdentifier": paths(self.identifier),
            "readOnlyProperties": paths(self.read_only),
            "createOnlyProperties": paths(key for key in self.identifier if key not in self.read_only),
            **({"handlers": handlers} if handlers else {}),
            "additionalProperties": False,
        }


def tags(account):
    return [{"Key": "owner", "Value": f"team-{account[-2:]}"}, {"Key": "größe", "Value": "<klein> & \"fein\""}]


def catalogs(account, region):
    arn = f"arn:aws:lambda:{region}:{account}:function:catalog"
    whole = {"Name": "federated", "Type": "LAMBDA", "Description": "Verknüpft <alles> & mehr", "Parameters": {"function": arn}, "Tags": tags(account)}
    return [whole, {"Name": "AwsDataCatalog", "Type": "GLUE", "Parameters": {"catalog-id": account}}, {"Name": "hive_1", "Type": "HIVE", "Tags": []}]


def monitors(account, _):
    dated = {"CreationDate": "2026-01-02T03:04:05Z", "LastUpdatedDate": "2026-01-02T03:04:05Z"}
    arn = f"arn:aws:ce::{account}:anomalymonitor/0f0f0f0f-0000-4000-8000-{account}"
    return [{"MonitorArn": arn, "MonitorName": "by service", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE", "DimensionalValueCount": 7, **dated}]


def things(account, region):
    found = []
    for number in range(45):
        name = f"sensor-{number:03d}"
        attributes = {"AttributePayload": {"Attributes": {"floor": str(number % 7)}}} if number % 2 == 0 else {}
        found.append({"ThingName": name, "Id": f"{number:08d}-0000-4000-8000-{account}", "Arn": f"arn:aws:iot:{region}:{account}:thing/{name}", **attributes})
    return found


def channel_groups(account, region):
    made = "2026-01-02T03:04:05Z"
    base = f"arn:aws:mediapackagev2:{region}:{account}:channelGroup"
    whole = {"Arn": f"{base}/live", "ChannelGroupName": "live", "CreatedAt": made, "Description": "Live", "EgressDomain": f"live.egress.{region}.amazonaws.com", "ModifiedAt": made, "Tags": tags(account)}
    return [whole, {"Arn": f"{base}/archive", "ChannelGroupName": "archive", "CreatedAt": made, "EgressDomain": f"archive.egress.{region}.amazonaws.com", "ModifiedAt": made}]


def channels(account, region):
    found = []
    for group in channel_groups(account, region):
        for name in ("one", "two") if group["ChannelGroupName"] == "live" else ("one",):
            found.append({
                "Arn": f"{group['Arn']}/channel/{name}", "ChannelGroupName": group["ChannelGroupName"], "ChannelName": name, "InputType": "HLS",
                "IngestEndpoints": [{"Id": "1", "Url": f"https://{name}.ingest.example/"}], "CreatedAt": group["CreatedAt"], "ModifiedAt": group["ModifiedAt"], "Tags": [],
            })
    return found


def timestream_tables(account, region):
    found = []
    for database, name in (("metrics", "cpu"), ("metrics", "disk"), ("events", "cpu")):
        arn = f"arn:aws:timestream:{region}:{account}:database/{database}/table/{name}"
        retention = {"MemoryStoreRetentionPeriodInHours": "24", "MagneticStoreRetentionPeriodInDays": "365"}
        found.append({"DatabaseName": database, "TableName": name, "Name": name, "Arn": arn, "RetentionProperties": retention, "Tags": tags(account)})
    return found


def attachments(account, region):
    return [{"Id": "planted-attachment", "SecretId": f"arn:aws:secretsmanager:{region}:{account}:secret:db", "TargetId": "db-0", "TargetType": "AWS::RDS::DBInstance"}]


TYPES = {
    kind.name: kind
    for kind in (
        # A listing says nothing but names: the rest takes GetResource.
        Type("AWS::Athena::DataCatalog", ("athena:ListDataCatalogs",), ("athena:GetDataCatalog", "athena:ListTagsForResource"), ("Name",), catalogs, listed=("Name",)),
        # In one region only: elsewhere neither the registry nor Cloud Control knows it.
        Type("AWS::CE::AnomalyMonitor", ("ce:GetAnomalyMonitors",), ("ce:GetAnomalyMonitors",), ("MonitorArn",), monitors, read_only=("MonitorArn", "CreationDate", "LastUpdatedDate", "DimensionalValueCount"), regions=("us-east-1",)),
        # Several pages, each item whole.
        Type("AWS::IoT::Thing", ("iot:ListThings",), ("iot:DescribeThing",), ("ThingName",), things, read_only=("Id", "Arn")),
        # Parents, and what is listed below them only.
        Type("AWS::MediaPackageV2::ChannelGroup", ("mediapackagev2:ListChannelGroups",), ("mediapackagev2:GetChannelGroup",), ("Arn",), channel_groups, listed=("Arn", "ChannelGroupName"), read_only=("Arn", "CreatedAt", "EgressDomain", "ModifiedAt")),
        Type(
            "AWS::MediaPackageV2::Channel", ("mediapackagev2:ListChannels",), ("mediapackagev2:GetChannel",), ("Arn",), channels,
            listed=("Arn", "ChannelGroupName", "ChannelName"), required=("ChannelGroupName",), read_only=("Arn", "CreatedAt", "IngestEndpoints", "ModifiedAt"),
        ),
        # Two keys make the identifier.
        Type(
            "AWS::Timestream::Table", ("timestream:ListTables", "timestream:DescribeEndpoints"),
            ("timestream:DescribeTable", "timestream:DescribeEndpoints", "timestream:ListTagsForResource"), ("DatabaseName", "TableName"), timestream_tables, read_only=("Arn", "Name"),
        ),
        Type(DENIED, ("secretsmanager:ListSecrets",), ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"), ("Id",), attachments, read_only=("Id",)),
        Type(LEGACY, (), (), ("Id",), lambda account, region: [{"Id": "legacy", "Description": ""}], read_only=("Id",)),
    )
}
