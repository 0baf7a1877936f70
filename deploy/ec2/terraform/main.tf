# Made by: portolan iam template ec2 --terraform
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "instance_account_id" {
  type        = string
  description = "Account in which the instance runs; empty: the one of this stack"
  default     = ""

  validation {
    condition     = can(regex("^([0-9]{12})?$", var.instance_account_id))
    error_message = "instance_account_id: the twelve digits of an account id, or nothing."
  }
}

variable "instance_role_name" {
  type        = string
  description = "Name of the instance's role and profile"
  default     = "PortOceanInstanceRole"

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.instance_role_name))
    error_message = "instance_role_name: a name without a path: letters, digits, and +=,.@_-."
  }
}

variable "read_role_name" {
  type        = string
  description = "Name of the role that reads, the same in every account"
  default     = "PortOceanReadRole"

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.read_role_name))
    error_message = "read_role_name: a name without a path: letters, digits, and +=,.@_-."
  }
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

locals {
  source_here = (var.instance_account_id == "" || var.instance_account_id == data.aws_caller_identity.current.account_id)
  source_account = local.source_here ? data.aws_caller_identity.current.account_id : var.instance_account_id
}

resource "aws_iam_role" "instance_role" {
  count = local.source_here ? 1 : 0

  name        = var.instance_role_name
  description = "The instance that runs Portolan: may assume the read role and nothing else"
  assume_role_policy = jsonencode({
    "Version": "2012-10-17",
    "Statement": [
      {
        "Sid": "Assume",
        "Effect": "Allow",
        "Principal": {
          "Service": "ec2.amazonaws.com"
        },
        "Action": [
          "sts:AssumeRole"
        ]
      }
    ]
  })
}

resource "aws_iam_role_policy" "instance_role" {
  count = local.source_here ? 1 : 0

  name = "AssumeReadRole"
  role = aws_iam_role.instance_role[0].name
  policy = jsonencode({
    "Version": "2012-10-17",
    "Statement": [
      {
        "Sid": "Assume",
        "Effect": "Allow",
        "Action": [
          "sts:AssumeRole"
        ],
        "Resource": [
          "arn:${data.aws_partition.current.partition}:iam::*:role/${var.read_role_name}"
        ]
      }
    ]
  })
}

resource "aws_iam_role" "read_role" {
  name        = var.read_role_name
  description = "Read by Portolan: inventory, no contents, no credentials"
  assume_role_policy = jsonencode({
    "Version": "2012-10-17",
    "Statement": [
      {
        "Sid": "Assume",
        "Effect": "Allow",
        "Principal": {
          "AWS": "arn:${data.aws_partition.current.partition}:iam::${local.source_account}:root"
        },
        "Action": [
          "sts:AssumeRole"
        ],
        "Condition": {
          "ArnEquals": {
            "aws:PrincipalArn": "arn:${data.aws_partition.current.partition}:iam::${local.source_account}:role/${var.instance_role_name}"
          }
        }
      }
    ]
  })
}

resource "aws_iam_role_policy_attachment" "read_role_1" {
  role       = aws_iam_role.read_role.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_role_policy_attachment" "read_role_2" {
  role       = aws_iam_role.read_role.name
  policy_arn = aws_iam_policy.deny_reads_policy1.arn
}

resource "aws_iam_role_policy_attachment" "read_role_3" {
  role       = aws_iam_role.read_role.name
  policy_arn = aws_iam_policy.deny_reads_policy2.arn
}

