//! Which proxy a request goes through, by the variables that other programs read too.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::credentials::{CredentialsError, Environment};

/// For `https`, for `http`, and for whatever of the two has none. Of two spellings the first that has a value counts.
const HTTPS: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const HTTP: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];
/// Hosts that are connected to directly.
const NO: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The proxies of an environment. What they are sent to prove who asks is shown nowhere.
#[derive(Clone, Default)]
pub struct Proxies {
    matcher: Option<Arc<Matcher>>,
    /// Variable and address, without user name and password.
    named: Vec<(&'static str, String)>,
}

impl Proxies {
    /// What the variables say. One that is empty says nothing.
    ///
    /// # Errors
    /// A variable holds no address of a proxy: connecting directly would be what nobody asked for.
    pub fn from_environment(environment: &Environment) -> Result<Self, CredentialsError> {
        let mut named = Vec::new();
        let mut value_of = |names: [&'static str; 2]| -> Result<String, CredentialsError> {
            let Some((name, value)) = first(environment, names) else { return Ok(String::new()) };
            named.push((name, address(name, &value)?));
            Ok(value)
        };
        let builder = Matcher::builder().https(value_of(HTTPS)?).http(value_of(HTTP)?).all(value_of(ALL)?);
        if named.is_empty() {
            return Ok(Self::default());
        }
        let no = first(environment, NO).map(|(_, value)| value).unwrap_or_default();
        // `*.example.com` is how other programs write `.example.com`.
        let no: Vec<&str> = no
            .split(',')
            .map(str::trim)
            .map(|entry| entry.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(entry))
            .collect();
        Ok(Self { matcher: Some(Arc::new(builder.no(no.join(",")).build())), named })
    }

    /// The variables that name a proxy, each with its proxy's host and port.
    #[must_use]
    pub fn named(&self) -> &[(&'static str, String)] {
        &self.named
    }

    /// Whether there is one for an address.
    pub(crate) fn is_for(&self, destination: &Uri) -> bool {
        self.of(destination).is_some()
    }

    /// The proxy for an address; none where it is connected to directly.
    pub(super) fn of(&self, destination: &Uri) -> Option<Intercept> {
        let matcher = self.matcher.as_ref()?;
        if is_of_this_machine(destination.host()?) { None } else { matcher.intercept(destination) }
    }
}

/// Nothing secret: hosts and ports.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.named).finish()
    }
}

fn first(environment: &Environment, names: [&'static str; 2]) -> Option<(&'static str, String)> {
    let value = |name| environment.raw(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    names.into_iter().find_map(|name| Some((name, value(name)?)))
}

/// Host and port of a proxy. The value is not repeated where it is none, as it may hold a password.
fn address(name: &'static str, value: &str) -> Result<String, CredentialsError> {
    let intercept = Matcher::builder().all(value).build().intercept(&Uri::from_static("https://any.example"));
    intercept
        .filter(|proxy| matches!(proxy.uri().scheme_str(), Some("http" | "https")))
        .and_then(|proxy| proxy.uri().authority().map(ToString::to_string))
        .ok_or(CredentialsError::BadVariable { name, expected: "the address of an HTTP proxy, http://HOST:PORT" })
}

/// The literal address of a host, brackets or none.
pub(super) fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Loopback, and the link on which metadata services give credentials away: a proxy's would be those of another machine.
fn is_of_this_machine(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    match literal(host).map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        // fd00:ec2::/32 is where AWS puts the services of an instance.
        Some(IpAddr::V6(address)) => {
            let [first, second, ..] = address.segments();
            address.is_loopback() || address.is_unicast_link_local() || (first, second) == (0xfd00, 0xec2)
        }
        None => name == "localhost" || name.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Environment, Proxies};

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::from_environment(&Environment::of(variables.iter().copied())).unwrap()
    }

    fn of(proxies: &Proxies, address: &str) -> Option<String> {
        proxies.of(&address.parse().unwrap()).map(|proxy| proxy.uri().to_string())
    }

    #[test]
    fn each_scheme_has_its_proxy_and_all_is_for_the_rest() {
        let both = proxies(&[("https_proxy", "http://secure:1"), ("ALL_PROXY", "rest:2"), ("HTTPS_PROXY", "")]);
        assert_eq!(of(&both, "https://sts.amazonaws.com/").as_deref(), Some("http://secure:1/"));
        assert_eq!(of(&both, "http://sts.amazonaws.com/").as_deref(), Some("http://rest:2/"));
        assert_eq!(both.named(), [("https_proxy", "secure:1".to_owned()), ("ALL_PROXY", "rest:2".to_owned())]);
        let upper = proxies(&[("HTTPS_PROXY", "http://upper:1"), ("https_proxy", "http://lower:1")]);
        assert_eq!(of(&upper, "https://a.example/").as_deref(), Some("http://upper:1/"));
        assert_eq!(of(&upper, "http://a.example/"), None, "nobody named one for http");
        assert_eq!(of(&proxies(&[("NO_PROXY", "a.example")]), "https://b.example/"), None);
    }

    #[test]
    fn what_is_of_this_machine_and_what_is_left_out_is_connected_to_directly() {
        let all = proxies(&[
            ("ALL_PROXY", "http://proxy:3128"),
            ("NO_PROXY", "plain.example, .dot.example,*.star.example,10.0.0.0/8"),
        ]);
        for direct in [
            "http://169.254.169.254/latest/meta-data",
            "http://169.254.170.2/v2/credentials",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::254]/latest",
            "http://[fd00:ec2::23]/v1/credentials",
            "http://[::ffff:169.254.169.254]/",
            "http://127.0.0.1:4566/",
            "https://127.8.8.8/",
            "http://[::1]:80/",
            "https://localhost:4566/",
            "https://aws.LOCALHOST./",
            "https://plain.example/",
            "https://a.plain.example/",
            "https://a.dot.example/",
            "https://a.star.example/",
            "https://10.1.2.3/",
        ] {
            assert_eq!(of(&all, direct), None, "{direct}");
        }
        for proxied in
            ["https://sts.amazonaws.com/", "https://notplain.example/", "https://11.0.0.1/", "https://[fd00:ec3::1]/"]
        {
            assert!(of(&all, proxied).is_some(), "{proxied}");
        }
        assert_eq!(of(&proxies(&[("ALL_PROXY", "http://p"), ("no_proxy", "*")]), "https://a.example/"), None);
    }

    #[test]
    fn a_password_is_sent_and_never_shown_and_what_is_no_proxy_is_refused() {
        let secret = proxies(&[("HTTPS_PROXY", "http://user:pl%40nted@proxy:3128")]);
        let proxy = secret.of(&"https://a.example/".parse().unwrap()).unwrap();
        assert_eq!(proxy.basic_auth().unwrap(), "Basic dXNlcjpwbEBudGVk");
        assert_eq!(format!("{secret:?}"), r#"[("HTTPS_PROXY", "proxy:3128")]"#);
        for wrong in ["socks5://planted@proxy:1080", "http://", "ftp://planted", "http://planted proxy", "/planted"] {
            let error = Proxies::from_environment(&Environment::of([("HTTPS_PROXY", wrong)])).unwrap_err().to_string();
            assert!(error.contains("HTTPS_PROXY") && !error.contains("planted"), "{error}");
        }
    }
}
