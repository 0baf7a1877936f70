//! From the bytes to the one operation that they are.

use portolan_tables::{Operation, Protocol, Service};

use crate::input::Input;
use crate::parameters::Parameters;
use crate::refusal::{Fault, Rule, shown};
use crate::request::{Method, WireRequest};
use crate::target::Target;
use crate::{form::Form, headers, json, rest};

/// The operation that a request is, with what it says.
#[derive(Debug)]
pub(crate) struct Matched<'s> {
    pub(crate) service: &'s Service,
    pub(crate) name: &'s str,
    pub(crate) operation: &'s Operation,
    pub(crate) parameters: Parameters,
}

/// A request that is no operation, or not purely that one.
#[derive(Debug)]
pub(crate) struct Mismatch<'s> {
    /// The operation that was nearly meant.
    pub(crate) operation: Option<&'s str>,
    pub(crate) fault: Fault,
}

impl From<Fault> for Mismatch<'_> {
    fn from(fault: Fault) -> Self {
        Self { operation: None, fault }
    }
}

/// Reads a request by the protocol of its service.
pub(crate) fn read<'s>(request: &WireRequest<'_>, service: &'s Service) -> Result<Matched<'s>, Mismatch<'s>> {
    let target = Target::parse(request.target)?;
    headers::check_form(request.headers)?;
    match service.protocol {
        Protocol::Json => json_request(request, &target, service),
        Protocol::Query | Protocol::Ec2 => form_request(request, &target, service),
        Protocol::RestJson | Protocol::RestXml => rest_request(request, &target, service),
    }
}

/// What json, query and ec2 have in common: POST to `/`, and nothing in the query string.
fn check_post_to_root(request: &WireRequest<'_>, target: &Target<'_>) -> Result<(), Fault> {
    if request.method != Method::Post {
        return Err(Fault::new(Rule::Target, format!("the method must be POST, not {}", request.method.as_str())));
    }
    if !target.is_root() {
        let message = format!("the target must be exactly \"/\", not {:?}", shown(request.target));
        return Err(Fault::new(Rule::Target, message));
    }
    Ok(())
}

fn json_request<'s>(
    request: &WireRequest<'_>,
    target: &Target<'_>,
    service: &'s Service,
) -> Result<Matched<'s>, Mismatch<'s>> {
    check_post_to_root(request, target)?;
    let Some(carrier) = headers::value(request.headers, "x-amz-target") else {
        return Err(Fault::new(Rule::NoOperation, "there is no x-amz-target header").into());
    };
    let found = carrier
        .strip_prefix(service.target_prefix.as_str())
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(|name| service.named(name));
    let Some((name, operation)) = found else {
        let message =
            format!("x-amz-target {:?} is no operation of {} in the host's tables", shown(carrier), service.name);
        return Err(Fault::new(Rule::NoOperation, message).into());
    };
    let of = |fault| Mismatch { operation: Some(name), fault };
    let input = Input::of(service, operation);
    let mut parameters = Parameters::default();
    let content_type = format!("application/x-amz-json-{}", service.json_version);
    let mut fixed = vec![("x-amz-target", [carrier].to_vec()), ("content-type", vec![content_type.as_str()])];
    if service.query_compatible {
        // Asks for the error codes that the service had when it spoke the query protocol; changes no meaning.
        fixed.push(("x-amzn-query-mode", vec!["true"]));
    }
    require_content_type(request).map_err(of)?;
    check_headers(request, &fixed, &input, &mut parameters).map_err(of)?;
    check_input(&input).map_err(of)?;
    json::check(request.body, &input, &mut parameters).map_err(of)?;
    Ok(Matched { service, name, operation, parameters })
}

