"""What the estate has of Shield Advanced."""


def protections(aws):
    """AWS::Shield::Protection"""
    shield = aws("shield", "us-east-1")
    if shield.list_protections()["Protections"]:
        return
    shield.create_protection(
        Name="estate-address",
        ResourceArn="arn:aws:ec2:eu-west-1:111122223333:eip-allocation/eipalloc-0123456789abcdef0",
        Tags=[{"Key": "team", "Value": "web"}],
    )
    shield.create_protection(
        Name="estate-zone", ResourceArn="arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"
    )


KINDS = {"AWS::Shield::Protection": protections}
