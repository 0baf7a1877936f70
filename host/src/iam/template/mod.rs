//! Templates of the roles that a deployment needs: one model, written as CloudFormation and as Terraform.

mod access;
mod cloudformation;
mod concrete;
mod deployments;
mod documents;
mod inventory;
mod launch;
mod model;
mod stackset;
mod terraform;
mod text;
mod yaml;

pub use access::{Access, grantable};
pub use cloudformation::{BODY_BYTES_MAX, template as cloudformation};
pub use concrete::{Unknown, Values, resolved_trust};
pub use deployments::{Deployment, READ_ROLE, TrustForm, template};
pub use inventory::{Inventory, read as read_inventory};
pub use launch::{LaunchError, url as launch_url};
pub use model::{Form, Parameter, Template, What};
pub use stackset::organization_wide;
pub use terraform::module as terraform;
pub use yaml::text as yaml;