resource "aws_iam_policy" "deny_reads_policy1" {
  name_prefix = "PortolanDenyReadsPolicy1-"
  description = "Reads that are no inventory: credentials, contents, code, personal data"
  policy = jsonencode({
    "Version": "2012-10-17",
    "Statement": [
      {
        "Sid": "DenyCode",
        "Effect": "Deny",
        "Action": [
          "amplify:GetArtifactUrl",
          "athena:BatchGetNamedQuery",
          "athena:BatchGetQueryExecution",
          "athena:GetCalculationExecutionCode",
          "athena:GetNamedQuery",
          "athena:GetQueryExecution",
          "codeartifact:GetPackageVersionAsset",
          "codeartifact:GetPackageVersionReadme",
          "codeartifact:ReadFromRepository",
          "codecommit:BatchGetCommits",
          "codecommit:GetBlob",
          "codecommit:GetCommit",
          "codecommit:GetDifferences",
          "codecommit:GetFile",
          "codecommit:GetFolder",
          "codecommit:GitPull",
          "ecr:BatchGetImage",
          "ecr:GetDownloadUrlForLayer",
          "imagebuilder:GetComponent",
          "lambda:GetFunction",
          "lambda:GetLayerVersion",
          "redshift-data:DescribeStatement",
          "schemas:GetCodeBindingSource",
          "ssm:GetDocument"
        ],
        "Resource": "*"
      },
      {
        "Sid": "DenyCostsMoney",
        "Effect": "Deny",
        "Action": [
          "access-analyzer:CheckNoNewAccess",
          "bedrock:CountTokens",
          "bedrock:InvokeAgent",
          "bedrock:InvokeModel",
          "bedrock:InvokeModelWithResponseStream",
          "bedrock:Retrieve",
          "ce:GetAnomalies",
          "ce:GetCostAndUsage",
          "ce:GetCostAndUsageWithResources",
          "ce:GetCostCategories",
          "ce:GetCostForecast",
          "ce:GetDimensionValues",
          "ce:GetReservationUtilization",
          "ce:GetRightsizingRecommendation",
          "ce:GetSavingsPlansUtilization",
          "ce:GetTags",
          "ce:ListCostAllocationTags",
          "cloudwatch:GetInsightRuleReport",
          "cloudwatch:GetMetricData",
          "cloudwatch:GetMetricStatistics",
          "cloudwatch:GetMetricWidgetImage",
          "cloudwatch:ListMetrics",
          "comprehend:DetectSentiment",
          "frauddetector:GetEventPrediction",
          "geo-places:Geocode",
          "geo:CalculateRoute",
          "geo:SearchPlaceIndexForText",
          "kendra:Query",
          "kendra:Retrieve",
          "personalize:GetRecommendations",
          "polly:SynthesizeSpeech",
          "rekognition:DetectFaces",
          "rekognition:DetectLabels",
          "sagemaker:InvokeEndpoint",
          "textract:AnalyzeDocument",
          "textract:DetectDocumentText",
          "translate:TranslateText",
          "verifiedpermissions:IsAuthorized"
        ],
        "Resource": "*"
      },
      {
        "Sid": "DenyCredential",
        "Effect": "Deny",
        "Action": [
          "acm:ExportCertificate",
          "amplifybackend:GetToken",
          "appsync:ListApiKeys",
          "bedrock-agentcore:GetResourceApiKey",
          "bedrock-agentcore:GetResourceOauth2Token",
          "codeartifact:GetAuthorizationToken",
          "codeconnections:GetConnectionToken",
          "codepipeline:GetJobDetails",
          "codepipeline:GetThirdPartyJobDetails",
          "codestar-connections:GetConnectionToken",
          "cognito-identity:GetCredentialsForIdentity",
          "cognito-identity:GetOpenIdToken",
          "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
          "connect:GetFederationToken",
          "datazone:GetEnvironmentCredentials",
          "ec2:ExportClientVpnClientConfiguration",
          "ec2:GetPasswordData",
          "ec2:GetVpnConnectionDeviceSampleConfiguration",
          "ecr-public:GetAuthorizationToken",
          "ecr:GetAuthorizationToken",
          "eks-auth:AssumeRoleForPodIdentity",
          "emr-serverless:GetDashboardForJobRun",
          "gamelift:GetComputeAccess",
          "gamelift:GetComputeAuthToken",
          "gamelift:GetInstanceAccess",
          "gamelift:RequestUploadCredentials",
          "ivs:GetStreamKey",
          "ivs:ListStreamKeys",
          "kinesisvideo:GetDASHStreamingSessionURL",
          "kinesisvideo:GetDataEndpoint",
          "kinesisvideo:GetHLSStreamingSessionURL",
          "kms:GetParametersForImport",
          "lakeformation:GetTemporaryGluePartitionCredentials",
          "lakeformation:GetTemporaryGlueTableCredentials",
          "license-manager:GetAccessToken",
          "lightsail:GetBucketAccessKeys",
          "payment-cryptography:GetParametersForExport",
          "quicksight:GetAnonymousUserEmbedUrl",
          "quicksight:GetAuthCode",
          "quicksight:GetDashboardEmbedUrl",
          "quicksight:GetSessionEmbedUrl",
          "s3:GetDataAccess",
          "signin:CreateOAuth2Token",
          "ssm:GetAccessToken",
          "storagegateway:DescribeChapCredentials",
          "sts:GetFederationToken",
          "sts:GetServiceBearerToken",
          "sts:GetSessionToken",
          "wafv2:GetDecryptedAPIKey",
          "wafv2:ListAPIKeys"
        ],
        "Resource": "*"
      },
      {
        "Sid": "DenyLogData",
        "Effect": "Deny",
        "Action": [
          "cloudtrail:LookupEvents",
          "ec2:GetConsoleOutput",
          "ec2:GetConsoleScreenshot",
          "gamelift:GetGameSessionLogUrl",
          "lightsail:GetContainerLog",
          "lightsail:GetRelationalDatabaseLogEvents",
          "logs:FilterLogEvents",
          "logs:GetLogEvents",
          "logs:GetLogRecord",
          "logs:GetQueryResults",
          "logs:StartLiveTail",
          "logs:StartQuery",
          "logs:StopQuery",
          "logs:Unmask",
          "pi:DescribeDimensionKeys",
          "pi:GetDimensionKeyDetails",
          "rds:DownloadCompleteDBLogFile",
          "rds:DownloadDBLogFilePortion",
          "ssm:DescribeSessions",
          "ssm:GetAutomationExecution",
          "ssm:GetCommandInvocation",
          "ssm:ListCommandInvocations",
          "ssm:ListCommands",
          "states:GetExecutionHistory",
          "swf:GetWorkflowExecutionHistory",
          "waf:GetSampledRequests",
          "wafv2:GetSampledRequests",
          "xray:BatchGetTraces",
          "xray:GetTraceSummaries"
        ],
        "Resource": "*"
      },
      {
        "Sid": "DenyObjectData",
        "Effect": "Deny",
        "Action": [
          "aps:GetSeries",
          "aps:QueryMetrics",
          "athena:GetQueryResults",
          "athena:GetQueryResultsStream",
          "backup:GetRecoveryPointRestoreMetadata",
          "cloudsearch:search",
          "cloudtrail:GetQueryResults",
          "cognito-sync:ListRecords",
          "config:GetResourceConfigHistory",
          "dataexchange:GetAsset",
          "dynamodb:BatchGetItem",
          "dynamodb:GetItem",
          "dynamodb:GetRecords",
          "dynamodb:GetShardIterator",
          "dynamodb:PartiQLSelect",
          "dynamodb:Query",
          "dynamodb:Scan",
          "ebs:GetSnapshotBlock",
          "ebs:ListChangedBlocks",
          "ebs:ListSnapshotBlocks",
          "entityresolution:GetMatchId",
          "es:ESHttpGet",
          "es:ESHttpHead",
          "glacier:GetJobOutput",
          "healthlake:ReadResource",
          "healthlake:SearchWithGet",
          "iot:GetRetainedMessage",
          "iot:GetThingShadow",
          "iot:SearchIndex",
          "iotanalytics:GetDatasetContent",
          "iotsitewise:GetAssetPropertyValue",
          "kafka-cluster:ReadData",
          "kinesis:GetRecords",
          "kinesis:GetShardIterator",
          "kinesis:SubscribeToShard",
          "kinesisvideo:GetClip",
          "kinesisvideo:GetImages",
          "kinesisvideo:GetMedia",
          "lakeformation:GetWorkUnitResults",
          "medical-imaging:GetImageFrame",
          "neptune-db:ReadDataViaQuery",
          "neptune-graph:ReadDataViaQuery",
          "omics:GetReadSet",
          "omics:GetReference",
          "redshift-data:GetStatementResult",
          "redshift:FetchResults",
          "s3-object-lambda:GetObject",
          "s3:GetObject",
          "s3:GetObjectAttributes",
          "s3:GetObjectTorrent",
          "s3:GetObjectVersion",
          "s3:ListBucket",
          "s3:ListBucketVersions",
          "s3:ListMultipartUploadParts",
          "sagemaker:BatchGetRecord",
          "sagemaker:GetRecord",
          "sdb:Select",
          "ses:GetArchiveMessageContent",
          "sqs:ReceiveMessage",
          "timestream:Select",
          "workdocs:GetDocument",
          "workdocs:GetDocumentVersion",
          "workmailmessageflow:GetRawMessageContent"
        ],
        "Resource": "*"
      },
      {
        "Sid": "DenyPeople",
        "Effect": "Deny",
        "Action": [
          "account:GetContactInformation",
          "account:GetPrimaryEmail"
        ],
        "Resource": "*"
      }
    ]
  })
}

