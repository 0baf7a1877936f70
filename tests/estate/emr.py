"""What the estate has of EMR."""


def clusters(aws):
    """AWS::EMR::Cluster"""
    emr = aws("emr")
    instances = {
        "MasterInstanceType": "m7g.xlarge",
        "SlaveInstanceType": "m7g.xlarge",
        "InstanceCount": 3,
        "KeepJobFlowAliveWhenNoSteps": True,
        "TerminationProtected": False,
    }
    roles = {"JobFlowRole": "EMR_EC2_DefaultRole", "ServiceRole": "EMR_DefaultRole"}
    emr.run_job_flow(
        Name="spark",
        ReleaseLabel="emr-7.8.0",
        Instances=instances,
        Applications=[{"Name": "Spark"}, {"Name": "Hive"}],
        Configurations=[
            {"Classification": "hive-site", "Properties": {"javax.jdo.option.ConnectionPassword": "hunter2"}}
        ],
        VisibleToAllUsers=True,
        Tags=[{"Key": "team", "Value": "data"}],
        **roles,
    )
    # Terminated, and not listed.
    old = emr.run_job_flow(Name="old", ReleaseLabel="emr-7.8.0", Instances=instances, **roles)["JobFlowId"]
    emr.terminate_job_flows(JobFlowIds=[old])


KINDS = {"AWS::EMR::Cluster": clusters}
