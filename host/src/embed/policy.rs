use std::sync::Arc;

use portolan_names::Region;

use super::identity::{Whose, whose};
use crate::aws::Call;
use crate::run::{Embedded, Narrowing};

/// What may be asked of AWS, beyond what always holds.
///
/// The guard is not among what can be replaced: it reads each request from its bytes and lets pass what is exactly one read,
/// declared by the configured kinds, for the account of the running call. This policy opens reviewed reads that are not
/// plain inventory, and narrows whatever else passes.
#[derive(Clone, Default)]
pub struct Policy {
    operator: Vec<String>,
    narrowing: Option<Narrowing>,
}

impl Policy {
    /// Opens a read of the reviewed list that needs the operator's word: `cloudtrail:LookupEvents`. Nothing else can be
    /// opened; one that can never be granted is refused when the run begins.
    #[must_use]
    pub fn grant(mut self, action: impl Into<String>) -> Self {
        self.operator.push(action.into());
        self
    }

    /// A second opinion on each request that the guard has let pass, before it is signed; asked again for every attempt.
    /// What it says against one stands in the problem of its unit. It replaces an opinion given before.
    #[must_use]
    pub fn narrow(mut self, opinion: impl Fn(&Request<'_>) -> Result<(), String> + Send + Sync + 'static) -> Self {
        self.narrowing = Some(Arc::new(move |call| opinion(&Request { call })));
        self
    }

    pub(super) fn put_into(&self, embedded: &mut Embedded) {
        embedded.operator.clone_from(&self.operator);
        embedded.narrowing.clone_from(&self.narrowing);
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy").field("grants", &self.operator).field("narrows", &self.narrowing.is_some()).finish()
    }
}

/// A request that the guard has let pass.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    call: &'a Call,
}

impl Request<'_> {
    /// Whose credentials would sign it.
    #[must_use]
    pub fn whose(&self) -> Whose {
        whose(&self.call.identity)
    }

    /// The service's name in the tables: `ec2`, `s3`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.call.service
    }

    /// The operation, as it was read from the request's bytes: `DescribeInstances`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.call.operation
    }

    /// The region whose endpoint would be asked; none where it is no region's name.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        Region::parse(&self.call.region).ok()
    }
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} in {} for {}", self.call.service, self.call.operation, self.call.region, self.call.identity)
    }
}
