"""What the estate has of EMR Serverless."""


def applications(aws):
    """AWS::EMRServerless::Application"""
    aws("emr-serverless").create_application(
        name="spark",
        releaseLabel="emr-7.8.0",
        type="SPARK",
        initialCapacity={"Driver": {"workerCount": 1, "workerConfiguration": {"cpu": "2vCPU", "memory": "4GB"}}},
        maximumCapacity={"cpu": "100vCPU", "memory": "400GB"},
        tags={"team": "data"},
    )
    aws("emr-serverless").create_application(name="plain", releaseLabel="emr-7.8.0", type="HIVE")


KINDS = {"AWS::EMRServerless::Application": applications}
