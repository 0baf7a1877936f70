//! Lets AWS's credential providers and STS client send through our client.

use std::time::Duration;

use aws_smithy_runtime_api::client::http as smithy;
use aws_smithy_runtime_api::client::http::{HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::BodyExt;

use super::{HttpClient, HttpError, Limits};

/// Where a caller sets no time to connect: the SDKs' own default.
const CONNECT: Duration = Duration::from_millis(3100);
/// Where a caller sets no time to read: STS answers in well under a second.
const READ: Duration = Duration::from_secs(15);
/// Answers of metadata services and STS are a few KiB; the longest have session tokens of 20 KiB.
const BODY_BYTES: usize = 256 * 1024;

#[derive(Debug)]
struct Connector {
    client: HttpClient,
    limits: Limits,
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl smithy::HttpClient for HttpClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let connect = settings.connect_timeout().unwrap_or(CONNECT);
        let read = settings.read_timeout().unwrap_or(READ);
        let limits = Limits {
            connect_ms: millis(connect),
            quiet_ms: millis(connect.saturating_add(read)),
            total_ms: millis(connect.saturating_add(read)),
            body_bytes: BODY_BYTES,
        };
        SharedHttpConnector::new(Connector { client: self.clone(), limits })
    }
}

impl smithy::HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.client.clone();
        let limits = self.limits;
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (head, body) = request.into_parts();
            let body = whole(body).await?;
            let answer = client.send(http::Request::from_parts(head, body), limits).await.map_err(convert)?;
            HttpResponse::try_from(answer.map(SdkBody::from)).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

async fn whole(body: SdkBody) -> Result<Bytes, ConnectorError> {
    if let Some(bytes) = body.bytes() {
        return Ok(Bytes::copy_from_slice(bytes));
    }
    body.collect().await.map(|body| body.to_bytes()).map_err(ConnectorError::user)
}

fn convert(error: HttpError) -> ConnectorError {
    match error {
        HttpError::TimedOut { .. } => ConnectorError::timeout(error.into()),
        HttpError::Unresolved { .. } | HttpError::Connect { .. } | HttpError::Broken { .. } => {
            ConnectorError::io(error.into())
        }
        HttpError::Unusable { .. } | HttpError::NotPublic { .. } => ConnectorError::user(error.into()),
        HttpError::TooLarge { .. } => ConnectorError::other(error.into(), None),
    }
}
