//! What can go wrong with a call, and with which ones it does.

use serde::{Deserialize, Serialize};

/// One rule. It hits a share of the calls that it is about.
///
/// ```
/// use portolan_scripted_aws::{Fault, Weather};
///
/// let fault: Fault = serde_json::from_str(r#"{"fault": "throttled", "share": 0.05, "services": ["ec2"]}"#).unwrap();
/// assert_eq!((fault.weather, fault.share), (Weather::Throttled, 0.05));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    #[serde(rename = "fault")]
    pub weather: Weather,
    /// To how many of the calls, 0 to 1.
    #[serde(default = "all")]
    pub share: f64,
    /// Another seed hits others.
    #[serde(default)]
    pub seed: u64,
    /// How calls are told apart.
    #[serde(default)]
    pub by: By,
    /// With [`By::Request`]: how many of its tries are hit.
    #[serde(default = "once")]
    pub times: u32,
    /// So many calls are let through before the first is hit.
    #[serde(default)]
    pub after: u64,
    /// Not more than so many are hit.
    #[serde(default)]
    pub limit: Option<u64>,
    /// Of [`Weather::Slow`]: bytes in a second. Of [`Weather::RetryAfter`]: seconds.
    #[serde(default)]
    pub value: Option<u32>,
    /// Which calls: of each list that is not empty, one must fit. Account ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// Regions, as the signature names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// Services, as the signature names them: `elasticloadbalancing`, `states`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Operations, `DescribeInstances` say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
}

fn all() -> f64 {
    1.0
}

fn once() -> u32 {
    1
}

impl Fault {
    /// A rule that hits this share of all calls, counted.
    #[must_use]
    pub fn of(weather: Weather, share: f64) -> Self {
        Self {
            weather,
            share,
            seed: 0,
            by: By::Count,
            times: 1,
            after: 0,
            limit: None,
            value: None,
            accounts: Vec::new(),
            regions: Vec::new(),
            services: Vec::new(),
            operations: Vec::new(),
        }
    }
}

/// How the calls that are hit are chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// By their number among those that the rule is about. The share is right however few different calls there are;
    /// which call it is depends on the order in which they come.
    #[default]
    Count,
    /// By what is asked (account, region, service, operation, input): the same calls are hit whatever the order, each in its
    /// first `times` tries.
    Request,
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weather {
    /// Refused for its rate, in the words of its service.
    Throttled,
    /// The same with a `Retry-After` of `value` seconds.
    RetryAfter,
    /// 500, in the words of its service.
    Internal,
    /// 503, in the words of its service.
    Unavailable,
    /// 502 from a load balancer, in HTML.
    BadGateway,
    /// The connection is reset before anything is answered.
    Reset,
    /// The connection is reset after the headers and half of the body.
    ResetInBody,
    /// Half of the body, then the end of the connection, though Content-Length says more.
    Truncated,
    /// The headers, then nothing.
    Stall,
    /// Nothing at all: the other side of the connection is gone and nobody says so.
    HalfOpen,
    /// `value` bytes in a second.
    Slow,
    /// 200 with a page in HTML, as a captive portal gives.
    Html,
    /// 200 with JSON, or XML, that means nothing to the caller.
    WrongContent,
    /// 200 without a body.
    Empty,
    /// 200 with an error inside, as S3 gives.
    ErrorInside,
    /// The session's token is expired.
    Expired,
    /// Refused: the service control policy.
    DeniedByPolicy,
    /// Refused: the role may not.
    Denied,
    /// The region is not enabled for the account.
    NotEnabled,
    /// The endpoint does not know the operation.
    UnknownOperation,
    /// The page token that is given leads to the same page.
    Loop,
}
