//! The sink `port`: where Port's API is, who we are there, and in whose name entities are written.

use std::fmt;

use super::formats::Wrong;
use super::webhook;
use crate::http_client::AddressRange;
use crate::secret::Secret;

/// Port's API for organizations in the EU: the default of Port's own integrations.
pub const BASE_URL: &str = "https://api.getport.io";
/// The type of the peer's integration: with it and [`IDENTIFIER`], entities that the peer wrote are ours.
pub const KIND: &str = "aws-v3";
/// The identifier that the peer's framework makes where none is given.
pub const IDENTIFIER: &str = "my-aws-v3-integration";
/// A longer identifier is none: it stands in a path and a header.
const NAME_CHARS_MAX: usize = 200;

/// Port, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortTarget {
    /// Without `/v1`.
    pub base_url: PortUrl,
    /// With which a token is asked for.
    pub client_id: Secret,
    /// And this.
    pub client_secret: Secret,
    /// The integration's type.
    pub kind: IntegrationName,
    /// The integration's identifier.
    pub identifier: IntegrationName,
    /// Where the URL's name may lead besides the open internet.
    pub addresses: Vec<AddressRange>,
}

/// The address of Port's API, without a slash at its end and without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortUrl(String);

impl PortUrl {
    /// Reads one.
    ///
    /// # Errors
    /// Neither https nor plain http to an address of loopback; a user name; a query.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let url = webhook::checked(text, "Port's URL", "port:https://HOST")?;
        Ok(Self(url.trim_end_matches('/').to_owned()))
    }

    /// The URL itself.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PortUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port:{}", self.0)
    }
}

/// A type or an identifier of an integration: part of paths, and of the header by which Port knows an entity's origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationName(String);

impl IntegrationName {
    /// Reads one. The peer writes both in lower case.
    ///
    /// # Errors
    /// It is empty or long, or has a character that the header's form takes for its own.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let name = text.trim();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.@:=".contains(&b);
        if !name.is_empty() && name.len() <= NAME_CHARS_MAX && name.bytes().all(allowed) {
            return Ok(Self(name.to_owned()));
        }
        Err((
            format!("{text:?} is not a name of an integration"),
            Some("write letters, digits and -_.@:=, as my-aws-v3-integration".to_owned()),
        ))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{IntegrationName, PortUrl};

    #[test]
    fn a_url_has_no_slash_at_its_end_and_nothing_secret() {
        for (text, shown) in [
            ("https://api.getport.io", "port:https://api.getport.io"),
            ("https://api.us.getport.io/", "port:https://api.us.getport.io"),
            ("http://127.0.0.1:8080/", "port:http://127.0.0.1:8080"),
        ] {
            assert_eq!(PortUrl::parse(text).unwrap().to_string(), shown);
        }
        for text in ["http://api.getport.io", "https://planted:planted@api.getport.io", "https://x/?a=planted", "x"] {
            let (message, advice) = PortUrl::parse(text).unwrap_err();
            assert!(!format!("{message}{advice:?}").contains("planted"), "{text}");
        }
    }

    #[test]
    fn a_name_is_one_segment() {
        assert!(IntegrationName::parse("my-aws-v3-integration").is_ok());
        for wrong in ["", " ", "a/b", "a b", "ä", "a\nb", &"x".repeat(201)] {
            assert!(IntegrationName::parse(wrong).is_err(), "{wrong}");
        }
    }
}
