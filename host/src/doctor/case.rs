//! What is known so far: each stage adds to it, and later ones build on that.

use std::sync::Arc;

use portolan_names::AccountId;

use super::Options;
use super::stage::Stage;
use crate::aws::{Endpoints, Exchange};
use crate::bindings::exports::portolan::aws::sync;
use crate::config::settings::Settings;
use crate::credentials::{AssumeFailure, CallerIdentity, Environment, Hop, Identity, Sessions};
use crate::engine::Engine;
use crate::http_client::Proxies;
use crate::run::{Cancellation, Found, Ground, Listing, Look, RunStart, Surroundings};

/// Everything that an examination has in its hands.
pub(super) struct Case {
    pub(super) engine: Engine,
    pub(super) settings: Settings,
    pub(super) environment: Environment,
    pub(super) options: Options,
    pub(super) cancelled: Cancellation,
    /// Its id is in the names of the sessions.
    pub(super) start: RunStart,
    /// Which proxies are used; none where the variables that name them are wrong.
    pub(super) proxies: Proxies,
    pub(super) ground: Option<Ground>,
    /// What AWS's clock is ahead of ours, by the answer of STS's endpoint.
    pub(super) ahead_ms: Option<i64>,
    pub(super) sessions: Option<Arc<Sessions>>,
    pub(super) caller: Option<CallerIdentity>,
    /// Of a token file: what the token says of itself.
    pub(super) claims: Option<super::token::Claims>,
    /// Whether some role took the external id that is sent.
    pub(super) external_id_works: bool,
    /// The hub role was assumed, or there is none.
    pub(super) hub_works: bool,
    /// The listing role was assumed, or there is none.
    pub(super) listing_works: bool,
    /// Where services are asked.
    pub(super) endpoints: Option<Endpoints>,
    /// How requests of the doctor's own are sent.
    pub(super) exchange: Option<Arc<dyn Exchange>>,
    pub(super) look: Option<Look>,
    pub(super) listing: Option<Listing>,
    /// The accounts of the sample whose roles were assumed.
    pub(super) sample: Vec<Sampled>,
}

/// An account that is looked into.
pub(super) struct Sampled {
    pub(super) found: Found,
    /// Its regions and units, once they are known.
    pub(super) plan: Option<sync::AccountPlan>,
}

impl Case {
    /// Nothing is known yet.
    pub(super) fn new(engine: Engine, settings: Settings, surroundings: Surroundings, options: Options) -> Self {
        Self {
            engine,
            settings,
            proxies: Proxies::from_environment(&surroundings.environment).unwrap_or_default(),
            start: RunStart::now(),
            environment: surroundings.environment,
            options,
            cancelled: surroundings.cancelled,
            ground: None,
            ahead_ms: None,
            sessions: None,
            caller: None,
            claims: None,
            external_id_works: false,
            hub_works: false,
            listing_works: false,
            endpoints: None,
            exchange: None,
            look: None,
            listing: None,
            sample: Vec::new(),
        }
    }

    /// Whether a stage has given what later ones need.
    pub(super) fn is_known(&self, stage: Stage) -> bool {
        match stage {
            Stage::Endpoint => self.ground.is_some(),
            Stage::Identity => self.caller.is_some(),
            Stage::Hub => self.hub_works,
            Stage::Listing => self.listing_works,
            Stage::Organization => self.listing.is_some(),
            Stage::Accounts => !self.sample.is_empty(),
            Stage::Regions => self.sample.iter().any(|sampled| sampled.plan.is_some()),
            Stage::Proxy | Stage::Clock | Stage::Kinds | Stage::Simulate | Stage::Sinks => true,
        }
    }

    /// Whether an address is asked through a proxy.
    pub(super) fn is_proxied(&self, address: &str) -> bool {
        address.parse().is_ok_and(|address| self.proxies.is_for(&address))
    }

    /// The hops to an identity.
    pub(super) fn hops(&self, who: &Identity) -> Vec<Hop> {
        let Some(sessions) = &self.sessions else { return Vec::new() };
        sessions.plan().hops(who, sessions.source().kind).unwrap_or_default()
    }

    /// The hop that failed. The role of the source's own token is none of the plan's.
    pub(super) fn failed_hop(&self, who: &Identity, failure: &AssumeFailure) -> Option<Hop> {
        let role = failure.role.as_ref()?;
        let of_token = || {
            let web = self.sessions.as_ref()?.source().web_identity.as_ref()?;
            (web.role.as_ref() == Some(role)).then(|| Hop {
                role: role.clone(),
                by_web_identity: true,
                external_id: None,
                session_name: web.session_name.clone().unwrap_or_default(),
                duration_s: None,
                source_identity: None,
                policy: None,
            })
        };
        self.hops(who).into_iter().find(|hop| hop.role == *role).or_else(of_token)
    }

    /// The ARN of whoever asked for the session of that hop and was refused: AWS says it, else it is the one before.
    pub(super) fn refused_caller(&self, who: &Identity, failure: &AssumeFailure) -> String {
        let said = failure.message.split_once("User: ").and_then(|(_, rest)| rest.split_whitespace().next());
        if let Some(arn) = said.filter(|arn| arn.starts_with("arn:")) {
            return arn.to_owned();
        }
        let hops = self.hops(who);
        let at = hops.iter().position(|hop| Some(&hop.role) == failure.role.as_ref()).unwrap_or(0);
        match at.checked_sub(1).and_then(|before| hops.get(before)) {
            Some(before) => before.role.to_string(),
            None => self.caller.as_ref().map(|caller| caller.arn.clone()).unwrap_or_default(),
        }
    }

    /// Whether the sessions of the source carry tags: Pod Identity's do.
    pub(super) fn has_tags(&self) -> bool {
        let is_pod = |name| self.environment.get(name).ok().flatten().is_some();
        is_pod("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
            && self
                .sessions
                .as_ref()
                .is_some_and(|sessions| sessions.source().kind == crate::credentials::SourceKind::Task)
    }

    /// The account of that id, as it was listed.
    pub(super) fn found(&self, id: &AccountId) -> Option<&Found> {
        self.listing.as_ref()?.found.iter().find(|found| found.id == *id)
    }

    /// What to call a role of an account in a text.
    pub(super) fn role_in(&self, id: &AccountId) -> String {
        let who = Identity::Account(id.clone());
        match self.sessions.as_ref().and_then(|sessions| sessions.role_of(&who)) {
            Some(role) => role.to_string(),
            None => self.caller.as_ref().map(|caller| caller.arn.clone()).unwrap_or_default(),
        }
    }
}
