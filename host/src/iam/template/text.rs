//! Text with references in it, as CloudFormation's `Fn::Sub` writes them: the one form that all renderings begin from.

use std::fmt;

/// `arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${ReadRoleName}`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// As it stands.
    Plain(&'a str),
    /// What `${…}` names: a parameter, a local, `AWS::Partition`, `Resource.Arn`.
    Reference(&'a str),
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Text {
    /// The reference to a name alone.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self(format!("${{{name}}}"))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its parts in order.
    #[must_use]
    pub fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            if !before.is_empty() {
                parts.push(Part::Plain(before));
            }
            parts.push(Part::Reference(name));
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Plain(rest));
        }
        parts
    }

    /// The names that it refers to.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.parts().into_iter().filter_map(|part| match part {
            Part::Reference(name) => Some(name),
            Part::Plain(_) => None,
        })
    }

    /// The one name that it consists of.
    #[must_use]
    pub fn sole_reference(&self) -> Option<&str> {
        match self.parts()[..] {
            [Part::Reference(name)] => Some(name),
            _ => None,
        }
    }

    /// With something else in the place of each reference.
    ///
    /// # Errors
    /// As `replace` says.
    pub fn replaced<E>(&self, mut replace: impl FnMut(&str) -> Result<String, E>) -> Result<String, E> {
        self.parts()
            .into_iter()
            .map(|part| match part {
                Part::Plain(text) => Ok(text.to_owned()),
                Part::Reference(name) => replace(name),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Text};

    #[test]
    fn references_are_told_from_text() {
        let text = Text::from("arn:${AWS::Partition}:iam::${A}:root");
        assert_eq!(text.references().collect::<Vec<_>>(), ["AWS::Partition", "A"]);
        assert_eq!(text.replaced(|name| Ok::<_, ()>(name.len().to_string())), Ok("arn:14:iam::1:root".to_owned()));
        assert_eq!(Text::from("${A}").sole_reference(), Some("A"));
        assert_eq!(Text::from("${A}b").sole_reference(), None);
        assert_eq!(Text::from("a $b ${c").parts(), [Part::Plain("a $b ${c")]);
    }
}
