//! Requests as tests write them: owned, and changed one part at a time.

use std::sync::OnceLock;

use portolan_guard::{Grant, Identity, Method, Permitted, Refusal, Rule, WireRequest, decide_by};
use portolan_tables::{Access, Operation, Protocol, Service, Shape};

/// A request whose parts can be changed.
#[derive(Debug, Clone)]
pub struct Sent {
    pub service: String,
    pub region: String,
    pub method: Method,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub host_prefix: Option<String>,
    pub identity: Identity,
}

impl Sent {
    /// The plain request of an operation, with a value for each label and required query key.
    pub fn plain(service: &Service, name: &str) -> Self {
        let operation = service.operation(name).unwrap();
        let mut sent = Self {
            service: service.name.clone(),
            region: "eu-west-1".to_owned(),
            method: method(&operation.method),
            target: "/".to_owned(),
            headers: Vec::new(),
            body: String::new(),
            host_prefix: operation.host_prefix.clone(),
            identity: Identity::Account,
        };
        match service.protocol {
            Protocol::Json => {
                sent.set_header("x-amz-target", &format!("{}.{name}", service.target_prefix));
                sent.set_header("content-type", &format!("application/x-amz-json-{}", service.json_version));
                "{}".clone_into(&mut sent.body);
            }
            Protocol::Query | Protocol::Ec2 => {
                sent.set_header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
                sent.body = format!("Action={name}&Version={}", service.api_version);
            }
            Protocol::RestJson | Protocol::RestXml => {
                sent.target = filled(&operation.path);
                if sent.method == Method::Post && takes_json(service, operation) {
                    sent.set_header("content-type", "application/json");
                    "{}".clone_into(&mut sent.body);
                }
            }
        }
        sent
    }

    pub fn set_header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn wire(&self) -> WireRequest<'_> {
        let wire = WireRequest {
            service: &self.service,
            region: &self.region,
            // A liar: the guard must not care.
            operation: "ListQueues",
            method: self.method,
            target: &self.target,
            headers: &self.headers,
            body: &self.body,
            host_prefix: self.host_prefix.as_deref(),
            identity: self.identity,
        };
        super::second_opinion(&wire);
        wire
    }

    pub fn decide(&self, grant: &Grant) -> Result<Permitted<'static>, Refusal> {
        decide_by(&hostile(), &self.wire(), grant)
    }
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        // PUT and DELETE cannot be said; what an attacker could try instead is POST.
        _ => Method::Post,
    }
}

fn takes_json(service: &Service, operation: &Operation) -> bool {
    let Some(input) = operation.input else { return false };
    let Shape::Structure(structure) = service.shape(input) else { return false };
    service.protocol == Protocol::RestJson && structure.members.iter().any(|member| member.location.is_none())
}

/// A path template with its labels filled, ARNs where the label's name asks for one.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| {
            let (part, query) = part.split_once('?').map_or((part, None), |(part, query)| (part, Some(query)));
            let label = part.trim_start_matches('{').trim_end_matches('}').trim_end_matches('+');
            let value = match label {
                _ if !part.starts_with('{') => part,
                _ if label.to_ascii_lowercase().contains("arn") || label == "Resource" => {
                    "arn%3Aaws%3Aeks%3Aeu-west-1%3A111122223333%3Acluster%2Fblue"
                }
                _ => "some-name.1",
            };
            query.map_or_else(|| value.to_owned(), |query| format!("{value}?{query}"))
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// The tables of `data/hostile.txt`: writes and denied reads beside ordinary ones.
pub fn hostile() -> &'static [Service] {
    static TABLES: OnceLock<Vec<Service>> = OnceLock::new();
    TABLES.get_or_init(|| tables(include_str!("../data/hostile.txt")))
}

/// Tables with a line of dashes between them.
pub fn tables(text: &str) -> Vec<Service> {
    text.split("---\n").map(|table| Service::read(table.to_owned()).unwrap()).collect()
}

/// Whether anything opens an operation: it reads, and no row keeps it shut or binds it to parameters.
pub fn is_open(operation: &Operation) -> bool {
    matches!(operation.access, Some(Access::List | Access::Read)) && operation.denied.is_none()
}

pub fn hostile_service(name: &str) -> &'static Service {
    hostile().iter().find(|service| service.name == name).unwrap()
}

/// The plain request of an operation of the hostile tables.
pub fn plain(service: &str, operation: &str) -> Sent {
    Sent::plain(hostile_service(service), operation)
}

/// The strongest guest: it declares every operation with both identities, and the operator granted
/// whatever can be granted.
pub fn everything<'s>(tables: impl IntoIterator<Item = &'s Service>) -> Grant {
    let (manifest, operator) = everything_written(tables);
    Grant::from_manifest(&manifest).unwrap().with_operator(operator).unwrap()
}

/// The manifest and the operator's list that [`everything`] is made of.
pub fn everything_written<'s>(tables: impl IntoIterator<Item = &'s Service>) -> (String, Vec<String>) {
    let mut calls = Vec::new();
    let mut actions = Vec::new();
    for service in tables {
        for (name, operation) in service.operations() {
            for identity in ["account", "management"] {
                calls.push(serde_json::json!({"operation": format!("{}:{name}", service.name), "identity": identity}));
            }
            actions.extend(operation.action.clone());
        }
    }
    let manifest = serde_json::json!({ "calls": calls }).to_string();
    // What the host's own tables already refuse cannot be added; the rest can.
    let grantable = |action: &String| Grant::nothing().with_operator([action.clone()]).is_ok();
    (manifest, actions.into_iter().filter(grantable).collect())
}

/// [`everything`] over the hostile tables.
pub fn strongest() -> &'static Grant {
    static GRANT: OnceLock<Grant> = OnceLock::new();
    GRANT.get_or_init(|| everything(hostile()))
}

/// [`everything`] over the tables that are compiled in.
pub fn strongest_of_the_host() -> &'static Grant {
    static GRANT: OnceLock<Grant> = OnceLock::new();
    GRANT.get_or_init(|| everything(portolan_tables::services().filter_map(portolan_tables::service)))
}

/// The one way in which tables of cases call the guard: the strongest guest sends, and a rule says no.
#[track_caller]
pub fn refused(sent: &Sent, rule: Rule, message_has: &str) -> Refusal {
    let refusal = match sent.decide(strongest()) {
        Ok(permitted) => panic!("{sent:?} passed as {permitted:?}"),
        Err(refusal) => refusal,
    };
    assert_eq!(refusal.rule, rule, "{refusal}");
    assert!(refusal.message.contains(message_has), "{refusal} lacks {message_has:?}");
    refusal
}

#[track_caller]
pub fn passes(sent: &Sent) -> Permitted<'static> {
    sent.decide(strongest()).unwrap_or_else(|refusal| panic!("{sent:?}: {refusal}"))
}