fn form_request<'s>(
    request: &WireRequest<'_>,
    target: &Target<'_>,
    service: &'s Service,
) -> Result<Matched<'s>, Mismatch<'s>> {
    check_post_to_root(request, target)?;
    let form = Form::parse(request.body)?;
    let Some(action) = form.get("Action") else {
        return Err(Fault::new(Rule::NoOperation, "the form has no Action").into());
    };
    let Some((name, operation)) = service.named(action) else {
        let message = format!("Action {:?} is no operation of {} in the host's tables", shown(action), service.name);
        return Err(Fault::new(Rule::NoOperation, message).into());
    };
    let of = |fault| Mismatch { operation: Some(name), fault };
    match form.get("Version") {
        Some(version) if version == service.api_version => {}
        other => {
            // Another version is another service at the same endpoint (elb and elbv2), with other operations.
            let message = format!(
                "Version must be {:?}, not {:?}",
                service.api_version,
                other.map_or_else(|| "absent".to_owned(), shown)
            );
            return Err(of(Fault::new(Rule::Parameter, message)));
        }
    }
    let input = Input::of(service, operation);
    let mut parameters = Parameters::default();
    let fixed = [(
        "content-type",
        vec!["application/x-www-form-urlencoded; charset=utf-8", "application/x-www-form-urlencoded"],
    )];
    require_content_type(request).map_err(of)?;
    check_headers(request, &fixed, &input, &mut parameters).map_err(of)?;
    check_input(&input).map_err(of)?;
    form.check(&input, &mut parameters).map_err(of)?;
    Ok(Matched { service, name, operation, parameters })
}

fn rest_request<'s>(
    request: &WireRequest<'_>,
    target: &Target<'_>,
    service: &'s Service,
) -> Result<Matched<'s>, Mismatch<'s>> {
    let method = request.method.as_str();
    let candidates = service.operations().filter(|(_, operation)| rest::matches(method, target, operation));
    let mut found = None;
    let mut nearly = None;
    for (name, operation) in candidates {
        match rest_candidate(request, target, service, operation) {
            Ok(parameters) => match &found {
                None => found = Some(Matched { service, name, operation, parameters }),
                Some(Matched { name: other, .. }) => {
                    let message = format!("{method} {:?} is both {other} and {name}", shown(request.target));
                    return Err(Fault::new(Rule::Ambiguous, message).into());
                }
            },
            // Where several are not quite it, the first is named: an object is read by a plainer path than its parts.
            Err(fault) => nearly = nearly.or(Some(Mismatch { operation: Some(name), fault })),
        }
    }
    found.ok_or_else(|| {
        nearly.unwrap_or_else(|| {
            let what = format!(
                "{method} {:?} is no operation of {} in the host's tables",
                shown(request.target),
                service.name
            );
            Fault::new(Rule::NoOperation, what).into()
        })
    })
}

/// Everything about a REST request besides method and path, for one operation that those fit.
fn rest_candidate(
    request: &WireRequest<'_>,
    target: &Target<'_>,
    service: &Service,
    operation: &Operation,
) -> Result<Parameters, Fault> {
    let input = Input::of(service, operation);
    let mut parameters = Parameters::default();
    rest::check_labels(service.protocol, target, operation, &input, &mut parameters)?;
    rest::check_query(target, operation, &input, &mut parameters)?;
    check_input(&input)?;
    let takes_body = service.protocol == Protocol::RestJson && request.method == Method::Post && input.has_body();
    let content_type: Vec<&str> = if takes_body { vec!["application/json"] } else { Vec::new() };
    let fixed = [("content-type", content_type)];
    let fixed = if takes_body { fixed.as_slice() } else { &[] };
    check_headers(request, fixed, &input, &mut parameters)?;
    if takes_body {
        require_content_type(request)?;
        json::check(request.body, &input, &mut parameters)?;
    } else if !request.body.is_empty() {
        return Err(Fault::new(Rule::Body, "the operation takes no body"));
    }
    Ok(parameters)
}

/// Without a content type a server guesses how to read the body.
fn require_content_type(request: &WireRequest<'_>) -> Result<(), Fault> {
    match headers::value(request.headers, "content-type") {
        Some(_) => Ok(()),
        None => Err(Fault::new(Rule::Header, "there is a body and no content-type header")),
    }
}

fn check_headers(
    request: &WireRequest<'_>,
    fixed: &[(&str, Vec<&str>)],
    input: &Input<'_>,
    parameters: &mut Parameters,
) -> Result<(), Fault> {
    headers::check_known(request.headers, fixed, input, parameters)
}

/// An input that the guard cannot check wholly belongs to no curated read.
fn check_input(input: &Input<'_>) -> Result<(), Fault> {
    if input.unchecked {
        return Err(Fault::new(
            Rule::Body,
            "the operation takes a payload or a map of parameters, which is not checked yet",
        ));
    }
    Ok(())
}
