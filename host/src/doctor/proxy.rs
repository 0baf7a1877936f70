//! Variables that name a proxy, and the certificates.

use super::case::Case;
use super::cause::Cause;
use super::finding::{Answer, Finding};
use super::mend::Mend;
use super::stage::Stage;
use crate::credentials::Environment;
use crate::http_client::Proxies;

const BUNDLE: &str = "AWS_CA_BUNDLE";

/// What the variables say. Where they are wrong, the stage says so, and nothing is sent.
pub(super) fn examine(case: &Case) -> Finding {
    let bundle = if is_set(&case.environment, BUNDLE) {
        format!("; certificates of {BUNDLE} are trusted besides the system's")
    } else {
        String::new()
    };
    match Proxies::from_environment(&case.environment) {
        Ok(proxies) if proxies.named().is_empty() => {
            Finding::works(Stage::Proxy, format!("no proxy is configured{bundle}"))
        }
        Ok(proxies) => {
            let named: Vec<String> =
                proxies.named().iter().map(|(variable, proxy)| format!("{proxy} ({variable})")).collect();
            Finding::works(Stage::Proxy, format!("requests go through {}{bundle}", named.join(" and ")))
        }
        Err(error) => Finding::fails(Stage::Proxy, "there is no telling which proxy to use")
            .answered(Answer::of_text(error))
            .because(vec![Cause::Settings])
            .mended_by(vec![Mend::act("change the variable that the message names, or unset it")]),
    }
}

fn is_set(environment: &Environment, name: &'static str) -> bool {
    environment.get(name).ok().flatten().is_some()
}

pub(super) fn mends() -> Vec<Mend> {
    vec![Mend::act(
        "let this machine reach *.amazonaws.com on port 443 directly, through VPC endpoints or through the proxy of HTTPS_PROXY \
         (NO_PROXY names what it is not for); where something on the way intercepts TLS, give its certificate in AWS_CA_BUNDLE",
    )]
}
