//! What an embedder puts in the place of parts of a run; in the binary, nothing.

use std::sync::Arc;

use futures::future::BoxFuture;
use portolan_names::AccountId;
use portolan_tables::{Variant, partition, partition_of};

use super::guest_config::RESPONSE_BYTES_MAX;
use super::setup::{Reach, SourceFacts, StartError};
use crate::aws::{Answer, Call, Endpoints, Exchange, ExchangeError, Keyring, Live, SessionFailure, TypeMemory};
use crate::config::settings::Settings;
use crate::credentials::{Environment, Identity, SessionPolicy};
use crate::http_client::{HttpClient, NetworkSettings};
use crate::secret::Secret;
use crate::sink::Sink;

/// All of it.
#[derive(Default)]
pub struct Embedded {
    /// Credentials in the place of those that the settings lead to.
    pub(crate) identity: Option<OwnIdentity>,
    /// Actions beyond plain inventory that the operator allows.
    pub(crate) operator: Vec<String>,
    /// A second opinion on what the guard has let pass.
    pub(crate) narrowing: Option<Narrowing>,
    /// What digests of sensitive values are keyed with, where no catalogue has a key.
    pub(crate) redaction_key: Option<Secret>,
    /// Sinks beside those of the settings.
    pub(crate) sinks: Vec<Box<dyn Sink>>,
}

/// Says why a call is not made, or nothing.
pub(crate) type Narrowing = Arc<dyn Fn(&Call) -> Result<(), String> + Send + Sync>;

/// Credentials of the embedder's, and who they are.
pub(crate) struct OwnIdentity {
    pub(crate) keys: Arc<dyn Keyring>,
    /// For reports: an ARN, or any name.
    pub(crate) name: String,
    /// The account to which they belong, where that means something.
    pub(crate) account: Option<AccountId>,
}

/// Whose account a run with credentials of the embedder's is said to have, where they belong to none.
const NO_ACCOUNT: &str = "000000000000";
/// Where accounts are until a region says otherwise.
const USUAL_PARTITION: &str = "aws";

impl OwnIdentity {
    /// The way to AWS with these credentials: nothing is assumed, and nobody is asked who they are.
    pub(super) fn reach(self, settings: &Settings, environment: &Environment) -> Result<Reach, StartError> {
        let usage = |error: &dyn std::fmt::Display| StartError::Usage(error.to_string());
        let network = NetworkSettings::from_environment(environment).map_err(|error| usage(&error))?;
        network.announce();
        let http = HttpClient::new(&network).map_err(|error| usage(&error))?;
        let of_region = settings.aws_region.as_ref().and_then(|region| partition_of(region.as_str()));
        let of_region = of_region.map_or(USUAL_PARTITION, |partition| partition.id.as_str());
        let partition_id = settings.partition.clone().unwrap_or_else(|| of_region.to_owned());
        let home_region = match &settings.aws_region {
            Some(region) => region.to_string(),
            None => partition(&partition_id)
                .map(|partition| partition.implicit_global_region.clone())
                .ok_or_else(|| StartError::Usage(format!("there is no partition {partition_id:?}")))?,
        };
        let variant = Variant { fips: settings.use_fips, dual_stack: settings.use_dual_stack };
        let endpoints = Endpoints { partition: partition_id.clone(), variant, overrides: settings.endpoints.clone() };
        let types = Arc::new(TypeMemory::new(Arc::new(Live::new(self.keys, endpoints, http, RESPONSE_BYTES_MAX))));
        let own = match self.account {
            Some(account) => account,
            None => AccountId::parse(NO_ACCOUNT).map_err(|error| usage(&error))?,
        };
        Ok(Reach {
            exchange: Arc::clone(&types) as Arc<dyn Exchange>,
            types: Some(types),
            source: SourceFacts {
                arn: self.name,
                account: own.to_string(),
                why: "given to the library by whoever embeds it".to_owned(),
            },
            own,
            partition: partition_id,
            home_region,
            sessions: None,
        })
    }
}

/// Calls that pass the guard and this too.
pub(super) struct Narrowed {
    pub(super) inner: Arc<dyn Exchange>,
    pub(super) narrowing: Narrowing,
}

impl Exchange for Narrowed {
    fn open<'a>(
        &'a self,
        identity: &'a Identity,
        policy: Option<&'a SessionPolicy>,
    ) -> BoxFuture<'a, Result<(), SessionFailure>> {
        self.inner.open(identity, policy)
    }

    fn exchange<'a>(&'a self, call: &'a Call, clock_offset_ms: i64) -> BoxFuture<'a, Result<Answer, ExchangeError>> {
        match (self.narrowing)(call) {
            Ok(()) => self.inner.exchange(call, clock_offset_ms),
            Err(why) => Box::pin(async move {
                Err(ExchangeError::Refused(format!(
                    "{}:{} is refused by the policy of whoever embeds this library: {why}",
                    call.service, call.operation
                )))
            }),
        }
    }

    fn renew(&self, identity: &Identity) {
        self.inner.renew(identity);
    }

    fn close(&self, identity: &Identity) {
        self.inner.close(identity);
    }

    fn waits(&self) -> bool {
        self.inner.waits()
    }
}
