"""What the estate has of VPC Lattice."""


def services(aws):
    """AWS::VpcLattice::Service"""
    lattice = aws("vpc-lattice")
    if "estate" not in [known["name"] for known in lattice.list_services()["items"]]:
        lattice.create_service(name="estate", authType="AWS_IAM", tags={"team": "web"})
        lattice.create_service(name="estate-open", authType="NONE")


KINDS = {"AWS::VpcLattice::Service": services}
