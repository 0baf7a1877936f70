"""What the estate has of Managed Prometheus."""


def workspaces(aws):
    """AWS::APS::Workspace"""
    aws("amp").create_workspace(alias="metrics", tags={"team": "ops"})
    aws("amp").create_workspace()


KINDS = {"AWS::APS::Workspace": workspaces}
