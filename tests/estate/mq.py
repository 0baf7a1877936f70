"""What the estate has of Amazon MQ."""


def brokers(aws):
    """AWS::AmazonMQ::Broker"""
    for name, tags in (("orders", {"team": "web"}), ("plain", {})):
        aws("mq").create_broker(
            BrokerName=name,
            AutoMinorVersionUpgrade=True,
            DeploymentMode="SINGLE_INSTANCE",
            EngineType="ActiveMQ",
            EngineVersion="5.18",
            HostInstanceType="mq.t3.micro",
            PubliclyAccessible=False,
            Users=[{"Username": "admin", "Password": "hunter2hunter2"}],
            Tags=tags,
        )


KINDS = {"AWS::AmazonMQ::Broker": brokers}
