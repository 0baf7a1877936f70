use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

use super::addresses::{AddressRange, is_public};
use super::error::causes;

/// A name led to an address that was not named.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to {0}, which is not of the open internet")]
pub(super) struct NotPublic(IpAddr);

/// Looks names up, and may refuse what they lead to.
///
/// It stands between the lookup and the connection, so that no second lookup can give another address than the one that
/// was judged. Addresses written as such are not looked up, and so are judged only where a proxy is asked for them.
#[derive(Clone)]
pub(super) struct Resolver {
    lookup: GaiResolver,
    /// None: a name may lead anywhere. Else to public addresses and to these.
    named: Option<Arc<[AddressRange]>>,
}

impl Resolver {
    /// Names may lead anywhere.
    pub(super) fn anywhere() -> Self {
        Self { lookup: GaiResolver::new(), named: None }
    }

    /// Names may lead to public addresses, and to those that are named.
    pub(super) fn guarded(named: &[AddressRange]) -> Self {
        Self { lookup: GaiResolver::new(), named: Some(named.into()) }
    }

    /// Whether that may be connected to.
    pub(super) fn judge(&self, address: IpAddr) -> Result<(), NotPublic> {
        let allows =
            |named: &Arc<[AddressRange]>| is_public(address) || named.iter().any(|range| range.contains(address));
        if self.named.as_ref().is_none_or(allows) { Ok(()) } else { Err(NotPublic(address)) }
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lookup.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let found = self.lookup.call(name);
        let resolver = self.clone();
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = found.await?.collect();
            // One that is not allowed spoils them all: a name of the open internet has none.
            addresses.iter().try_for_each(|address| resolver.judge(address.ip())).map_err(io::Error::other)?;
            Ok(addresses.into_iter())
        })
    }
}

/// The address for which a connection was not made.
pub(super) fn refused_address(error: &(dyn std::error::Error + 'static)) -> Option<IpAddr> {
    // An io::Error does not give its content as its source.
    causes(error).find_map(|cause| {
        let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
        inner.downcast_ref::<NotPublic>().map(|NotPublic(address)| *address)
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::super::{AddressRange, HttpClient, HttpError, Limits, NetworkSettings};

    /// `localhost` is the name that leads inside wherever the tests run; one whose answers change would do no more.
    #[tokio::test]
    async fn a_name_that_leads_inside_is_connected_to_only_if_that_was_named() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let send = async |named: &[&str], host: &str| {
            let named: Vec<AddressRange> = named.iter().map(|range| range.parse().unwrap()).collect();
            let client = HttpClient::guarded(&NetworkSettings::default(), &named).unwrap();
            let request = Request::post(format!("http://{host}:{port}/")).body(Bytes::new()).unwrap();
            client
                .send(request, Limits { connect_ms: 500, quiet_ms: 1_000, total_ms: 1_000, body_bytes: 100 })
                .await
                .unwrap_err()
        };
        let error = send(&[], "localhost").await;
        assert!(matches!(error, HttpError::NotPublic { .. }), "{error:?}");
        let error = send(&["10.0.0.0/8"], "localhost").await;
        assert!(error.to_string().contains("was not named"), "{error}");
        let nobody = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
        assert!(nobody.is_err(), "no connection was made");
        // Named: connected, and nobody answers.
        assert!(matches!(send(&["127.0.0.0/8", "::1"], "localhost").await, HttpError::TimedOut { .. }));
        assert!(matches!(send(&[], "127.0.0.1").await, HttpError::TimedOut { .. }));
    }
}