resource "aws_iam_policy" "deny_reads_policy2" {
  name_prefix = "PortolanDenyReadsPolicy2-"
  description = "Reads that are no inventory: credentials, contents, code, personal data"
  policy = jsonencode({
    "Version": "2012-10-17",
    "Statement": [
      {
        "Sid": "DenyPeople",
        "Effect": "Deny",
        "Action": [
          "artifact:GetReport",
          "cognito-idp:AdminGetUser",
          "cognito-idp:AdminListDevices",
          "cognito-idp:AdminListUserAuthEvents",
          "cognito-idp:ListUsers",
          "cognito-idp:ListUsersInGroup",
          "connect:DescribeContact",
          "connect:GetAttachedFile",
          "connect:GetContactAttributes",
          "connect:ListRealtimeContactAnalysisSegments",
          "connect:SearchContacts",
          "connect:SearchUsers",
          "identitystore:DescribeUser",
          "identitystore:GetUserId",
          "identitystore:ListGroupMemberships",
          "identitystore:ListUsers",
          "invoicing:GetInvoicePDF",
          "macie2:GetSensitiveDataOccurrences",
          "mobiletargeting:GetEndpoint",
          "mobiletargeting:GetUserEndpoints",
          "profile:ListProfileObjects",
          "profile:SearchProfiles",
          "ses:GetContact",
          "ses:ListContacts",
          "ses:ListSuppressedDestinations",
          "sso-directory:DescribeUsers",
          "sso-directory:SearchUsers",
          "sso:SearchUsers",
          "support:DescribeAttachment",
          "support:DescribeCases",
          "support:DescribeCommunications",
          "wickr:GetUser"
        ],
        "Resource": "*"
      },
      {
        "Sid": "DenyReconOrBulk",
        "Effect": "Deny",
        "Action": [
          "config:SelectAggregateResourceConfig",
          "config:SelectResourceConfig",
          "detective:SearchGraph",
          "guardduty:GetFindings",
          "iam:GetAccountAuthorizationDetails",
          "iam:GetCredentialReport",
          "iam:SimulateCustomPolicy",
          "iam:SimulatePrincipalPolicy",
          "macie2:GetFindings",
          "resource-explorer-2:Search",
          "sagemaker:Search",
          "securityhub:GetFindings"
        ],
        "Resource": "*"
      },
      {
        "Sid": "DenySecret",
        "Effect": "Deny",
        "Action": [
          "appconfig:GetConfiguration",
          "appconfig:GetHostedConfigurationVersion",
          "appconfig:GetLatestConfiguration",
          "cloudformation:GetTemplate",
          "cloudfront-keyvaluestore:GetKey",
          "cloudfront-keyvaluestore:ListKeys",
          "directconnect:DescribeRouterConfiguration",
          "ec2:GetInstanceUefiData",
          "ec2:GetLaunchTemplateData",
          "elasticbeanstalk:RetrieveEnvironmentInfo",
          "greengrass:GetConnectivityInfo",
          "secretsmanager:BatchGetSecretValue",
          "secretsmanager:GetRandomPassword",
          "secretsmanager:GetSecretValue",
          "servicecatalog:DescribeRecord",
          "servicecatalog:GetProvisionedProductOutputs",
          "ssm:GetParameterHistory"
        ],
        "Resource": "*"
      },
      {
        "Sid": "DenySideEffect",
        "Effect": "Deny",
        "Action": [
          "bedrock-agentcore:CompleteResourceTokenAuth",
          "bedrock-agentcore:SetTokenVaultCMK",
          "cloudformation:DetectStackDrift",
          "cloudformation:DetectStackResourceDrift",
          "config:DeliverConfigSnapshot",
          "devops-guru:StartCostEstimation",
          "dms:TestConnection",
          "ec2:StartDeclarativePoliciesReport",
          "elasticbeanstalk:RequestEnvironmentInfo",
          "iam:GenerateCredentialReport",
          "iam:GenerateOrganizationsAccessReport",
          "iam:GenerateServiceLastAccessedDetails",
          "iot:TestInvokeAuthorizer",
          "kinesisanalytics:CreateApplicationPresignedUrl",
          "route53:TestDNSAnswer",
          "sagemaker:CreateHubContentPresignedUrls",
          "servicequotas:StartQuotaUtilizationReport",
          "ssm:StartExecutionPreview",
          "transfer:TestIdentityProvider",
          "xray:CancelTraceRetrieval"
        ],
        "Resource": "*"
      }
    ]
  })
}

resource "aws_iam_instance_profile" "instance_profile" {
  count = local.source_here ? 1 : 0

  name = var.instance_role_name
  role = aws_iam_role.instance_role[0].name
}

output "instance_role_arn" {
  description = "As whom Portolan runs"
  value       = one(aws_iam_role.instance_role[*].arn)
}

output "read_role_arn" {
  description = "What reads this account"
  value       = aws_iam_role.read_role.arn
}
