//! The calls to STS: one place for its endpoint, its limits, its retries and its errors.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_sts::config::{BehaviorVersion, Config, Region as SdkRegion};
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::types::PolicyDescriptorType;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use portolan_names::{AccountId, Arn, Region, RoleArn};
use portolan_tables::Protocol;
use tokio::sync::Semaphore;

use super::failure::{AssumeFailure, What, cleaned, sort};
use super::identity::CallerIdentity;
use super::roles::Hop;
use super::session_policy::SessionPolicy;
use crate::http_client::{HttpClient, HttpError, causes};
use crate::secret::Secret;

/// Calls to STS at once. All are charged to the calling account, whose limit other callers share.
const IN_FLIGHT: usize = 16;
/// How often one call is sent: a throttled STS recovers within seconds.
const ATTEMPTS: u32 = 4;
/// Before the second attempt; doubled for each further one, halved at most by chance.
const PAUSE: Duration = Duration::from_millis(200);
const CONNECT: Duration = Duration::from_secs(3);
/// Percent of the room for the policy and the tags of a session above which it is said: some tags more, and AWS refuses it.
const PACKED_PERCENT_MAX: i32 = 90;
/// STS answers within 100 ms; ten seconds are a broken connection.
const READ: Duration = Duration::from_secs(10);

/// One call that was made, for the run's counts. It carries nothing secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsCall {
    /// `AssumeRole`, `AssumeRoleWithWebIdentity`, `GetCallerIdentity`.
    pub operation: &'static str,
    /// AWS's code, empty where the call succeeded or nobody answered.
    pub code: String,
    /// Whether it gave what was asked for.
    pub ok: bool,
    /// 1 for the first time it is sent.
    pub attempt: u32,
}

type Observer = dyn Fn(&StsCall) + Send + Sync;

/// STS in one region: regional always, since the global endpoint's tokens do not work in opt-in regions.
#[derive(Clone)]
pub struct Sts {
    config: Config,
    pub(super) http: HttpClient,
    pub(super) region: Region,
    endpoint: String,
    clock: SharedTimeSource,
    sleep: SharedAsyncSleep,
    in_flight: Arc<Semaphore>,
    observer: Option<Arc<Observer>>,
    /// Whether it was said that a policy is nearly too large: all accounts have the same.
    nearly_full: Arc<AtomicBool>,
}

