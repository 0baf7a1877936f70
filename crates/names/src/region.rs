use crate::{NameError, checked_string};

/// A region's name, `eu-west-1`. Which partition it lies in is for the endpoint tables to say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

checked_string!(Region);

impl Region {
    /// # Errors
    /// Not of the form letters, dashes, letters, digits: nothing that could leave a host name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let parts: Vec<&str> = text.split('-').collect();
        let word = |part: &str| !part.is_empty() && part.len() <= 12 && part.bytes().all(|b| b.is_ascii_lowercase());
        let right = match parts.as_slice() {
            [words @ .., number] => {
                (2..=5).contains(&words.len())
                    && words.iter().all(|w| word(w))
                    && (1..=2).contains(&number.len())
                    && number.bytes().all(|b| b.is_ascii_digit())
            }
            [] => false,
        };
        if right { Ok(Self(text.to_owned())) } else { Err(NameError::new(text, "a region (eu-west-1)")) }
    }
}

#[cfg(test)]
mod tests {
    use super::Region;

    #[test]
    fn names_of_all_partitions_pass_and_host_tricks_do_not() {
        for right in
            ["eu-west-1", "us-gov-west-1", "ap-southeast-7", "us-isob-east-1", "eusc-de-east-1", "mx-central-1"]
        {
            assert!(Region::parse(right).is_ok(), "{right}");
        }
        for wrong in
            ["", "eu-west", "EU-WEST-1", "eu-west-1.evil.example", "eu_west_1", "eu-west-1/", "-1", "eu-west-100"]
        {
            assert!(Region::parse(wrong).is_err(), "{wrong}");
        }
    }
}
