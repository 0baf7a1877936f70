"""What the estate has of Systems Manager."""

import json

TAGS = [{"Key": "team", "Value": "web"}]
DOCUMENT = {
    "schemaVersion": "2.2",
    "description": "Restarts a service",
    "parameters": {"Service": {"type": "String", "description": "Which", "default": "nginx"}},
    "mainSteps": [
        {
            "action": "aws:runShellScript",
            "name": "restart",
            "inputs": {"runCommand": ["systemctl restart {{ Service }}"]},
        }
    ],
}


def documents(aws):
    """AWS::SSM::Document"""
    ssm = aws("ssm")
    own = [{"Key": "Owner", "Values": ["Self"]}]
    if "estate-restart" in [document["Name"] for document in ssm.list_documents(Filters=own)["DocumentIdentifiers"]]:
        return
    ssm.create_document(Name="estate-restart", DocumentType="Command", Content=json.dumps(DOCUMENT), Tags=TAGS)


def patch_baselines(aws):
    """AWS::SSM::PatchBaseline"""
    ssm = aws("ssm")
    own = [{"Key": "OWNER", "Values": ["Self"]}]
    known = ssm.describe_patch_baselines(Filters=own)["BaselineIdentities"]
    if "estate-linux" in [baseline["BaselineName"] for baseline in known]:
        return
    ssm.create_patch_baseline(
        Name="estate-linux",
        OperatingSystem="AMAZON_LINUX_2023",
        Description="What the servers get",
        ApprovalRules={
            "PatchRules": [
                {
                    "PatchFilterGroup": {"PatchFilters": [{"Key": "SEVERITY", "Values": ["Critical"]}]},
                    "ApproveAfterDays": 7,
                }
            ]
        },
    )


def maintenance_windows(aws):
    """AWS::SSM::MaintenanceWindow"""
    ssm = aws("ssm")
    if "estate-nights" in [window["Name"] for window in ssm.describe_maintenance_windows()["WindowIdentities"]]:
        return
    ssm.create_maintenance_window(
        Name="estate-nights",
        Description="Every night",
        Schedule="cron(0 2 * * ? *)",
        Duration=2,
        Cutoff=1,
        AllowUnassociatedTargets=False,
        Tags=TAGS,
    )
    ssm.create_maintenance_window(
        Name="estate-sundays", Schedule="cron(0 4 ? * SUN *)", Duration=4, Cutoff=0, AllowUnassociatedTargets=True
    )


KINDS = {
    "AWS::SSM::Document": documents,
    "AWS::SSM::PatchBaseline": patch_baselines,
    "AWS::SSM::MaintenanceWindow": maintenance_windows,
}
