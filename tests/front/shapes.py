"""The peer's output shapes, kind by kind, taken from its own models (port-labs/ocean, aws-v3 2.20.11-beta, commit 607beada).

`NAMES` are the top-level properties it knows; a kind in `OPEN` keeps what it does not know as well. `NUMBERS` and
`SWITCHES` are the properties that arrive as text and leave typed. `RENAMED` maps AWS's name to the peer's.
"""

OPEN = {"AWS::EC2::Instance", "AWS::EC2::Volume", "AWS::DynamoDB::Table", "AWS::Organizations::Account"}
NUMBERS = {
    "AWS::SQS::Queue": """
        ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible ApproximateNumberOfMessagesDelayed VisibilityTimeout
        MaximumMessageSize MessageRetentionPeriod DelaySeconds ReceiveMessageWaitTimeSeconds KmsDataKeyReusePeriodSeconds
    """.split(),
    "AWS::SNS::Topic": """
        SubscriptionsConfirmed SubscriptionsDeleted SubscriptionsPending HTTPSuccessFeedbackSampleRate FirehoseSuccessFeedbackSampleRate
        LambdaSuccessFeedbackSampleRate ApplicationSuccessFeedbackSampleRate SQSSuccessFeedbackSampleRate
    """.split(),
}
SWITCHES = {
    "AWS::SQS::Queue": """
        SqsManagedSseEnabled FifoQueue ContentBasedDeduplication
    """.split(),
    "AWS::SNS::Topic": """
        FifoTopic ContentBasedDeduplication
    """.split(),
}
RENAMED = {
    "AWS::RDS::DBInstance": {"DbInstancePort": "Port", "IAMDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication", "PerformanceInsightsEnabled": "EnablePerformanceInsights"},
    "AWS::ECS::Cluster": {"settings": "ClusterSettings"},
}
NAMES = {
    "AWS::Account::Info": "Id Name".split(),
    "AWS::S3::Bucket": """
        BucketName Arn CreationDate LocationConstraint Tags BucketEncryption PublicAccessBlockConfiguration OwnershipControls
    """.split(),
    "AWS::EC2::Instance": """
        AmiLaunchIndex Architecture AvailabilityZone BlockDeviceMappings BootMode CapacityReservationSpecification ClientToken CpuOptions
        CurrentInstanceBootMode EbsOptimized EnclaveOptions EnaSupport Events HibernationOptions Hypervisor ImageId InstanceArn InstanceId
        InstanceStatus InstanceState InstanceType KeyName LaunchTime MaintenanceOptions MetadataOptions Monitoring NetworkInterfaces
        NetworkPerformanceOptions Operator Placement Platform PlatformDetails PrivateDnsName PrivateDnsNameOptions PrivateIpAddress
        ProductCodes PublicDnsName PublicIpAddress Reason RootDeviceName RootDeviceType SecurityGroups SourceDestCheck State StateReason
        StateTransitionReason SubnetId SystemStatus Tags UsageOperation UsageOperationUpdateTime VirtualizationType VpcId
    """.split(),
    "AWS::EC2::Volume": """
        VolumeId VolumeType Size Iops Throughput AvailabilityZone State CreateTime Tags Encrypted SnapshotId Attachments MultiAttachEnabled
        KmsKeyId AutoEnableIO
    """.split(),
    "AWS::RDS::DBInstance": """
        AllocatedStorage AutoMinorVersionUpgrade AvailabilityZone BackupRetentionPeriod CACertificateIdentifier CharacterSetName
        CopyTagsToSnapshot DBInstanceArn DBInstanceClass DBInstanceIdentifier Port DBInstanceStatus DBName DBParameterGroups
        DBSecurityGroups DBSubnetGroup DbiResourceId DomainMemberships EnableIAMDatabaseAuthentication EnablePerformanceInsights Endpoint
        Engine EngineVersion EnhancedMonitoringResourceArn InstanceCreateTime Iops KmsKeyId LatestRestorableTime LicenseModel MasterUsername
        MonitoringInterval MonitoringRoleArn MultiAZ OptionGroupMemberships PendingModifiedValues PreferredBackupWindow
        PreferredMaintenanceWindow PubliclyAccessible ReadReplicaDBInstanceIdentifiers SecondaryAvailabilityZone StorageEncrypted
        StorageType Tags VPCSecurityGroups DatabaseInsightsMode DeletionProtection AssociatedRoles CustomerOwnedIpEnabled
        ActivityStreamStatus BackupTarget NetworkType StorageThroughput CertificateDetails DedicatedLogVolume
        IsStorageConfigUpgradeAvailable EngineLifecycleSupport
    """.split(),
    "AWS::SNS::Topic": """
        TopicArn Owner DisplayName Policy DeliveryPolicy EffectiveDeliveryPolicy SubscriptionsConfirmed SubscriptionsDeleted
        SubscriptionsPending SignatureVersion TracingConfig KmsMasterKeyId FifoTopic ContentBasedDeduplication ArchivePolicy
        BeginningArchiveTime FifoThroughputScope HTTPSuccessFeedbackRoleArn HTTPSuccessFeedbackSampleRate HTTPFailureFeedbackRoleArn
        FirehoseSuccessFeedbackRoleArn FirehoseSuccessFeedbackSampleRate FirehoseFailureFeedbackRoleArn LambdaSuccessFeedbackRoleArn
        LambdaSuccessFeedbackSampleRate LambdaFailureFeedbackRoleArn ApplicationSuccessFeedbackRoleArn ApplicationSuccessFeedbackSampleRate
        ApplicationFailureFeedbackRoleArn SQSSuccessFeedbackRoleArn SQSSuccessFeedbackSampleRate SQSFailureFeedbackRoleArn Tags
    """.split(),
    "AWS::SQS::Queue": """
        QueueName QueueUrl QueueArn ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible ApproximateNumberOfMessagesDelayed
        CreatedTimestamp LastModifiedTimestamp VisibilityTimeout MaximumMessageSize MessageRetentionPeriod DelaySeconds
        ReceiveMessageWaitTimeSeconds Policy RedrivePolicy RedriveAllowPolicy KmsMasterKeyId KmsDataKeyReusePeriodSeconds
        SqsManagedSseEnabled FifoQueue ContentBasedDeduplication DeduplicationScope FifoThroughputLimit Tags
    """.split(),
    "AWS::DynamoDB::Table": """
        TableName TableArn TableId TableStatus CreationDateTime ProvisionedThroughput TableSizeBytes ItemCount BillingModeSummary KeySchema
        AttributeDefinitions GlobalSecondaryIndexes LocalSecondaryIndexes StreamSpecification LatestStreamArn LatestStreamLabel
        SSEDescription RestoreSummary ArchivalSummary TableClassSummary DeletionProtectionEnabled Replicas GlobalTableVersion
        GlobalTableWitnesses GlobalTableSettingsReplicationMode OnDemandThroughput WarmThroughput MultiRegionConsistency Tags
        ContinuousBackupsDescription
    """.split(),
    "AWS::ECS::Cluster": """
        ClusterName CapacityProviders ClusterSettings Configuration DefaultCapacityProviderStrategy ServiceConnectDefaults Tags Attachments
        AttachmentsStatus Statistics Status RunningTasksCount ActiveServicesCount PendingTasksCount RegisteredContainerInstancesCount
        ClusterArn
    """.split(),
    "AWS::ECS::Service": """
        AvailabilityZoneRebalancing CapacityProviderStrategy ClusterArn CreatedAt CreatedBy DeploymentConfiguration DeploymentController
        Deployments DesiredCount EnableECSManagedTags EnableExecuteCommand Events HealthCheckGracePeriodSeconds LaunchType LoadBalancers
        NetworkConfiguration PendingCount PlacementConstraints PlacementStrategy PlatformFamily PlatformVersion PropagateTags RoleArn
        RunningCount SchedulingStrategy ServiceArn ServiceName ServiceRegistries Status Tags TaskDefinition TaskSets UpdatedAt
    """.split(),
    "AWS::EKS::Cluster": """
        AccessConfig Arn CertificateAuthority ComputeConfig CreatedAt Endpoint Identity KubernetesNetworkConfig Logging Name PlatformVersion
        ResourcesVpcConfig RoleArn Status StorageConfig Tags UpgradePolicy Version ZonalShiftConfig
    """.split(),
    "AWS::Lambda::Function": """
        Architectures CodeSha256 CodeSize DeadLetterConfig Description Environment EphemeralStorage FileSystemConfigs FunctionArn
        FunctionName Handler ImageConfigResponse KMSKeyArn LastModified LastUpdateStatus LastUpdateStatusReason LastUpdateStatusReasonCode
        Layers LoggingConfig MasterArn MemorySize PackageType RevisionId Role Runtime RuntimeVersionConfig SigningJobArn
        SigningProfileVersionArn SnapStart State StateReason StateReasonCode Tags Timeout TracingConfig Version VpcConfig
    """.split(),
    "AWS::Organizations::Account": """
        Id Arn Name Email Parents Tags Status State JoinedTimestamp JoinedMethod
    """.split(),
}
# Where we differ from the peer on purpose: its model misspells a name and so loses the list of groups, and it asks for
# tags that the list call has already given.
OURS = {"AWS::RDS::DBInstance": {"VpcSecurityGroups": "VPCSecurityGroups", "TagList": "Tags"}}
# Services whose members start with a small letter; the peer raises the first letter at the top level.
LOWER = ("AWS::ECS::", "AWS::EKS::")


def cased(kind, raw):
    """Everything that AWS said, under the peer's casing and names, typed as the peer types it."""
    renamed = {**RENAMED.get(kind, {}), **OURS.get(kind, {})}
    found = {}
    for key, value in raw.items():
        name = renamed.get(key) or (key[:1].upper() + key[1:] if kind.startswith(LOWER) else key)
        if name in NUMBERS.get(kind, ()) and isinstance(value, str):
            value = int(float(value))
        elif name in SWITCHES.get(kind, ()) and isinstance(value, str):
            value = value == "true"
        found[name] = value
    return found


def of_the_peer(kind, raw):
    """The properties that the peer gives."""
    found = cased(kind, raw)
    return found if kind in OPEN else {name: value for name, value in found.items() if name in NAMES[kind]}
