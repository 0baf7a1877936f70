//! A link that opens the console's page for a new stack, filled in.

use super::concrete::Values;
use super::model::Template;

/// Such a link cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LaunchError {
    /// The console takes a template from S3 alone.
    #[error(
        "{0} is no https:// address; the console takes a template from S3 alone: upload it there and name its https:// address"
    )]
    NotHttps(String),
    /// Of this form a stack's name has to be.
    #[error("{0:?} is no name for a stack: letters, digits and dashes, a letter first, 128 at most")]
    StackName(String),
}

/// Longest name of a stack.
const STACK_NAME_MAX: usize = 128;

/// The link. Values of secrets are left out: the console ignores them, and a link is no place for them.
///
/// # Errors
/// The template is not where the console reads from, or the stack's name is none.
pub fn url(
    template: &Template,
    values: &Values,
    template_url: &str,
    region: &str,
    stack: &str,
) -> Result<String, LaunchError> {
    if !template_url.starts_with("https://") {
        return Err(LaunchError::NotHttps(template_url.to_owned()));
    }
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_name = stack.starts_with(|c: char| c.is_ascii_alphabetic())
        && stack.chars().all(inside)
        && stack.len() <= STACK_NAME_MAX;
    if !is_name {
        return Err(LaunchError::StackName(stack.to_owned()));
    }
    let host = match region {
        _ if region.starts_with("cn-") => "console.amazonaws.cn",
        _ if region.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    let mut link = format!(
        "https://{host}/cloudformation/home?region={region}#/stacks/create/review?templateURL={}&stackName={stack}",
        escaped(template_url)
    );
    for parameter in template.parameters.iter().filter(|parameter| !parameter.form.is_secret()) {
        let default = parameter.default.as_ref().filter(|default| !default.is_empty());
        if let Some(value) = values.get(&parameter.name).or(default) {
            link.push_str(&format!("&param_{}={}", parameter.name, escaped(value)));
        }
    }
    Ok(link)
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
