//! Endpoints other than AWS's own: who may name them, and what they must be.

use std::collections::BTreeMap;
use std::fmt;

use http::Uri;

use super::mistake::Mistake;
use super::node::Origin;
use super::variables::{AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_OF, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS};

/// An override of an endpoint: `https`, or `http` to this machine unless that was waived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointUrl {
    uri: Uri,
    origin: Origin,
}

impl EndpointUrl {
    /// The URL; it has a scheme and a host, and neither credentials nor a query.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Who named it.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.uri.host().is_some_and(is_loopback)
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)
    }
}

/// The overrides of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    flag: Option<EndpointUrl>,
    all: Option<EndpointUrl>,
    /// By the service id as variables write it: `S3`, `DYNAMODB`, `ELASTIC_LOAD_BALANCING_V2`.
    services: BTreeMap<String, EndpointUrl>,
}

impl Endpoints {
    /// Reads the flag and AWS's variables.
    #[must_use]
    pub fn read(
        flag: Option<&str>,
        allow_insecure: bool,
        env: &BTreeMap<String, String>,
        mistakes: &mut Vec<Mistake>,
    ) -> Self {
        let mut take = |text: &str, origin: Origin| match parse(text, allow_insecure) {
            Ok(uri) => Some(EndpointUrl { uri, origin }),
            Err((message, advice)) => {
                let mistake = Mistake::new(&origin, "", message);
                mistakes.push(match advice {
                    Some(advice) => mistake.instead(advice),
                    None => mistake,
                });
                None
            }
        };
        let flag = flag.and_then(|text| take(text, Origin::Flag("--endpoint-url")));
        let mut endpoints = Self { flag, ..Self::default() };
        if env.get(AWS_IGNORE_CONFIGURED_ENDPOINT_URLS).is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return endpoints;
        }
        for (name, text) in env.iter().filter(|(_, text)| !text.trim().is_empty()) {
            let origin = || Origin::Variable(name.as_str().into());
            if name == AWS_ENDPOINT_URL {
                endpoints.all = take(text, origin());
            } else if let Some(service) = name.strip_prefix(AWS_ENDPOINT_URL_OF)
                && let Some(url) = take(text, origin())
            {
                endpoints.services.insert(service.to_owned(), url);
            }
        }
        endpoints
    }

    /// The override for a service, by its id (`S3`, `DynamoDB`, `Elastic Load Balancing v2`); none: AWS's own.
    ///
    /// The flag goes before the service's variable, and that before the variable for all, as in AWS's own tools.
    #[must_use]
    pub fn of(&self, service_id: &str) -> Option<&EndpointUrl> {
        let name: String =
            service_id.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
        self.flag.as_ref().or_else(|| self.services.get(&name)).or(self.all.as_ref())
    }

    /// Lines that announce each override: an endpoint that is not AWS's sees every request.
    #[must_use]
    pub fn announce(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match (&self.flag, &self.all) {
            (Some(url), _) => lines.push(format!("every AWS call goes to {url} ({})", url.origin)),
            (None, Some(url)) => lines.push(format!("AWS calls go to {url} ({})", url.origin)),
            (None, None) => {}
        }
        if self.flag.is_none() {
            lines.extend(
                self.services.iter().map(|(service, url)| format!("{service} calls go to {url} ({})", url.origin)),
            );
        }
        lines
    }

    /// Every override, whichever call it is for.
    pub fn urls(&self) -> impl Iterator<Item = &EndpointUrl> {
        self.flag.iter().chain(&self.all).chain(self.services.values())
    }

    /// Whether anything is overridden.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.flag.is_none() && self.all.is_none() && self.services.is_empty()
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The URL is not repeated in a refusal: it may carry credentials.
fn parse(text: &str, allow_insecure: bool) -> Result<Uri, super::formats::Wrong> {
    let form = || Some("write https://host, or http://localhost:PORT".to_owned());
    let uri: Uri = text.trim().parse().map_err(|_| ("not a URL".to_owned(), form()))?;
    let (Some(scheme), Some(host), Some(authority)) = (uri.scheme_str(), uri.host(), uri.authority()) else {
        return Err(("not a URL with a scheme and a host".to_owned(), form()));
    };
    if authority.as_str().contains('@') || uri.query().is_some() {
        return Err(("an endpoint has neither credentials nor a query".to_owned(), form()));
    }
    match scheme {
        "https" => Ok(uri),
        "http" if allow_insecure || is_loopback(host) => Ok(uri),
        "http" => Err((
            "http to another machine: anyone on the way could read the estate and the signatures".to_owned(),
            Some("write https, or add --allow-insecure-endpoint".to_owned()),
        )),
        _ => Err(("neither https nor http".to_owned(), form())),
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Endpoints, Mistake, Origin};

    fn read(flag: Option<&str>, insecure: bool, pairs: &[(&str, &str)]) -> (Endpoints, Vec<Mistake>) {
        let env: BTreeMap<String, String> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let mut mistakes = Vec::new();
        (Endpoints::read(flag, insecure, &env, &mut mistakes), mistakes)
    }

    #[test]
    fn https_or_this_machine() {
        for (url, insecure, right) in [
            ("https://sts.example.com", false, true),
            ("http://localhost:5000", false, true),
            ("http://127.0.0.2:5000/", false, true),
            ("http://[::1]:5000", false, true),
            ("http://example.com", false, false),
            ("http://example.com", true, true),
            ("http://localhost.example.com", false, false),
            ("http://127.0.0.1@example.com", false, false),
            ("https://user:planted@example.com", false, false),
            ("https://example.com/?planted", false, false),
            ("ftp://localhost", true, false),
            ("localhost:5000", false, false),
            ("", false, false),
        ] {
            let (endpoints, mistakes) = read(Some(url), insecure, &[]);
            assert_eq!(endpoints.of("s3").is_some(), right, "{url}");
            assert_eq!(mistakes.is_empty(), right, "{url}");
            assert!(mistakes.iter().all(|mistake| !mistake.to_string().contains("planted")));
        }
    }

    #[test]
    fn the_flag_before_the_service_before_all() {
        let env = [("AWS_ENDPOINT_URL", "https://all"), ("AWS_ENDPOINT_URL_DYNAMODB", "https://dynamo")];
        let (endpoints, _) = read(None, false, &env);
        let host =
            |endpoints: &Endpoints, service| endpoints.of(service).map(|url| url.uri().host().unwrap().to_owned());
        assert_eq!(host(&endpoints, "DynamoDB").as_deref(), Some("dynamo"));
        assert_eq!(host(&endpoints, "S3").as_deref(), Some("all"));
        assert_eq!(endpoints.announce().len(), 2);
        let (flagged, _) = read(Some("https://flag"), false, &env);
        assert_eq!(host(&flagged, "DynamoDB").as_deref(), Some("flag"));
        assert_eq!(flagged.of("s3").unwrap().origin(), &Origin::Flag("--endpoint-url"));
        let ignored = [&env[..], &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]].concat();
        assert!(read(None, false, &ignored).0.is_empty());
    }
}
