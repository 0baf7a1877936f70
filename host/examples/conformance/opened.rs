//! A run, opened: sessions, client, guard and configured instances, put together as `portolan sync` does.

use std::collections::BTreeMap;
use std::sync::Arc;

use portolan::aws::{Client, ClientLimits, Endpoints, Live, Shares};
use portolan::bindings::exports::portolan::aws::sync::{Account, AccountRole, Limits, Run, Unit};
use portolan::config::endpoints::Endpoints as Overrides;
use portolan::credentials::{
    Environment, MemberRole, RolePlan, Sessions, SourceSetting, Sources, Sts, StsSettings, choose, sts_place,
};
use portolan::engine::Engine;
use portolan::http_client::{HttpClient, NetworkSettings};
use portolan::imports::{CallScope, Outbound, Purpose};
use portolan::instance::{CallError, ConfigureError, Instances};
use portolan::run::Cancellation;
use portolan::secret::Secret;
use portolan_guard::Grant;
use portolan_names::{AccountId, RoleArn};
use serde_json::{Value, json};

use crate::records::{self, number, text};

/// Calls in flight, over all accounts and of one.
const CONCURRENCY: usize = 64;
const PER_ACCOUNT: usize = 16;

/// An error of the protocol.
pub struct Failed {
    class: &'static str,
    message: String,
    problem: Option<Value>,
}

impl Failed {
    pub fn new(class: &'static str, message: String) -> Self {
        Self { class, message, problem: None }
    }

    /// The guest's own failure.
    pub fn of_guest(problem: Value) -> Self {
        Self { problem: Some(problem), ..Self::new("failure", "the component says that the call failed".to_owned()) }
    }

    pub fn json(&self) -> Value {
        json!({ "class": self.class, "message": self.message, "problem": self.problem })
    }
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Self {
        let class = match &error {
            CallError::Trapped(_) => "trapped",
            CallError::Limit(_) | CallError::Oversized { .. } => "limit",
        };
        Self::new(class, error.to_string())
    }
}

fn setup(error: impl std::fmt::Display) -> Failed {
    Failed::new("setup", error.to_string())
}

/// A run that is open.
pub struct Opened {
    instances: Instances,
    cancelled: Cancellation,
}

impl Opened {
    /// Opens a run; what the component's `configure` gave back.
    pub async fn new(engine: Engine, args: &Value) -> Result<(Self, Value), Failed> {
        let run = run_of(args);
        let limits = run.limits;
        let (sessions, http) = sessions(args).await?;
        let variables: BTreeMap<String, String> = std::env::vars().collect();
        let overrides = Overrides::read(None, false, &variables, &mut Vec::new());
        let variant = portolan_tables::Variant { fips: false, dual_stack: false };
        let endpoints = Endpoints { partition: run.partition.clone(), variant, overrides };
        let exchange =
            Live::new(sessions, endpoints, http, bytes(limits.response_bytes)).within_ms(number(args, "timeout-ms"));
        let held = ClientLimits {
            concurrency: CONCURRENCY,
            per_account: PER_ACCOUNT,
            batch_bytes: bytes(limits.batch_bytes),
            shares: Shares::default(),
        };
        let cancelled = Cancellation::default();
        let client = Arc::new(Client::new(Arc::new(exchange), run.partition.clone(), held, cancelled.clone()));
        let outbound = Arc::clone(&client) as Arc<dyn Outbound>;
        let (instances, configured) = Instances::new(engine, outbound, text(args, "config").to_owned(), run)
            .await
            .map_err(|error| match error {
                ConfigureError::Rejected(_) => Failed::new("rejected", error.to_string()),
                ConfigureError::Call(error) => error.into(),
            })?;
        let operator = args.get("operator").and_then(Value::as_array).cloned().unwrap_or_default();
        let operator = operator.iter().filter_map(Value::as_str).map(str::to_owned);
        let grant = Grant::from_manifest(&configured.manifest).and_then(|grant| grant.with_operator(operator));
        client.grant(grant.map_err(setup)?);
        Ok((Self { instances, cancelled }, records::configured(&configured)))
    }

