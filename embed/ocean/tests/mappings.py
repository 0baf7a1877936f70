"""Mappings and blueprints for the tests."""


def blueprint(identifier, **properties):
    schema = {"properties": {name: {"type": kind} for name, kind in properties.items()}, "required": []}
    return {"identifier": identifier, "title": identifier, "schema": schema, "relations": {}}


def resource(kind, identifier, name, selector=None, **properties):
    mappings = {"identifier": identifier, "blueprint": f'"{name}"', "properties": properties}
    return {"kind": kind, "selector": {"query": "true", **(selector or {})}, "port": {"entity": {"mappings": mappings}}}


# Which keeps every resource as it came. The whole is its own identity.
RAW = [blueprint("raw", resource="object")]


def raw(kind, selector=None):
    return resource(kind, "tojson", "raw", selector, resource=".")


# A few kinds whose names stand still, so that a test can say what has to be there.
NAMED = [blueprint(name, resource="object") for name in ("bucket", "queue", "topic", "table")]
IDENTIFIERS = {
    "AWS::S3::Bucket": (".Properties.Arn", "bucket"),
    "AWS::SQS::Queue": (".Properties.QueueArn", "queue"),
    "AWS::SNS::Topic": (".Properties.TopicArn", "topic"),
    "AWS::DynamoDB::Table": (".Properties.TableArn", "table"),
}


def named(*kinds, **selector):
    resources = [resource(kind, *IDENTIFIERS[kind], selector, resource=".Properties") for kind in kinds or IDENTIFIERS]
    return {"deleteDependentEntities": True, "createMissingRelatedEntities": True, "resources": resources}
