use crate::{NameError, checked_string};

/// A twelve-digit account id. Text, never a number: ids may begin with zeros.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

checked_string!(AccountId);

impl AccountId {
    /// # Errors
    /// Anything but twelve ASCII digits.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::new(text, "an account id (twelve digits, quoted in YAML)"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AccountId;

    #[test]
    fn leading_zeros_are_kept_and_other_lengths_refused() {
        assert_eq!(AccountId::parse("012345678901").unwrap().as_str(), "012345678901");
        for wrong in ["", "12345678901", "1234567890123", "12345678901a", "１２３４５６７８９０１２"] {
            assert!(AccountId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
