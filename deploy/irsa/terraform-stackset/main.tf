# Made by: portolan iam template irsa --stackset --terraform
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "oidc_issuer" {
  type        = string
  description = "Issuer of the cluster, without https://"

  validation {
    condition     = can(regex("^[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]+)?$", var.oidc_issuer))
    error_message = "oidc_issuer: the issuer without https://."
  }
}

variable "namespace" {
  type        = string
  description = "Namespace of the service account"
  default     = "portolan"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", var.namespace))
    error_message = "namespace: a name of Kubernetes: small letters, digits, dots and dashes."
  }
}

variable "service_account" {
  type        = string
  description = "Service account of the pod"
  default     = "portolan"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", var.service_account))
    error_message = "service_account: a name of Kubernetes: small letters, digits, dots and dashes."
  }
}

variable "cluster_account_id" {
  type        = string
  description = "Account that has the cluster's OIDC provider already, its own as a rule; empty: none has"
  default     = ""

  validation {
    condition     = can(regex("^([0-9]{12})?$", var.cluster_account_id))
    error_message = "cluster_account_id: the twelve digits of an account id, or nothing."
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

variable "organizational_unit_ids" {
  type        = list(string)
  description = "Organizational units (ou-…), or the root (r-…) for every account, by commas"
}

variable "call_as" {
  type        = string
  description = "SELF in the management account; DELEGATED_ADMIN in an account that administers stack sets for it"
  default     = "SELF"

  validation {
    condition     = contains(["SELF","DELEGATED_ADMIN"], var.call_as)
    error_message = "call_as: one of SELF, DELEGATED_ADMIN."
  }
}

variable "stack_set_name" {
  type        = string
  description = "Name of the stack set"
  default     = "portolan"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,127}$", var.stack_set_name))
    error_message = "stack_set_name: letters, digits and dashes, a letter first."
  }
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

locals {
  in_management = var.call_as == "SELF"
  provider_made = !(var.cluster_account_id == data.aws_caller_identity.current.account_id)
  provider_made_locally = (local.provider_made && local.in_management)
}

resource "aws_iam_openid_connect_provider" "provider" {
  count = local.provider_made_locally ? 1 : 0

  url            = "https://${var.oidc_issuer}"
  client_id_list = ["sts.amazonaws.com"]
  
  # Others may use it: `terraform state rm` lets go of it.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_iam_role" "read_role" {
  count = local.in_management ? 1 : 0

  name        = var.read_role_name
  description = "Read by Portolan: inventory, no contents, no credentials"
  assume_role_policy = jsonencode({
    "Version": "2012-10-17",
    "Statement": [
      {
        "Sid": "Assume",
        "Effect": "Allow",
        "Principal": {
          "Federated": "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:oidc-provider/${var.oidc_issuer}"
        },
        "Action": [
          "sts:AssumeRoleWithWebIdentity"
        ],
        "Condition": {
          "StringEquals": {
            "${var.oidc_issuer}:aud": "sts.amazonaws.com",
            "${var.oidc_issuer}:sub": "system:serviceaccount:${var.namespace}:${var.service_account}"
          }
        }
      }
    ]
  })
}

resource "aws_iam_role_policy_attachment" "read_role_1" {
  count = local.in_management ? 1 : 0

  role       = aws_iam_role.read_role[0].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_role_policy_attachment" "read_role_2" {
  count = local.in_management ? 1 : 0

  role       = aws_iam_role.read_role[0].name
  policy_arn = aws_iam_policy.deny_reads_policy1[0].arn
}

resource "aws_iam_role_policy_attachment" "read_role_3" {
  count = local.in_management ? 1 : 0

  role       = aws_iam_role.read_role[0].name
  policy_arn = aws_iam_policy.deny_reads_policy2[0].arn
}

resource "aws_iam_policy" "deny_reads_policy1" {
  count = local.in_management ? 1 : 0

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
  count = local.in_management ? 1 : 0

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

resource "aws_cloudformation_stack_set" "every_account" {
  name             = var.stack_set_name
  description      = "Portolan in EKS with IRSA: the cluster's OIDC provider and the read role"
  permission_model = "SERVICE_MANAGED"
  call_as          = var.call_as
  capabilities     = ["CAPABILITY_NAMED_IAM"]

  auto_deployment {
    enabled                          = true
    retain_stacks_on_account_removal = false
  }

  managed_execution {
    active = true
  }

  operation_preferences {
    failure_tolerance_percentage = 100
    max_concurrent_percentage    = 100
  }

  parameters = {
    OidcIssuer = var.oidc_issuer
    Namespace = var.namespace
    ServiceAccount = var.service_account
    ClusterAccountId = var.cluster_account_id
    ReadRoleName = var.read_role_name
  }

  template_body = <<-EOT
AWSTemplateFormatVersion: "2010-09-09"
Description: "Portolan in EKS with IRSA: the cluster's OIDC provider and the read role"
Parameters:
  OidcIssuer:
    Type: String
    Description: "Issuer of the cluster, without https://"
    AllowedPattern: "^[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]+)?$"
    ConstraintDescription: "the issuer without https://"
  Namespace:
    Type: String
    Description: "Namespace of the service account"
    Default: portolan
    AllowedPattern: "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
    ConstraintDescription: "a name of Kubernetes: small letters, digits, dots and dashes"
  ServiceAccount:
    Type: String
    Description: "Service account of the pod"
    Default: portolan
    AllowedPattern: "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
    ConstraintDescription: "a name of Kubernetes: small letters, digits, dots and dashes"
  ClusterAccountId:
    Type: String
    Description: "Account that has the cluster's OIDC provider already, its own as a rule; empty: none has"
    Default: ""
    AllowedPattern: "^([0-9]{12})?$"
    ConstraintDescription: "the twelve digits of an account id, or nothing"
  ReadRoleName:
    Type: String
    Description: "Name of the role that reads, the same in every account"
    Default: PortOceanReadRole
    AllowedPattern: "^[A-Za-z0-9+=,.@_-]{1,64}$"
    ConstraintDescription: "a name without a path: letters, digits, and +=,.@_-"
Conditions:
  ProviderMade:
    Fn::Not:
      - Fn::Equals:
          - Ref: ClusterAccountId
          - Ref: AWS::AccountId
Resources:
  Provider:
    Type: AWS::IAM::OIDCProvider
    Condition: ProviderMade
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Url:
        Fn::Sub: "https://$${OidcIssuer}"
      ClientIdList:
        - sts.amazonaws.com
  ReadRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName:
        Ref: ReadRoleName
      Description: "Read by Portolan: inventory, no contents, no credentials"
      AssumeRolePolicyDocument:
        Fn::Sub: |-
          {
            "Version": "2012-10-17",
            "Statement": [
              {
                "Sid": "Assume",
                "Effect": "Allow",
                "Principal": {
                  "Federated": "arn:$${AWS::Partition}:iam::$${AWS::AccountId}:oidc-provider/$${OidcIssuer}"
                },
                "Action": [
                  "sts:AssumeRoleWithWebIdentity"
                ],
                "Condition": {
                  "StringEquals": {
                    "$${OidcIssuer}:aud": "sts.amazonaws.com",
                    "$${OidcIssuer}:sub": "system:serviceaccount:$${Namespace}:$${ServiceAccount}"
                  }
                }
              }
            ]
          }
      ManagedPolicyArns:
        - Fn::Sub: "arn:$${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"
        - Ref: DenyReadsPolicy1
        - Ref: DenyReadsPolicy2
  DenyReadsPolicy1:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Description: "Reads that are no inventory: credentials, contents, code, personal data"
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: DenyCode
            Effect: Deny
            Action:
              - amplify:GetArtifactUrl
              - athena:BatchGetNamedQuery
              - athena:BatchGetQueryExecution
              - athena:GetCalculationExecutionCode
              - athena:GetNamedQuery
              - athena:GetQueryExecution
              - codeartifact:GetPackageVersionAsset
              - codeartifact:GetPackageVersionReadme
              - codeartifact:ReadFromRepository
              - codecommit:BatchGetCommits
              - codecommit:GetBlob
              - codecommit:GetCommit
              - codecommit:GetDifferences
              - codecommit:GetFile
              - codecommit:GetFolder
              - codecommit:GitPull
              - ecr:BatchGetImage
              - ecr:GetDownloadUrlForLayer
              - imagebuilder:GetComponent
              - lambda:GetFunction
              - lambda:GetLayerVersion
              - redshift-data:DescribeStatement
              - schemas:GetCodeBindingSource
              - ssm:GetDocument
            Resource: "*"
          - Sid: DenyCostsMoney
            Effect: Deny
            Action:
              - access-analyzer:CheckNoNewAccess
              - bedrock:CountTokens
              - bedrock:InvokeAgent
              - bedrock:InvokeModel
              - bedrock:InvokeModelWithResponseStream
              - bedrock:Retrieve
              - ce:GetAnomalies
              - ce:GetCostAndUsage
              - ce:GetCostAndUsageWithResources
              - ce:GetCostCategories
              - ce:GetCostForecast
              - ce:GetDimensionValues
              - ce:GetReservationUtilization
              - ce:GetRightsizingRecommendation
              - ce:GetSavingsPlansUtilization
              - ce:GetTags
              - ce:ListCostAllocationTags
              - cloudwatch:GetInsightRuleReport
              - cloudwatch:GetMetricData
              - cloudwatch:GetMetricStatistics
              - cloudwatch:GetMetricWidgetImage
              - cloudwatch:ListMetrics
              - comprehend:DetectSentiment
              - frauddetector:GetEventPrediction
              - geo-places:Geocode
              - geo:CalculateRoute
              - geo:SearchPlaceIndexForText
              - kendra:Query
              - kendra:Retrieve
              - personalize:GetRecommendations
              - polly:SynthesizeSpeech
              - rekognition:DetectFaces
              - rekognition:DetectLabels
              - sagemaker:InvokeEndpoint
              - textract:AnalyzeDocument
              - textract:DetectDocumentText
              - translate:TranslateText
              - verifiedpermissions:IsAuthorized
            Resource: "*"
          - Sid: DenyCredential
            Effect: Deny
            Action:
              - acm:ExportCertificate
              - amplifybackend:GetToken
              - appsync:ListApiKeys
              - bedrock-agentcore:GetResourceApiKey
              - bedrock-agentcore:GetResourceOauth2Token
              - codeartifact:GetAuthorizationToken
              - codeconnections:GetConnectionToken
              - codepipeline:GetJobDetails
              - codepipeline:GetThirdPartyJobDetails
              - codestar-connections:GetConnectionToken
              - cognito-identity:GetCredentialsForIdentity
              - cognito-identity:GetOpenIdToken
              - cognito-identity:GetOpenIdTokenForDeveloperIdentity
              - connect:GetFederationToken
              - datazone:GetEnvironmentCredentials
              - ec2:ExportClientVpnClientConfiguration
              - ec2:GetPasswordData
              - ec2:GetVpnConnectionDeviceSampleConfiguration
              - ecr-public:GetAuthorizationToken
              - ecr:GetAuthorizationToken
              - eks-auth:AssumeRoleForPodIdentity
              - emr-serverless:GetDashboardForJobRun
              - gamelift:GetComputeAccess
              - gamelift:GetComputeAuthToken
              - gamelift:GetInstanceAccess
              - gamelift:RequestUploadCredentials
              - ivs:GetStreamKey
              - ivs:ListStreamKeys
              - kinesisvideo:GetDASHStreamingSessionURL
              - kinesisvideo:GetDataEndpoint
              - kinesisvideo:GetHLSStreamingSessionURL
              - kms:GetParametersForImport
              - lakeformation:GetTemporaryGluePartitionCredentials
              - lakeformation:GetTemporaryGlueTableCredentials
              - license-manager:GetAccessToken
              - lightsail:GetBucketAccessKeys
              - payment-cryptography:GetParametersForExport
              - quicksight:GetAnonymousUserEmbedUrl
              - quicksight:GetAuthCode
              - quicksight:GetDashboardEmbedUrl
              - quicksight:GetSessionEmbedUrl
              - s3:GetDataAccess
              - signin:CreateOAuth2Token
              - ssm:GetAccessToken
              - storagegateway:DescribeChapCredentials
              - sts:GetFederationToken
              - sts:GetServiceBearerToken
              - sts:GetSessionToken
              - wafv2:GetDecryptedAPIKey
              - wafv2:ListAPIKeys
            Resource: "*"
          - Sid: DenyLogData
            Effect: Deny
            Action:
              - cloudtrail:LookupEvents
              - ec2:GetConsoleOutput
              - ec2:GetConsoleScreenshot
              - gamelift:GetGameSessionLogUrl
              - lightsail:GetContainerLog
              - lightsail:GetRelationalDatabaseLogEvents
              - logs:FilterLogEvents
              - logs:GetLogEvents
              - logs:GetLogRecord
              - logs:GetQueryResults
              - logs:StartLiveTail
              - logs:StartQuery
              - logs:StopQuery
              - logs:Unmask
              - pi:DescribeDimensionKeys
              - pi:GetDimensionKeyDetails
              - rds:DownloadCompleteDBLogFile
              - rds:DownloadDBLogFilePortion
              - ssm:DescribeSessions
              - ssm:GetAutomationExecution
              - ssm:GetCommandInvocation
              - ssm:ListCommandInvocations
              - ssm:ListCommands
              - states:GetExecutionHistory
              - swf:GetWorkflowExecutionHistory
              - waf:GetSampledRequests
              - wafv2:GetSampledRequests
              - xray:BatchGetTraces
              - xray:GetTraceSummaries
            Resource: "*"
          - Sid: DenyObjectData
            Effect: Deny
            Action:
              - aps:GetSeries
              - aps:QueryMetrics
              - athena:GetQueryResults
              - athena:GetQueryResultsStream
              - backup:GetRecoveryPointRestoreMetadata
              - cloudsearch:search
              - cloudtrail:GetQueryResults
              - cognito-sync:ListRecords
              - config:GetResourceConfigHistory
              - dataexchange:GetAsset
              - dynamodb:BatchGetItem
              - dynamodb:GetItem
              - dynamodb:GetRecords
              - dynamodb:GetShardIterator
              - dynamodb:PartiQLSelect
              - dynamodb:Query
              - dynamodb:Scan
              - ebs:GetSnapshotBlock
              - ebs:ListChangedBlocks
              - ebs:ListSnapshotBlocks
              - entityresolution:GetMatchId
              - es:ESHttpGet
              - es:ESHttpHead
              - glacier:GetJobOutput
              - healthlake:ReadResource
              - healthlake:SearchWithGet
              - iot:GetRetainedMessage
              - iot:GetThingShadow
              - iot:SearchIndex
              - iotanalytics:GetDatasetContent
              - iotsitewise:GetAssetPropertyValue
              - kafka-cluster:ReadData
              - kinesis:GetRecords
              - kinesis:GetShardIterator
              - kinesis:SubscribeToShard
              - kinesisvideo:GetClip
              - kinesisvideo:GetImages
              - kinesisvideo:GetMedia
              - lakeformation:GetWorkUnitResults
              - medical-imaging:GetImageFrame
              - neptune-db:ReadDataViaQuery
              - neptune-graph:ReadDataViaQuery
              - omics:GetReadSet
              - omics:GetReference
              - redshift-data:GetStatementResult
              - redshift:FetchResults
              - s3-object-lambda:GetObject
              - s3:GetObject
              - s3:GetObjectAttributes
              - s3:GetObjectTorrent
              - s3:GetObjectVersion
              - s3:ListBucket
              - s3:ListBucketVersions
              - s3:ListMultipartUploadParts
              - sagemaker:BatchGetRecord
              - sagemaker:GetRecord
              - sdb:Select
              - ses:GetArchiveMessageContent
              - sqs:ReceiveMessage
              - timestream:Select
              - workdocs:GetDocument
              - workdocs:GetDocumentVersion
              - workmailmessageflow:GetRawMessageContent
            Resource: "*"
          - Sid: DenyPeople
            Effect: Deny
            Action:
              - account:GetContactInformation
              - account:GetPrimaryEmail
            Resource: "*"
  DenyReadsPolicy2:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Description: "Reads that are no inventory: credentials, contents, code, personal data"
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: DenyPeople
            Effect: Deny
            Action:
              - artifact:GetReport
              - cognito-idp:AdminGetUser
              - cognito-idp:AdminListDevices
              - cognito-idp:AdminListUserAuthEvents
              - cognito-idp:ListUsers
              - cognito-idp:ListUsersInGroup
              - connect:DescribeContact
              - connect:GetAttachedFile
              - connect:GetContactAttributes
              - connect:ListRealtimeContactAnalysisSegments
              - connect:SearchContacts
              - connect:SearchUsers
              - identitystore:DescribeUser
              - identitystore:GetUserId
              - identitystore:ListGroupMemberships
              - identitystore:ListUsers
              - invoicing:GetInvoicePDF
              - macie2:GetSensitiveDataOccurrences
              - mobiletargeting:GetEndpoint
              - mobiletargeting:GetUserEndpoints
              - profile:ListProfileObjects
              - profile:SearchProfiles
              - ses:GetContact
              - ses:ListContacts
              - ses:ListSuppressedDestinations
              - sso-directory:DescribeUsers
              - sso-directory:SearchUsers
              - sso:SearchUsers
              - support:DescribeAttachment
              - support:DescribeCases
              - support:DescribeCommunications
              - wickr:GetUser
            Resource: "*"
          - Sid: DenyReconOrBulk
            Effect: Deny
            Action:
              - config:SelectAggregateResourceConfig
              - config:SelectResourceConfig
              - detective:SearchGraph
              - guardduty:GetFindings
              - iam:GetAccountAuthorizationDetails
              - iam:GetCredentialReport
              - iam:SimulateCustomPolicy
              - iam:SimulatePrincipalPolicy
              - macie2:GetFindings
              - resource-explorer-2:Search
              - sagemaker:Search
              - securityhub:GetFindings
            Resource: "*"
          - Sid: DenySecret
            Effect: Deny
            Action:
              - appconfig:GetConfiguration
              - appconfig:GetHostedConfigurationVersion
              - appconfig:GetLatestConfiguration
              - cloudformation:GetTemplate
              - cloudfront-keyvaluestore:GetKey
              - cloudfront-keyvaluestore:ListKeys
              - directconnect:DescribeRouterConfiguration
              - ec2:GetInstanceUefiData
              - ec2:GetLaunchTemplateData
              - elasticbeanstalk:RetrieveEnvironmentInfo
              - greengrass:GetConnectivityInfo
              - secretsmanager:BatchGetSecretValue
              - secretsmanager:GetRandomPassword
              - secretsmanager:GetSecretValue
              - servicecatalog:DescribeRecord
              - servicecatalog:GetProvisionedProductOutputs
              - ssm:GetParameterHistory
            Resource: "*"
          - Sid: DenySideEffect
            Effect: Deny
            Action:
              - bedrock-agentcore:CompleteResourceTokenAuth
              - bedrock-agentcore:SetTokenVaultCMK
              - cloudformation:DetectStackDrift
              - cloudformation:DetectStackResourceDrift
              - config:DeliverConfigSnapshot
              - devops-guru:StartCostEstimation
              - dms:TestConnection
              - ec2:StartDeclarativePoliciesReport
              - elasticbeanstalk:RequestEnvironmentInfo
              - iam:GenerateCredentialReport
              - iam:GenerateOrganizationsAccessReport
              - iam:GenerateServiceLastAccessedDetails
              - iot:TestInvokeAuthorizer
              - kinesisanalytics:CreateApplicationPresignedUrl
              - route53:TestDNSAnswer
              - sagemaker:CreateHubContentPresignedUrls
              - servicequotas:StartQuotaUtilizationReport
              - ssm:StartExecutionPreview
              - transfer:TestIdentityProvider
              - xray:CancelTraceRetrieval
            Resource: "*"
Outputs:
  ReadRoleArn:
    Description: "What reads this account"
    Value:
      Fn::GetAtt:
        - ReadRole
        - Arn
EOT

  lifecycle {
    # AWS fills it in; Terraform would take it away again.
    ignore_changes = [administration_role_arn]
  }
}

resource "aws_cloudformation_stack_set_instance" "every_account" {
  stack_set_name = aws_cloudformation_stack_set.every_account.name
  call_as        = var.call_as
  
  deployment_targets {
    organizational_unit_ids = var.organizational_unit_ids
  }
}

output "read_role_arn" {
  description = "What reads this account"
  value       = one(aws_iam_role.read_role[*].arn)
}