impl std::fmt::Debug for Sts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sts").field("region", &self.region).field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Sts {
    /// `endpoint` is the address, from the endpoint tables or an override that was checked.
    #[must_use]
    pub fn new(http: &HttpClient, region: Region, endpoint: impl Into<String>) -> Self {
        Self::with_clock(http, region, endpoint, SharedTimeSource::new(SystemTimeSource::new()))
    }

    /// As [`Sts::new`], with the time from elsewhere: sessions are refreshed by it.
    #[must_use]
    pub fn with_clock(http: &HttpClient, region: Region, endpoint: impl Into<String>, clock: SharedTimeSource) -> Self {
        let endpoint = endpoint.into();
        let sleep = SharedAsyncSleep::new(TokioSleep::new());
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(SdkRegion::new(region.to_string()))
            .endpoint_url(&endpoint)
            .http_client(http.clone())
            .sleep_impl(sleep.clone())
            .time_source(clock.clone())
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).read_timeout(READ).build())
            .build();
        Self {
            config,
            http: http.clone(),
            region,
            endpoint,
            clock,
            sleep,
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT)),
            observer: None,
            nearly_full: Arc::default(),
        }
    }

    /// Tells every call made to `observer`.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Fn(&StsCall) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// The region whose endpoint is called and for which requests are signed.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The address that is called.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn clock(&self) -> &SharedTimeSource {
        &self.clock
    }

    pub(super) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    pub(super) fn sleep(&self) -> &SharedAsyncSleep {
        &self.sleep
    }

    fn client(&self, credentials: Option<&Credentials>) -> aws_sdk_sts::Client {
        let mut config = self.config.to_builder();
        if let Some(credentials) = credentials {
            config = config.credentials_provider(credentials.clone());
        }
        aws_sdk_sts::Client::from_conf(config.build())
    }

    pub(super) async fn caller_identity(&self, credentials: &Credentials) -> Result<CallerIdentity, AssumeFailure> {
        let client = self.client(Some(credentials));
        let answer = self.retried("GetCallerIdentity", None, &[], || client.get_caller_identity().send()).await?;
        let bad =
            || AssumeFailure::own(None, What::BadAnswer, "GetCallerIdentity's answer lacks account, ARN or user id");
        Ok(CallerIdentity {
            account: answer.account().and_then(|id| AccountId::parse(id).ok()).ok_or_else(bad)?,
            arn: answer.arn().ok_or_else(bad)?.to_owned(),
            user_id: answer.user_id().ok_or_else(bad)?.to_owned(),
        })
    }

    pub(super) async fn assume_role(&self, caller: &Credentials, hop: &Hop) -> Result<Credentials, AssumeFailure> {
        let client = self.client(Some(caller));
        let secrets: Vec<&str> = hop.external_id.iter().map(Secret::expose).collect();
        let answer = self
            .retried("AssumeRole", Some(&hop.role), &secrets, || {
                client
                    .assume_role()
                    .role_arn(hop.role.as_str())
                    .role_session_name(&hop.session_name)
                    .set_external_id(hop.external_id.as_ref().map(|id| id.expose().to_owned()))
                    .set_duration_seconds(hop.duration_s.and_then(|s| i32::try_from(s).ok()))
                    .set_source_identity(hop.source_identity.clone())
                    .set_policy(document(hop))
                    .set_policy_arns(managed(hop))
                    .send()
            })
            .await?;
        #[expect(deprecated, reason = "the newer figure comes to AWS's partitions one after the other")]
        self.note_size(hop, answer.session_token_utilization.or(answer.packed_policy_size));
        session(hop, answer.credentials, answer.assumed_role_user)
    }

    /// Says once that a session's policy and tags have nearly filled their room.
    fn note_size(&self, hop: &Hop, percent: Option<i32>) {
        let Some(percent) = percent.filter(|percent| *percent > PACKED_PERCENT_MAX) else { return };
        if !self.nearly_full.swap(true, Ordering::Relaxed) {
            tracing::warn!(role = %hop.role, percent, "the session policy and tags nearly fill what AWS takes");
        }
    }

    pub(super) async fn assume_role_with_web_identity(
        &self,
        token: &Secret,
        hop: &Hop,
    ) -> Result<Credentials, AssumeFailure> {
        let client = self.client(None);
        let answer = self
            .retried("AssumeRoleWithWebIdentity", Some(&hop.role), &[token.expose()], || {
                client
                    .assume_role_with_web_identity()
                    .role_arn(hop.role.as_str())
                    .role_session_name(&hop.session_name)
                    .web_identity_token(token.expose())
                    .set_duration_seconds(hop.duration_s.and_then(|s| i32::try_from(s).ok()))
                    .set_policy(document(hop))
                    .set_policy_arns(managed(hop))
                    .send()
            })
            .await?;
        #[expect(deprecated, reason = "the newer figure comes to AWS's partitions one after the other")]
        self.note_size(hop, answer.session_token_utilization.or(answer.packed_policy_size));
        session(hop, answer.credentials, answer.assumed_role_user)
    }

    /// The SDK's own retries are off: this is the one place where a call to STS is sent again.
    async fn retried<O, E, F>(
        &self,
        operation: &'static str,
        role: Option<&RoleArn>,
        secrets: &[&str],
        send: impl Fn() -> F,
    ) -> Result<O, AssumeFailure>
    where
        E: std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        let mut attempt = 1;
        loop {
            let outcome = {
                let _permit = self.in_flight.acquire().await;
                send().await
            };
            let outcome = outcome.map_err(|error| failure_of(&error, role, secrets));
            if let Some(observer) = &self.observer {
                let code = outcome.as_ref().err().map(|failure| failure.code.clone()).unwrap_or_default();
                observer(&StsCall { operation, code, ok: outcome.is_ok(), attempt });
            }
            match outcome {
                Err(failure) if attempt < ATTEMPTS && matches!(failure.what, What::Throttled | What::Unreachable) => {
                    self.sleep.sleep(pause(attempt, self.now())).await;
                    attempt += 1;
                }
                other => return other,
            }
        }
    }
}

