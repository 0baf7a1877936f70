//! What Portolan needs of IAM, as documents that an administrator attaches.

mod policy;

pub use policy::{Format, POLICIES_PER_ROLE, Policies, Role};
