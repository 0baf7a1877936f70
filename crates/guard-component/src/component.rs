//! From the records of `wit/guard` to the crate and back.

use std::cell::RefCell;

use portolan_guard::{Described, Grant, WireRequest, asked_type};
use portolan_names::TypeName;
use portolan_tables::Variant;

use crate::bindings::exports::portolan::guard::decisions::{
    Answer, Granted, Guest, Identity, Learned, Method, Permitted, Refusal, Rejected, Request,
};
use crate::bindings::exports::portolan::guard::endpoints;

pub struct Component;

thread_local! {
    /// What may pass. An instance has one thread and decides for one run.
    static GRANT: RefCell<Option<Grant>> = const { RefCell::new(None) };
}

impl Guest for Component {
    fn grant(manifest: String, operator: Vec<String>) -> Result<Granted, Rejected> {
        GRANT.with_borrow_mut(|held| {
            if held.is_some() {
                return Err(rejected("it is granted what may pass; take another instance for another run"));
            }
            let grant = Grant::from_manifest(&manifest).and_then(|grant| grant.with_operator(operator));
            let grant = grant.map_err(|error| rejected(&error))?;
            let impossible = grant.impossible().into_iter().map(Refusal::from).collect();
            *held = Some(grant);
            Ok(Granted { impossible })
        })
    }

    fn decide(request: Request) -> Result<Permitted, Refusal> {
        let wire = WireRequest {
            service: &request.service,
            region: &request.region,
            operation: &request.operation,
            method: match request.method {
                Method::Get => portolan_guard::Method::Get,
                Method::Head => portolan_guard::Method::Head,
                Method::Post => portolan_guard::Method::Post,
            },
            target: &request.target,
            headers: &request.headers,
            body: &request.body,
            host_prefix: request.host_prefix.as_deref(),
            identity: match request.identity {
                Identity::Account => portolan_guard::Identity::Account,
                Identity::Management => portolan_guard::Identity::Management,
            },
        };
        let permitted = GRANT.with_borrow(|grant| match grant {
            Some(grant) => portolan_guard::decide(&wire, grant),
            None => portolan_guard::decide(&wire, &Grant::nothing()),
        })?;
        Ok(Permitted {
            service: permitted.service.to_owned(),
            operation: permitted.operation.to_owned(),
            action: permitted.action.to_owned(),
            dropped: permitted.dropped.into_iter().map(str::to_owned).collect(),
            teaches: asked_type(permitted.service, permitted.operation, &request.body).map(String::from),
        })
    }

    fn learn(type_name: String, answer: String) -> Result<Learned, Rejected> {
        let name = TypeName::parse(&type_name).map_err(|error| rejected(&error))?;
        let described = Described::read(&answer, &name).map_err(|error| rejected(&error))?;
        GRANT.with_borrow_mut(|grant| {
            let grant = grant.as_mut().ok_or_else(|| rejected("nothing is granted yet"))?;
            grant.learn(name, described.handlers).map_err(|refusal| rejected(&refusal))
        })?;
        Ok(Learned { type_name })
    }

    fn drop_values(status: u16, body: String, names: Vec<String>) -> Result<Answer, Rejected> {
        let dropped = portolan_guard::drop_values(status, body.as_bytes(), &names).map_err(|why| rejected(&why))?;
        Ok(Answer { body: dropped.unwrap_or(body) })
    }
}

impl endpoints::Guest for Component {
    fn find(
        service: String,
        region: String,
        fips: bool,
        dual_stack: bool,
    ) -> Result<endpoints::Endpoint, endpoints::NoEndpoint> {
        let found = portolan_tables::endpoint(&service, &region, Variant { fips, dual_stack })
            .map_err(|error| endpoints::NoEndpoint { message: error.to_string() })?;
        Ok(endpoints::Endpoint {
            host: found.host,
            signing_region: found.signing_region,
            signing_name: found.signing_name,
        })
    }
}

impl From<portolan_guard::Refusal> for Refusal {
    fn from(refusal: portolan_guard::Refusal) -> Self {
        Self {
            text: refusal.to_string(),
            operation: refusal.operation,
            rule: refusal.rule.as_str().to_owned(),
            message: refusal.message,
            grant_that_would_allow: refusal.grant_that_would_allow,
        }
    }
}

fn rejected(why: &(impl ToString + ?Sized)) -> Rejected {
    Rejected { message: why.to_string() }
}
