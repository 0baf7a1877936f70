//! What Portolan needs of IAM, as documents that an administrator attaches.

mod policy;
pub mod template;

pub use policy::{Format, POLICIES_PER_ROLE, Policies, Role};
