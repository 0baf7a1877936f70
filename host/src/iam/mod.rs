//! IAM: documents that an administrator attaches, and what the roles of an estate trust and may do.

mod audit;
mod audit_text;
mod difference;
mod difference_text;
mod expected;
mod permissions;
mod policy;
mod role;
pub mod template;

pub use audit::{AccountRoles, Audit, AuditedAccount, AwsPolicies, OPERATIONS as AUDIT_OPERATIONS, roles_of};
pub use audit_text::table as audit_table;
pub use difference::{Difference, OPERATIONS as DIFFERENCE_OPERATIONS, RolePolicies, policies_of};
pub use difference_text::{Compared, text as difference_text};
pub use expected::{Drift, Inventory};
pub use permissions::{Level, Statement};
pub use policy::{Format, POLICIES_PER_ROLE, Policies, Role};
pub use role::{AuditedRole, Own, Policy};
