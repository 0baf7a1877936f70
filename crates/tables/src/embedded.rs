//! What guest/generator wrote: the tables' source and their text. Do not edit.

/// What the tables are derived from.
pub const SOURCE: &str = "botocore 1.44.5";

/// Each service's table, by its name, in order of the names.
pub(crate) const SERVICES: &[(&str, &str)] = &[
    ("account", include_str!("../data/services/account.json")),
    ("dynamodb", include_str!("../data/services/dynamodb.json")),
    ("ec2", include_str!("../data/services/ec2.json")),
    ("ecs", include_str!("../data/services/ecs.json")),
    ("eks", include_str!("../data/services/eks.json")),
    ("iam", include_str!("../data/services/iam.json")),
    ("lambda", include_str!("../data/services/lambda.json")),
    ("organizations", include_str!("../data/services/organizations.json")),
    ("rds", include_str!("../data/services/rds.json")),
    ("s3", include_str!("../data/services/s3.json")),
    ("sns", include_str!("../data/services/sns.json")),
    ("sqs", include_str!("../data/services/sqs.json")),
    ("sts", include_str!("../data/services/sts.json")),
];
