//! What a web identity's token says of itself: three names and an end, never the token.

use serde_json::Value;

use crate::imports::printable;

/// Of one claim, what is shown.
const CLAIM_BYTES_MAX: usize = 300;

/// The claims that trust policies look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) issuer: String,
    pub(super) audience: String,
    pub(super) subject: String,
    /// Seconds since 1970.
    pub(super) expires: Option<u64>,
}

impl Claims {
    /// Reads the middle part of a token, without looking at its signature; none where it is no such token.
    pub(super) fn read(token: &str) -> Option<Self> {
        let middle = token.trim().split('.').nth(1)?;
        let mut text: String = middle
            .chars()
            .map(|c| {
                if c == '-' {
                    '+'
                } else if c == '_' {
                    '/'
                } else {
                    c
                }
            })
            .collect();
        while !text.len().is_multiple_of(4) {
            text.push('=');
        }
        let claims: Value = serde_json::from_slice(&aws_smithy_types::base64::decode(text).ok()?).ok()?;
        let one = |value: &Value| match value {
            Value::Array(several) => several.first().and_then(Value::as_str).map(str::to_owned),
            other => other.as_str().map(str::to_owned),
        };
        let text = |name: &str| {
            let text = claims.get(name).and_then(one).unwrap_or_default();
            printable(&text, CLAIM_BYTES_MAX)
        };
        Some(Self {
            issuer: text("iss"),
            audience: text("aud"),
            subject: text("sub"),
            expires: claims.get("exp").and_then(Value::as_u64),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Claims;

    #[test]
    fn claims_are_read_and_other_texts_are_none() {
        // {"iss":"https://oidc.example/id/A","aud":["sts.amazonaws.com"],"sub":"system:serviceaccount:a:b","exp":1700000000}
        let middle = "eyJpc3MiOiJodHRwczovL29pZGMuZXhhbXBsZS9pZC9BIiwiYXVkIjpbInN0cy5hbWF6b25hd3MuY29tIl0sInN1YiI6InN5c3RlbTpzZXJ2aWNlYWNjb3VudDphOmIiLCJleHAiOjE3MDAwMDAwMDB9";
        let claims = Claims::read(&format!("e30.{middle}.c2ln")).unwrap();
        assert_eq!(claims.issuer, "https://oidc.example/id/A");
        assert_eq!((claims.audience.as_str(), claims.expires), ("sts.amazonaws.com", Some(1_700_000_000)));
        assert_eq!(claims.subject, "system:serviceaccount:a:b");
        assert_eq!(Claims::read("planted-opaque-token"), None);
        assert_eq!(Claims::read("a.b.c"), None);
    }
}
