//! What is wrong with a configuration, said so that the next edit mends it.

use std::fmt;

use super::node::Origin;

/// One thing that is wrong: where, which key, what, and what to write instead.
///
/// Values of secret keys never get into one: the checks that make them leave the value out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// File, line and column; or the name of the variable or the flag.
    pub origin: Origin,
    /// The dotted key, empty where the whole document is meant.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub instead: Option<String>,
}

impl Mistake {
    /// A mistake without advice; see [`Mistake::instead`].
    #[must_use]
    pub fn new(origin: &Origin, key: &str, message: impl Into<String>) -> Self {
        Self { origin: origin.clone(), key: key.to_owned(), message: message.into(), instead: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn instead(mut self, advice: impl Into<String>) -> Self {
        self.instead = Some(advice.into());
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Default => {}
            origin => write!(f, "{origin}: ")?,
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        if let Some(instead) = &self.instead {
            write!(f, "; {instead}")?;
        }
        Ok(())
    }
}

/// A configuration that no run may start with: all its mistakes, in the order of their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// At least one.
    pub mistakes: Vec<Mistake>,
}

impl Refused {
    /// Sorts them by place and drops repeats.
    #[must_use]
    pub fn new(mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort_by(|a, b| (&a.origin, &a.key, &a.message).cmp(&(&b.origin, &b.key, &b.message)));
        mistakes.dedup();
        Self { mistakes }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// Names further away than this are no help: `kinds` for `limits` would only confuse.
const NEAR: f64 = 0.7;

/// The known name that a misspelt one most likely means.
///
/// Compared without regard to case and to dashes, underscores and colons, which is where most slips are.
#[must_use]
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(200).collect()
    };
    let wanted = plain(given);
    known
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(&wanted, &plain(name)), name))
        .filter(|(near, _)| *near >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_find_their_name_and_strangers_find_none() {
        let known = ["AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::EC2::Instance"];
        for (given, name) in [
            ("AWS::S3::Buckt", Some("AWS::S3::Bucket")),
            ("aws.s3.bucket", Some("AWS::S3::Bucket")),
            ("AWS::EC2::Instances", Some("AWS::EC2::Instance")),
            ("Banana", None),
        ] {
            assert_eq!(nearest(given, known), name, "{given}");
        }
    }
}
