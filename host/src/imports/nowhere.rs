//! The way out for calls that have no business outside.

use futures::FutureExt;
use futures::future::BoxFuture;

use super::{CallScope, Outbound};
use crate::bindings::portolan::aws::signed_http as wit;

/// Sends nothing: neither describing a component nor configuring it nor mapping needs a request.
pub(crate) struct Nowhere;

impl Outbound for Nowhere {
    fn send<'a>(
        &'a self,
        _scope: &'a CallScope,
        requests: Vec<wit::Request>,
    ) -> BoxFuture<'a, Vec<Result<wit::Response, wit::SendError>>> {
        let refused =
            || wit::SendError { class: wit::SendFailure::Refused, message: "nothing is sent here".to_owned() };
        async move { requests.iter().map(|_| Err(refused())).collect() }.boxed()
    }
}
