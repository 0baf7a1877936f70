"""What the estate has of AWS Backup."""


def vault(aws, name, **more):
    """A vault; made once."""
    if name not in [known["BackupVaultName"] for known in aws("backup").list_backup_vaults()["BackupVaultList"]]:
        aws("backup").create_backup_vault(BackupVaultName=name, **more)
    return name


def vaults(aws):
    """AWS::Backup::BackupVault"""
    vault(aws, "weekly", BackupVaultTags={"team": "ops"})
    vault(aws, "plain")
    # As every account has it.
    vault(aws, "Default")


def plans(aws):
    """AWS::Backup::BackupPlan"""
    rule = {
        "RuleName": "daily",
        "TargetBackupVaultName": vault(aws, "nightly"),
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "Lifecycle": {"DeleteAfterDays": 35},
    }
    aws("backup").create_backup_plan(
        BackupPlan={"BackupPlanName": "daily", "Rules": [rule]}, BackupPlanTags={"team": "ops"}
    )
    deleted = aws("backup").create_backup_plan(BackupPlan={"BackupPlanName": "old", "Rules": [rule]})
    aws("backup").delete_backup_plan(BackupPlanId=deleted["BackupPlanId"])


KINDS = {"AWS::Backup::BackupPlan": plans, "AWS::Backup::BackupVault": vaults}
