//! The headers of a request against a closed list.

use crate::input::{Input, Place};
use crate::limits;
use crate::parameters::Parameters;
use crate::refusal::{Fault, Rule, shown};

/// Names that only the host writes. A guest that could set one would choose the receiver, the signer or
/// the framing. They would be refused as unknown anyway; naming them gives the better message.
const OF_THE_HOST: &[&str] = &[
    "host",
    "authorization",
    "content-length",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
    "date",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "user-agent",
];

/// Counts, sizes and spelling, which hold for every protocol.
pub(crate) fn check_form(headers: &[(String, String)]) -> Result<(), Fault> {
    if headers.len() > limits::HEADERS {
        return Err(Fault::new(
            Rule::Limit,
            format!("{} headers, at most {} are allowed", headers.len(), limits::HEADERS),
        ));
    }
    for (index, (name, value)) in headers.iter().enumerate() {
        let fault = |what: &str| Fault::new(Rule::Header, format!("the header {:?} {what}", shown(name)));
        if OF_THE_HOST.iter().any(|own| own.eq_ignore_ascii_case(name.trim())) {
            return Err(fault("is written by the host alone"));
        }
        let token = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || !name.bytes().all(token) {
            return Err(fault("is not a name in lower case letters, digits and dashes"));
        }
        if headers.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(fault("is given twice"));
        }
        if value.len() > limits::HEADER_BYTES {
            return Err(Fault::new(
                Rule::Limit,
                format!("the header {name:?} has {} bytes, at most {} are allowed", value.len(), limits::HEADER_BYTES),
            ));
        }
        if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(fault("has a value with a control character or one outside ASCII"));
        }
        if value.trim() != value || value.is_empty() {
            return Err(fault("has a value that is empty or begins or ends with a space"));
        }
    }
    Ok(())
}

/// The header's value, if it is there. Call after [`check_form`]: a name is there at most once.
pub(crate) fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Every header is either a fixed one with exactly one of its values, or a member of the input.
pub(crate) fn check_known(
    headers: &[(String, String)],
    fixed: &[(&str, Vec<&str>)],
    input: &Input<'_>,
    parameters: &mut Parameters,
) -> Result<(), Fault> {
    for (name, value) in headers {
        if let Some((_, values)) = fixed.iter().find(|(known, _)| known == name) {
            if !values.contains(&value.as_str()) {
                let message = format!("the header {name:?} must be {:?}, not {:?}", values.join(" or "), shown(value));
                return Err(Fault::new(Rule::Header, message));
            }
        } else if let Some(member) =
            input.members.iter().find(|m| m.place == Place::Header && m.wire.eq_ignore_ascii_case(name))
        {
            parameters.push_text(member.wire, value.clone());
        } else {
            return Err(Fault::new(Rule::Header, format!("the operation has no header {name:?}")));
        }
    }
    Ok(())
}
