//! Where a run's catalogue goes, by URL.

use std::fmt;
use std::path::PathBuf;

use super::formats::Wrong;
use super::mistake::nearest;
use super::port::{PortTarget, PortUrl};
use super::webhook::{Webhook, WebhookUrl};

/// A place that a run writes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkUrl {
    /// `sqlite:FILE`: the catalogue as a database.
    Sqlite(PathBuf),
    /// `ndjson:FILE`: one resource a line.
    NdjsonFile(PathBuf),
    /// `ndjson:-`: the same on standard output.
    NdjsonStdout,
    /// `webhook:URL`: what changed, as signed batches.
    Webhook(Webhook),
    /// `port:`: what a mapping makes of resources, as entities of Port.
    Port(PortTarget),
}

/// Sinks of later versions: named here so that they are not mistaken for slips.
const LATER: &[&str] = &["postgres", "parquet", "s3"];
/// What a webhook begins with.
pub(super) const WEBHOOK: &str = "webhook:";
/// What Port begins with.
const PORT: &str = "port";

/// The URL in the text of a Port sink, which may be empty; none where it is another sink.
pub(super) fn port_url(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(PORT)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(':') }
}

/// Checks the text of any sink; a webhook and Port need secrets besides.
///
/// # Errors
/// As [`SinkUrl::parse`], and what is wrong with a webhook's URL or Port's.
pub(super) fn check(text: &str) -> Result<(), Wrong> {
    match (text.strip_prefix(WEBHOOK), port_url(text)) {
        (Some(url), _) => WebhookUrl::parse(url).map(drop),
        (None, Some("")) => Ok(()),
        (None, Some(url)) => PortUrl::parse(url).map(drop),
        (None, None) => SinkUrl::parse(text).map(drop),
    }
}

impl SinkUrl {
    /// Whether it takes pages as they are read, and remembers none.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        matches!(self, Self::NdjsonFile(_) | Self::NdjsonStdout)
    }

    /// Whether it remembers what it has accepted in the catalogue, and so needs one.
    #[must_use]
    pub fn needs_catalogue(&self) -> bool {
        matches!(self, Self::Webhook(_) | Self::Port(_))
    }

    /// Reads one that text alone can say.
    ///
    /// # Errors
    /// No scheme, an unknown or unserved one, or no file.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let forms = || Some("write sqlite:FILE, ndjson:FILE, ndjson:-, webhook:URL or port:".to_owned());
        let Some((scheme, rest)) = text.split_once(':') else {
            if LATER.contains(&text) {
                return Err((format!("the sink {text:?} is not served by this version"), forms()));
            }
            let advice = if text.ends_with(".db") { Some(format!("write sqlite:{text}")) } else { forms() };
            return Err((format!("{text:?} is not a sink"), advice));
        };
        // `sqlite:///var/x.db` means the file /var/x.db, as it does for other tools.
        let file = rest.strip_prefix("//").unwrap_or(rest);
        match scheme {
            "sqlite" | "ndjson" if file.is_empty() => Err((format!("{text:?} names no file"), forms())),
            "sqlite" if file == "-" => Err(("a database cannot go to standard output".to_owned(), forms())),
            "sqlite" => Ok(Self::Sqlite(PathBuf::from(file))),
            "ndjson" if file == "-" => Ok(Self::NdjsonStdout),
            "ndjson" => Ok(Self::NdjsonFile(PathBuf::from(file))),
            "https" | "http" => {
                Err((format!("{scheme:?} is not a kind of sink"), Some("write webhook: before the URL".to_owned())))
            }
            _ if LATER.contains(&scheme) => {
                Err((format!("the sink {scheme:?} is not served by this version"), forms()))
            }
            _ => {
                let near = nearest(scheme, ["sqlite", "ndjson", "webhook", "port"])
                    .map(|near| format!("did you mean {near}:{rest}?"));
                Err((format!("{scheme:?} is not a kind of sink"), near.or_else(forms)))
            }
        }
    }
}

impl fmt::Display for SinkUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::NdjsonFile(file) => write!(f, "ndjson:{}", file.display()),
            Self::NdjsonStdout => f.write_str("ndjson:-"),
            Self::Webhook(webhook) => webhook.url.fmt(f),
            Self::Port(port) => port.base_url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SinkUrl;

    #[test]
    fn files_and_standard_output() {
        for (text, shown) in [
            ("sqlite:portolan.db", "sqlite:portolan.db"),
            ("sqlite:///var/lib/p.db", "sqlite:/var/lib/p.db"),
            ("ndjson:out/a.ndjson", "ndjson:out/a.ndjson"),
            ("ndjson:-", "ndjson:-"),
        ] {
            assert_eq!(SinkUrl::parse(text).unwrap().to_string(), shown);
        }
        for (text, part) in [
            ("portolan.db", "write sqlite:portolan.db"),
            ("sqlite:", "names no file"),
            ("sqlite:-", "standard output"),
            ("postgres", "not served by this version"),
            ("https://example.com", "write webhook: before the URL"),
            ("webhok:https://example.com", "did you mean webhook:https://example.com?"),
            ("sqlit:x.db", "did you mean sqlite:x.db?"),
        ] {
            let (message, advice) = SinkUrl::parse(text).unwrap_err();
            assert!(format!("{message}; {}", advice.unwrap_or_default()).contains(part), "{text}");
        }
    }
}
