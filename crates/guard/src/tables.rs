//! The operations against which a request is read.

use portolan_tables::Service;

/// Tables of services. The host's are [`Compiled`].
pub trait Tables<'t> {
    /// The service of this name.
    fn service(&self, name: &str) -> Option<&'t Service>;
    /// All services whose host names begin so.
    fn at_endpoint(&self, prefix: &str) -> Vec<&'t Service>;
}

/// The tables that are compiled into this crate's user.
#[derive(Debug, Clone, Copy)]
pub struct Compiled;

impl Tables<'static> for Compiled {
    fn service(&self, name: &str) -> Option<&'static Service> {
        portolan_tables::service(name)
    }
    fn at_endpoint(&self, prefix: &str) -> Vec<&'static Service> {
        portolan_tables::services_at(prefix).filter_map(portolan_tables::service).collect()
    }
}

impl<'t> Tables<'t> for &'t [Service] {
    fn service(&self, name: &str) -> Option<&'t Service> {
        self.iter().find(|service| service.name == name)
    }
    fn at_endpoint(&self, prefix: &str) -> Vec<&'t Service> {
        self.iter().filter(|service| service.endpoint_prefix == prefix).collect()
    }
}
