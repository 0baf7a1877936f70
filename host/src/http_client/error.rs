use std::error::Error;

/// The cause below one of ours, kept for whoever prints the whole chain.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why there is no answer. The variants are what the caller decides by.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The host's name gave no address. Told apart because a service that is not in a region shows
    /// itself this way (together with another host of that region which does resolve).
    #[error("the host name {host} does not resolve")]
    Unresolved {
        /// The name that was looked up.
        host: String,
        /// What the resolver said.
        #[source]
        source: Cause,
    },
    /// The name leads to an address of this machine or its networks, which a guarded client connects to only if it was
    /// named. Nothing was sent.
    #[error("{host} leads to {address}, which is not an address of the open internet and was not named")]
    NotPublic {
        /// Host and port, as asked for.
        host: String,
        /// Where it leads.
        address: std::net::IpAddr,
    },
    /// No connection: refused, unreachable, or the TLS handshake failed. Nothing was sent.
    #[error("no connection to {host}: {reason}")]
    Connect {
        /// Host and port, as asked for.
        host: String,
        /// The innermost cause, which names certificates and refusals.
        reason: String,
        /// The whole chain.
        #[source]
        source: Cause,
    },
    /// Not finished within the time given. The request may have arrived.
    #[error("{host} did not answer within {after_ms} ms")]
    TimedOut {
        /// Host and port, as asked for.
        host: String,
        /// The limit that was hit.
        after_ms: u64,
    },
    /// The answer's body is larger than the caller allows; reading stopped there.
    #[error("the answer of {host} is larger than {limit} bytes")]
    TooLarge {
        /// Host and port, as asked for.
        host: String,
        /// The limit that was hit.
        limit: usize,
    },
    /// The connection broke, or what came is not HTTP. The request may have arrived.
    #[error("the connection to {host} broke: {reason}")]
    Broken {
        /// Host and port, as asked for.
        host: String,
        /// The innermost cause.
        reason: String,
        /// The whole chain.
        #[source]
        source: Cause,
    },
    /// The request itself cannot be sent: no host, another scheme than http or https.
    #[error("cannot send to {uri:?}: {reason}")]
    Unusable {
        /// The address without its query, which may carry secrets.
        uri: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// The last cause of a chain: the one that says `certificate has expired` or `Connection refused`.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map_or_else(String::new, ToString::to_string)
}

/// The error and all its causes, outermost first. Bounded, since a chain could be made endless.
pub(crate) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    /// Deeper than any chain of the SDKs, hyper, rustls and the operating system.
    const DEPTH: usize = 16;
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (**error).source()).take(DEPTH)
}
