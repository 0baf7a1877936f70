//! The request as it would go over the wire.

/// Whose read role would sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// The role in the account of the running call.
    Account,
    /// The role that lists the organization.
    Management,
}

impl Identity {
    /// The name used in manifests and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Management => "management",
        }
    }
}

/// The methods that a guest can ask for. What writes by method alone cannot even be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
}

impl Method {
    /// As it stands in a request line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
        }
    }
}

/// A request before it is signed: the bytes that the host would send, borrowed.
///
/// `service` and `region` choose the endpoint, so they are part of what reaches the wire. `operation`
/// is the guest's word and decides nothing; it appears in messages where the wire names no operation.
#[derive(Debug, Clone, Copy)]
pub struct WireRequest<'a> {
    /// The service's name in the tables: `ec2`, `organizations`.
    pub service: &'a str,
    /// The region whose endpoint is asked.
    pub region: &'a str,
    /// What the guest says it asks for.
    pub operation: &'a str,
    /// The request's method.
    pub method: Method,
    /// Path and query, percent-encoded.
    pub target: &'a str,
    /// Names in lower case.
    pub headers: &'a [(String, String)],
    /// The body; reads have text or nothing.
    pub body: &'a str,
    /// A label before the endpoint's host name.
    pub host_prefix: Option<&'a str>,
    /// Whose role signs.
    pub identity: Identity,
}
