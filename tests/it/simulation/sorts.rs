//! What there is in the simulated estate: for each kind, how it is told apart and where its state shows.

/// A sort of thing. All but balancers are kinds that the catalogue has; those are listed only for what is below them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Queue,
    Table,
    Cluster,
    Service,
    Function,
    Alias,
    Balancer,
    Listener,
    Volume,
    Bucket,
    User,
}

/// What the model has to know of a kind. All of it stands in `guest/catalog` as well; written here by hand, so that a
/// definition that says something else is noticed.
pub struct Facts {
    /// Its name; none where it is no kind.
    pub kind: Option<&'static str>,
    /// The property that follows the thing's version.
    pub shows: &'static str,
    pub regional: bool,
    /// Whether a vanished one is read by id; else a second listing tells.
    pub read_by_id: bool,
    pub below: Option<Sort>,
}

const fn facts(kind: &'static str, shows: &'static str) -> Facts {
    Facts { kind: Some(kind), shows, regional: true, read_by_id: true, below: None }
}

impl Sort {
    pub const ALL: &[Self] = &[
        Self::Queue,
        Self::Table,
        Self::Cluster,
        Self::Service,
        Self::Function,
        Self::Alias,
        Self::Balancer,
        Self::Listener,
        Self::Volume,
        Self::Bucket,
        Self::User,
    ];

    pub fn facts(self) -> Facts {
        match self {
            Self::Queue => facts("AWS::SQS::Queue", "VisibilityTimeout"),
            Self::Table => facts("AWS::DynamoDB::Table", "ItemCount"),
            Self::Cluster => facts("AWS::ECS::Cluster", "RegisteredContainerInstancesCount"),
            Self::Service => Facts { below: Some(Self::Cluster), ..facts("AWS::ECS::Service", "DesiredCount") },
            Self::Function => facts("AWS::Lambda::Function", "MemorySize"),
            Self::Alias => Facts { read_by_id: false, ..facts("AWS::KMS::Alias", "TargetKeyId") },
            Self::Balancer => Facts { kind: None, ..facts("", "") },
            Self::Listener => Facts {
                read_by_id: false,
                below: Some(Self::Balancer),
                ..facts("AWS::ElasticLoadBalancingV2::Listener", "Port")
            },
            Self::Volume => facts("AWS::EC2::Volume", "Size"),
            Self::Bucket => Facts { regional: false, ..facts("AWS::S3::Bucket", "Tags") },
            Self::User => Facts { regional: false, ..facts("AWS::IAM::User", "Path") },
        }
    }
}
