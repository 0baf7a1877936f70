//! The sink `webhook`: an address, the secret of its signatures, and the inner addresses that its name may lead to.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

use super::formats::Wrong;
use crate::http_client::AddressRange;
use crate::secret::Secret;

/// A shorter secret is guessed by whoever has seen one request.
const SECRET_CHARS_MIN: usize = 16;

/// A webhook, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where it is.
    pub url: WebhookUrl,
    /// The key of its signatures.
    pub secret: Secret,
    /// Where its name may lead besides the open internet.
    pub addresses: Vec<AddressRange>,
}

/// An address that batches may go to, without anything secret in it: it stands in logs, reports and the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookUrl(String);

impl WebhookUrl {
    /// Reads one. What is refused is not repeated, as it may hold credentials.
    ///
    /// # Errors
    /// Neither https nor plain http to an address of loopback; a user name; a query.
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        checked(text, "a webhook's URL", "webhook:https://HOST/PATH").map(Self)
    }

    /// The URL itself.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.0
    }
}

/// An address that estates may be sent to. What is refused is not repeated, as it may hold credentials.
///
/// # Errors
/// Neither https nor plain http to an address of loopback; a user name; a query.
pub(super) fn checked(text: &str, what: &str, form: &str) -> Result<String, Wrong> {
    let form = || Some(format!("write {form}"));
    let uri: Uri = text.trim().parse().map_err(|_| ("not a URL".to_owned(), form()))?;
    let (Some(scheme), Some(host), Some(authority)) = (uri.scheme_str(), uri.host(), uri.authority()) else {
        return Err(("not a URL with a scheme and a host".to_owned(), form()));
    };
    if authority.as_str().contains('@') || uri.query().is_some() || text.contains('#') {
        return Err((
            format!("{what} has neither a user name nor a query: it stands in logs"),
            Some("leave them out; the sender is known by its secret".to_owned()),
        ));
    }
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match scheme {
        "https" => Ok(uri.to_string()),
        "http" if address.is_ok_and(|address| address.is_loopback()) => Ok(uri.to_string()),
        "http" => Err((
            "plain http: anyone on the way could read the estate".to_owned(),
            Some("write https, or the address of loopback as http://127.0.0.1:PORT".to_owned()),
        )),
        _ => Err(("neither https nor http".to_owned(), form())),
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "webhook:{}", self.0)
    }
}

/// Refuses a secret that is none. It is not repeated.
///
/// # Errors
/// It is short.
pub(super) fn check_secret(secret: &Secret) -> Result<(), String> {
    if secret.expose().chars().count() < SECRET_CHARS_MIN {
        return Err(format!("the secret has fewer than {SECRET_CHARS_MIN} characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Secret, WebhookUrl, check_secret};

    #[test]
    fn https_or_loopback_by_its_address() {
        for (text, shown) in [
            ("https://example.com/hook", "webhook:https://example.com/hook"),
            ("https://EXAMPLE.com:8443", "webhook:https://EXAMPLE.com:8443/"),
            ("https://10.1.2.3/hook", "webhook:https://10.1.2.3/hook"),
            ("http://127.0.0.1:8080/hook", "webhook:http://127.0.0.1:8080/hook"),
            ("http://[::1]:8080/", "webhook:http://[::1]:8080/"),
        ] {
            assert_eq!(WebhookUrl::parse(text).unwrap().to_string(), shown);
        }
        for (text, part) in [
            ("http://example.com", "plain http"),
            ("http://localhost:8080", "write https, or the address of loopback"),
            ("http://169.254.169.254/", "plain http"),
            ("http://10.0.0.1/", "plain http"),
            ("https://planted:planted@example.com/", "neither a user name nor a query"),
            ("https://planted@example.com/", "neither a user name nor a query"),
            ("https://example.com/?token=planted", "neither a user name nor a query"),
            ("https://example.com/#planted", "neither a user name nor a query"),
            ("ftp://example.com/planted", "neither https nor http"),
            ("/planted", "not a URL"),
            ("", "not a URL"),
        ] {
            let (message, advice) = WebhookUrl::parse(text).unwrap_err();
            let said = format!("{message}; {}", advice.unwrap_or_default());
            assert!(said.contains(part) && !said.contains("planted"), "{text}: {said}");
        }
    }

    #[test]
    fn a_short_secret_is_refused_and_not_shown() {
        assert!(check_secret(&Secret::new("0123456789abcdef")).is_ok());
        let said = check_secret(&Secret::new("planted")).unwrap_err();
        assert!(!said.contains("planted"), "{said}");
    }
}
