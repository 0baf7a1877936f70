//! The built component in wasmtime, and what it decides in a form that can be compared.

use std::sync::OnceLock;

use portolan_guard::{Identity, Method, Permitted, Refusal, WireRequest, asked_type};
use portolan_tests::programs;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Store};

/// What `bindgen!` makes of `wit/guard`.
#[allow(clippy::all, clippy::pedantic, reason = "generated")]
pub mod bindings {
    wasmtime::component::bindgen!({ world: "guard", path: "../wit/guard" });
}

use bindings::exports::portolan::guard::decisions as wit;

/// A decision, whoever made it: the permitted operation, or the refusal.
#[derive(Debug, PartialEq, Eq)]
pub enum Decided {
    /// Service, operation, action, names to drop, the type that the answer teaches about.
    Permitted(String, String, String, Vec<String>, Option<String>),
    /// Operation, rule, message, the grant that would allow it, all of it.
    Refused(String, String, String, Option<String>, String),
}

impl Decided {
    pub fn of_crate(wire: &WireRequest<'_>, outcome: Result<Permitted<'_>, Refusal>) -> Self {
        match outcome {
            Ok(permitted) => Self::Permitted(
                permitted.service.to_owned(),
                permitted.operation.to_owned(),
                permitted.action.to_owned(),
                permitted.dropped.iter().map(|&name| name.to_owned()).collect(),
                asked_type(permitted.service, permitted.operation, wire.body).map(String::from),
            ),
            Err(refusal) => {
                let text = refusal.to_string();
                let rule = refusal.rule.as_str().to_owned();
                Self::Refused(refusal.operation, rule, refusal.message, refusal.grant_that_would_allow, text)
            }
        }
    }
}

/// The component, compiled once: that takes seconds.
pub fn compiled() -> &'static Component {
    static COMPILED: OnceLock<Component> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let engine = Engine::new(Config::new().concurrency_support(false)).unwrap();
        Component::from_file(&engine, programs::guard()).unwrap()
    })
}

/// One instance of the guard's component.
pub struct Guard {
    store: Store<()>,
    world: bindings::Guard,
}

impl Guard {
    /// An instance without any import: the linker is empty.
    pub fn new() -> Self {
        let component = compiled();
        let mut store = Store::new(component.engine(), ());
        let world = bindings::Guard::instantiate(&mut store, component, &Linker::new(component.engine())).unwrap();
        Self { store, world }
    }

    /// The calls that are impossible.
    pub fn grant(&mut self, manifest: &str, operator: &[String]) -> Result<Vec<String>, String> {
        let granted = self.world.portolan_guard_decisions().call_grant(&mut self.store, manifest, operator).unwrap();
        match granted {
            Ok(granted) => Ok(granted.impossible.into_iter().map(|refusal| refusal.operation).collect()),
            Err(rejected) => Err(rejected.message),
        }
    }

    pub fn decide(&mut self, wire: &WireRequest<'_>) -> Decided {
        let request = wit::Request {
            identity: match wire.identity {
                Identity::Account => wit::Identity::Account,
                Identity::Management => wit::Identity::Management,
            },
            service: wire.service.to_owned(),
            region: wire.region.to_owned(),
            operation: wire.operation.to_owned(),
            host_prefix: wire.host_prefix.map(str::to_owned),
            method: match wire.method {
                Method::Get => wit::Method::Get,
                Method::Head => wit::Method::Head,
                Method::Post => wit::Method::Post,
            },
            target: wire.target.to_owned(),
            headers: wire.headers.to_vec(),
            body: wire.body.to_owned(),
        };
        match self.world.portolan_guard_decisions().call_decide(&mut self.store, &request).unwrap() {
            Ok(wit::Permitted { service, operation, action, dropped, teaches }) => {
                Decided::Permitted(service, operation, action, dropped, teaches)
            }
            Err(wit::Refusal { operation, rule, message, grant_that_would_allow, text }) => {
                Decided::Refused(operation, rule, message, grant_that_would_allow, text)
            }
        }
    }

    pub fn learn(&mut self, type_name: &str, answer: &str) -> Result<String, String> {
        let learned = self.world.portolan_guard_decisions().call_learn(&mut self.store, type_name, answer).unwrap();
        learned.map(|learned| learned.type_name).map_err(|rejected| rejected.message)
    }

    pub fn drop_values(&mut self, status: u16, body: &str, names: &[String]) -> Result<String, String> {
        let dropped =
            self.world.portolan_guard_decisions().call_drop_values(&mut self.store, status, body, names).unwrap();
        dropped.map(|answer| answer.body).map_err(|rejected| rejected.message)
    }

    /// Host, signing region, signing name.
    pub fn endpoint(
        &mut self,
        (service, region): (&str, &str),
        (fips, dual_stack): (bool, bool),
    ) -> Result<(String, String, String), String> {
        let endpoints = self.world.portolan_guard_endpoints();
        let found = endpoints.call_find(&mut self.store, service, region, fips, dual_stack).unwrap();
        found.map(|found| (found.host, found.signing_region, found.signing_name)).map_err(|missing| missing.message)
    }
}

/// AWS's answer about a type whose handlers read inventory, as `learn_thing` of the guard's tests has it.
pub fn description_of_thing() -> String {
    let schema = r#"{"typeName":"AWS::IoT::Thing","handlers":{
        "list":{"permissions":["iot:ListThings"]},"read":{"permissions":["iot:DescribeThing"]}}}"#;
    format!(
        "<DescribeTypeResponse><DescribeTypeResult><Type>RESOURCE</Type><TypeName>AWS::IoT::Thing</TypeName>\
         <Visibility>PUBLIC</Visibility><Schema>{}</Schema></DescribeTypeResult></DescribeTypeResponse>",
        schema.replace('"', "&quot;")
    )
}