    /// The run is ending.
    pub fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// One call into an instance, which is the run's business and no other's meanwhile.
    pub async fn call(&self, call: &str, args: &Value) -> Result<Value, Failed> {
        let cursor = args.get("cursor").and_then(Value::as_str);
        let mut lease = self.instances.lease().await?;
        match call {
            "sync-page" => {
                let (account, unit) = (account(args), unit(args));
                let scope = scope(&account, Purpose::Read, &unit.kind)?;
                records::page(lease.sync_page(scope, &account, &unit, cursor).await?)
            }
            "read-resources" => {
                let (account, unit) = (account(args), unit(args));
                let ids = args.get("ids").and_then(Value::as_array).cloned().unwrap_or_default();
                let ids: Vec<String> = ids.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                let scope = scope(&account, Purpose::Read, &unit.kind)?;
                records::page(lease.read_resources(scope, &account, &unit, &ids).await?)
            }
            "map-resources" => records::mapped(lease.map_resources(&unit(args), text(args, "resources")).await?),
            "discover-accounts" => {
                let scope = CallScope { account: None, purpose: Purpose::Discover, kind: Arc::from("") };
                records::account_page(lease.discover_accounts(scope, cursor).await?)
            }
            "plan" => {
                let account = account(args);
                let scope = scope(&account, Purpose::Plan, "")?;
                records::account_plan(lease.plan(scope, &account).await?)
            }
            other => Err(Failed::new("bad-call", format!("no call is named {other:?}"))),
        }
    }
}

/// Sessions of the roles that the kit names, assumed from the keys of the environment.
async fn sessions(args: &Value) -> Result<(Arc<Sessions>, HttpClient), Failed> {
    let environment = Environment::of_process();
    let http = HttpClient::new(&NetworkSettings::default()).map_err(setup)?;
    let settings = StsSettings {
        endpoint_url: std::env::var("AWS_ENDPOINT_URL").ok(),
        allow_insecure: true,
        ..StsSettings::default()
    };
    let place = sts_place(&settings, &environment.without("AWS_ENDPOINT_URL")).map_err(setup)?;
    let sts = Sts::new(&http, place.region, place.endpoint);
    let sources = Sources { setting: SourceSetting::Keys, priority: None, keys: None, environment };
    let chosen = choose(&sources, &sts).await.map_err(setup)?;
    let roles = args.get("roles").cloned().unwrap_or_default();
    let member = RoleArn::parse(&text(&roles, "member").replace("{account}", "000000000000")).map_err(setup)?;
    let plan = RolePlan {
        list: Some(RoleArn::parse(text(&roles, "management")).map_err(setup)?),
        member: MemberRole::Template {
            partition: member.partition().to_owned(),
            path_and_name: member.path_and_name().to_owned(),
        },
        external_id: Some(Secret::new(text(args, "external-id"))),
        ..RolePlan::of_source("conformance")
    };
    Ok((Arc::new(Sessions::new(plan, chosen, sts)), http))
}

fn scope(account: &Account, purpose: Purpose, kind: &str) -> Result<CallScope, Failed> {
    Ok(CallScope { account: Some(AccountId::parse(&account.id).map_err(setup)?), purpose, kind: Arc::from(kind) })
}

fn run_of(args: &Value) -> Run {
    let run = args.get("run").cloned().unwrap_or_default();
    let limits = run.get("limits").cloned().unwrap_or_default();
    let small = |name: &str| u32::try_from(number(&limits, name)).unwrap_or(u32::MAX);
    Run {
        id: text(&run, "id").to_owned(),
        started_at_ms: number(&run, "started-at-ms"),
        partition: text(&run, "partition").to_owned(),
        limits: Limits {
            batch: small("batch"),
            response_bytes: number(&limits, "response-bytes"),
            batch_bytes: number(&limits, "batch-bytes"),
            page_bytes: number(&limits, "page-bytes"),
            cursor_bytes: small("cursor-bytes"),
        },
    }
}

fn account(args: &Value) -> Account {
    let account = args.get("account").cloned().unwrap_or_default();
    let is_management = text(&account, "role") == "management";
    Account {
        id: text(&account, "id").to_owned(),
        name: text(&account, "name").to_owned(),
        role: if is_management { AccountRole::Management } else { AccountRole::Member },
        details: text(&account, "details").to_owned(),
    }
}

fn unit(args: &Value) -> Unit {
    let unit = args.get("unit").cloned().unwrap_or_default();
    let region = unit.get("region").and_then(Value::as_str).map(str::to_owned);
    Unit { kind: text(&unit, "kind").to_owned(), region }
}

fn bytes(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
