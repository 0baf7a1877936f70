"""What the estate has of Application Auto Scaling."""


def scalable_targets(aws):
    """AWS::ApplicationAutoScaling::ScalableTarget"""
    dynamodb = aws("dynamodb")
    if "estate-scaled" not in dynamodb.list_tables()["TableNames"]:
        dynamodb.create_table(
            TableName="estate-scaled",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        )
    scaling = aws("application-autoscaling")
    for unit, tags in (("Read", {"team": "web"}), ("Write", {})):
        scaling.register_scalable_target(
            ServiceNamespace="dynamodb",
            ResourceId="table/estate-scaled",
            ScalableDimension=f"dynamodb:table:{unit}CapacityUnits",
            MinCapacity=1,
            MaxCapacity=10,
            **({"Tags": tags} if tags else {}),
        )


KINDS = {"AWS::ApplicationAutoScaling::ScalableTarget": scalable_targets}