/// Doubling, between half and all of it; the clock's lowest digits are chance enough to spread callers.
fn pause(attempt: u32, now: SystemTime) -> Duration {
    let whole = PAUSE.saturating_mul(1 << attempt.min(6));
    let nanos = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    let share = f64::from(nanos % 1000) / 1000.0;
    whole.mul_f64(0.5 + share / 2.0)
}

fn document(hop: &Hop) -> Option<String> {
    hop.policy.as_ref().and_then(SessionPolicy::document).map(str::to_owned)
}

fn managed(hop: &Hop) -> Option<Vec<PolicyDescriptorType>> {
    let arn = hop.policy.as_ref()?.managed_arn(hop.role.partition())?;
    Some(vec![PolicyDescriptorType::builder().arn(arn).build()])
}

fn session(
    hop: &Hop,
    credentials: Option<aws_sdk_sts::types::Credentials>,
    assumed: Option<aws_sdk_sts::types::AssumedRoleUser>,
) -> Result<Credentials, AssumeFailure> {
    let bad = |text: String| AssumeFailure::own(Some(&hop.role), What::BadAnswer, text);
    let given = credentials.ok_or_else(|| bad("the answer carries no credentials".to_owned()))?;
    let arn = assumed.map(|user| user.arn).unwrap_or_default();
    let in_answer = Arn::parse(&arn).ok();
    let (account, partition) = in_answer.map_or(("", ""), |arn| (arn.account, arn.partition));
    // The session's account is what everything read with it is filed under: it must be the one asked for.
    if account != hop.role.account().as_str() || partition != hop.role.partition() {
        return Err(bad(format!(
            "asked for a session in account {}, the answer is for {}",
            hop.role.account(),
            if account.is_empty() { "none that can be read" } else { account }
        )));
    }
    let expiry =
        SystemTime::try_from(given.expiration).map_err(|_| bad("the answer's expiry is not a time".to_owned()))?;
    Ok(Credentials::builder()
        .access_key_id(given.access_key_id)
        .secret_access_key(given.secret_access_key)
        .session_token(given.session_token)
        .expiry(expiry)
        .account_id(account)
        .provider_name("portolan")
        .build())
}

fn failure_of<E>(error: &SdkError<E, HttpResponse>, role: Option<&RoleArn>, secrets: &[&str]) -> AssumeFailure
where
    E: std::error::Error + 'static,
{
    let with_text = |what, text: &str| AssumeFailure::own(role, what, cleaned(text, secrets.iter().copied()));
    match error {
        SdkError::ServiceError(answer) => answered(answer.raw(), role, secrets),
        SdkError::ResponseError(answer) => answered(answer.raw(), role, secrets),
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) => with_text(What::Unreachable, &chain(error)),
        other => with_text(What::Settings, &chain(other)),
    }
}

/// Error answers are read where all of AWS's are, not by what the SDK made of them: it takes one form of XML
/// only, and drops what a proxy or a front door says.
fn answered(answer: &HttpResponse, role: Option<&RoleArn>, secrets: &[&str]) -> AssumeFailure {
    let status = answer.status().as_u16();
    let headers: Vec<(String, String)> = answer
        .headers()
        .iter_bytes()
        .map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into_owned()))
        .collect();
    let body = answer.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let Some(found) = portolan_errors::read(Protocol::Query, status, &headers, &body) else {
        return AssumeFailure::own(role, What::BadAnswer, format!("status {status}, but the answer is not STS's"));
    };
    AssumeFailure {
        role: role.cloned(),
        what: sort(&found.code, &found.message, status),
        code: cleaned(&found.code, secrets.iter().copied()),
        message: cleaned(&found.message, secrets.iter().copied()),
        request_id: found.request_id.map(|id| cleaned(&id, [])),
    }
}

/// Ours is the last link with a sentence: the SDK's own say `dispatch failure` and no more.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let ours = causes(error).find(|link| link.is::<HttpError>());
    ours.or_else(|| causes(error).last()).map_or_else(String::new, ToString::to_string)
}
