//! What AWS's APIs look like, as data: operations and shapes, endpoints, partitions, and the reads that are no inventory.
//!
//! The data is written by `guest/generator` from AWS's own API models and committed under `data/`, with its source
//! version and licence. Both sides link this crate: the guest writes and reads the wire formats from it, the host
//! recognises requests and finds endpoints by it. Nothing here does I/O; a service's table is unpacked when first used, and a
//! line of it parsed when first asked for.
//!
//! ```
//! let sqs = portolan_tables::service("sqs").unwrap();
//! assert_eq!(sqs.target_prefix, "AmazonSQS");
//! assert_eq!(sqs.operation("ListQueues").unwrap().action.as_deref(), Some("sqs:ListQueues"));
//!
//! let plain = portolan_tables::Variant::default();
//! let endpoint = portolan_tables::endpoint("organizations", "eu-west-1", plain).unwrap();
//! assert_eq!((endpoint.host.as_str(), endpoint.signing_region.as_str()), ("organizations.us-east-1.amazonaws.com", "us-east-1"));
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod denied;
mod endpoint;
mod operation;
mod partition;
mod service;
mod shape;
mod source;

pub use denied::{DeniedRead, denied_reads};
pub use endpoint::{Endpoint, EndpointError, Variant, endpoint};
pub use operation::{Access, Denied, DeniedRule, Operation, Paging};
pub use partition::{Partition, partition, partition_of, partitions};
pub use service::{Protocol, Service, ServiceError, service, services, services_at};
pub use shape::{Location, Member, Shape, ShapeId, Structure, TimestampFormat};
pub use source::SOURCE;
