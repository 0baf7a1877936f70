//! Variables that name a proxy, and the certificates: Portolan connects directly, whatever they say.

use super::case::Case;
use super::cause::Cause;
use super::finding::Finding;
use super::mend::Mend;
use super::stage::Stage;
use crate::credentials::Environment;

/// What tells programs to go through a proxy. Their values may hold passwords, and are not shown.
const VARIABLES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const BUNDLE: &str = "AWS_CA_BUNDLE";

/// The variables of an environment that name a proxy.
pub(super) fn named(environment: &Environment) -> Vec<&'static str> {
    VARIABLES.into_iter().filter(|name| is_set(environment, name)).collect()
}

fn is_set(environment: &Environment, name: &'static str) -> bool {
    environment.get(name).ok().flatten().is_some()
}

pub(super) fn examine(case: &Case) -> Finding {
    let bundle = if is_set(&case.environment, BUNDLE) {
        format!("; certificates of {BUNDLE} are trusted besides the system's")
    } else {
        String::new()
    };
    if case.proxies.is_empty() {
        return Finding::works(Stage::Proxy, format!("no proxy is configured{bundle}"));
    }
    let says = format!("{} is set, and not used: Portolan connects directly{bundle}", case.proxies.join(", "));
    Finding::notable(Stage::Proxy, says).because(vec![Cause::Proxy]).mended_by(mends())
}

pub(super) fn mends() -> Vec<Mend> {
    vec![Mend::act(
        "let this machine reach *.amazonaws.com on port 443 directly, or through VPC endpoints; where something on the way \
         intercepts TLS, give its certificate in AWS_CA_BUNDLE",
    )]
}
