use crate::{NameError, checked_string};

/// An organizational unit (`ou-ab12-11111111`) or a root (`r-ab12`): whatever accounts can lie under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OuId(String);

checked_string!(OuId);

fn is_id(text: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

impl OuId {
    /// # Errors
    /// Neither an organizational unit's id nor a root's, by the patterns in AWS's model.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let right = if let Some(root) = text.strip_prefix("r-") {
            is_id(root, 4..=32)
        } else if let Some((root, unit)) = text.strip_prefix("ou-").and_then(|rest| rest.split_once('-')) {
            is_id(root, 4..=32) && is_id(unit, 8..=32)
        } else {
            false
        };
        if right {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::new(text, "an organizational unit or a root (ou-ab12-11111111, r-ab12)"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::OuId;

    #[test]
    fn units_and_roots_only() {
        for right in ["ou-ab12-11111111", "r-ab12"] {
            assert!(OuId::parse(right).is_ok(), "{right}");
        }
        for wrong in ["ou-ab12", "ou-AB12-11111111", "r-", "r-ab12-11111111", "o-ab12345678", ""] {
            assert!(OuId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
