//! host

pub mod credentials;
pub mod http_client;
pub mod secret;
