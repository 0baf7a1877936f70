//! How the scripted AWS is set up. Every member has a default; all but the port, the authority's file and TLS can be
//! changed while it runs.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// The regions that every account has, in the order in which an estate takes them.
pub const REGIONS: [&str; 17] = [
    "us-east-1",
    "eu-west-1",
    "eu-central-1",
    "us-west-2",
    "us-east-2",
    "ap-southeast-1",
    "ap-northeast-1",
    "eu-west-2",
    "us-west-1",
    "ap-southeast-2",
    "eu-west-3",
    "eu-north-1",
    "ap-south-1",
    "ca-central-1",
    "sa-east-1",
    "ap-northeast-2",
    "ap-northeast-3",
];

/// Everything that can be set, as a JSON object: in `--options`, in [`crate::ScriptedAws::start`], and in parts by
/// [`crate::ScriptedAws::set`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Whether it speaks TLS, with HTTP/1.1 and HTTP/2 by ALPN. Without, HTTP/1.1, and HTTP/2 by prior knowledge.
    pub tls: bool,
    /// Where the certificate authority is written, as PEM, for `AWS_CA_BUNDLE`. Needed with `tls`.
    pub ca_file: Option<PathBuf>,

    /// Accounts of the organization. The first is the management account.
    pub accounts: u32,
    /// How many of [`REGIONS`] every account has enabled.
    pub regions: u32,
    /// Resources of a unit (account, region, kind) that has any, on average: from 1 to twice as many less 1.
    pub resources: u32,
    /// The share of units that have none, 0 to 1.
    pub empty_share: f64,
    /// One unit of another size.
    pub huge: Option<Huge>,
    /// Another seed is another estate.
    pub seed: u64,
    /// How often the estate has changed.
    pub generation: u32,
    /// The share of resources that are edited from one generation to the next.
    pub changed_share: f64,
    /// The share of every unit's resources that are deleted, with as many new ones, from one generation to the next.
    pub replaced_share: f64,

    /// Milliseconds before every answer.
    pub latency_ms: f64,
    /// Up to so many milliseconds more, or less.
    pub jitter_ms: f64,
    /// Whether calls are limited by AWS's token buckets (`data/buckets.tsv`).
    pub buckets: bool,
    /// Whether answers are compressed for clients that accept it.
    pub gzip: bool,
    /// Seconds that a session lasts, as `AssumeRole` tells.
    pub session_seconds: u64,
    /// Seconds after which a session is in truth refused as expired. None: when its time is over.
    pub session_dies_after: Option<u64>,
    /// Seconds by which this AWS's clock is ahead of the machine's.
    pub clock_offset: i64,
    /// The external id that roles ask for. None: any, or none.
    pub external_id: Option<String>,
    /// What a service control policy closes.
    pub denied: Vec<Denied>,
    /// Regions whose endpoints are gone: connections are reset as soon as a call for one of them is seen.
    pub vanished: Vec<String>,
    /// What goes wrong; the first rule that hits a call counts.
    pub faults: Vec<Fault>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            tls: false,
            ca_file: None,
            accounts: 3,
            regions: 3,
            resources: 3,
            empty_share: 0.0,
            huge: None,
            seed: 1,
            generation: 0,
            changed_share: 0.01,
            replaced_share: 0.0,
            latency_ms: 0.0,
            jitter_ms: 0.0,
            buckets: false,
            gzip: false,
            session_seconds: 3600,
            session_dies_after: None,
            clock_offset: 0,
            external_id: None,
            denied: Vec::new(),
            vanished: Vec::new(),
            faults: Vec::new(),
        }
    }
}

/// One unit with many resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Huge {
    /// The account, by its place in the organization.
    pub account: u32,
    /// The region; anything for a kind that has none.
    pub region: String,
    /// The kind, `AWS::EC2::Volume` say.
    pub kind: String,
    /// How many.
    pub resources: u32,
}

/// What a service control policy denies: everything in this account and region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denied {
    /// The account's id; None: all accounts.
    #[serde(default)]
    pub account: Option<String>,
    /// The region; None: all regions.
    #[serde(default)]
    pub region: Option<String>,
}
