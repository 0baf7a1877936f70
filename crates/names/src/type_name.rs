use crate::{NameError, checked_string};

/// What CloudFormation allows each part of a type's name to be long.
const PART_CHARS: std::ops::RangeInclusive<usize> = 2..=64;

/// The name of a resource type in CloudFormation's registry, `AWS::IoT::Thing`: exactly three parts. A module's name
/// has a fourth, and names no resources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TypeName(String);

checked_string!(TypeName);

impl TypeName {
    /// # Errors
    /// Not three parts of ASCII letters and digits between double colons.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let part = |part: &str| PART_CHARS.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let parts: Vec<&str> = text.split("::").collect();
        let right = parts.len() == 3 && parts.iter().all(|p| part(p));
        if right { Ok(Self(text.to_owned())) } else { Err(NameError::new(text, "a resource type (AWS::IoT::Thing)")) }
    }

    /// Whether the type is AWS's own. Nobody else can register a name in that namespace.
    #[must_use]
    pub fn is_of_aws(&self) -> bool {
        self.0.starts_with("AWS::")
    }
}

#[cfg(test)]
mod tests {
    use super::TypeName;

    #[test]
    fn a_name_has_exactly_three_parts() {
        for right in ["AWS::IoT::Thing", "AWS::EC2::VPC", "MongoDB::Atlas::Cluster", "aws::iot::thing"] {
            assert!(TypeName::parse(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "AWS::IoT",
            "AWS::IoT::Thing::MODULE",
            "AWS::IoT::",
            "::IoT::Thing",
            "AWS:::IoT::Thing",
            "AWS::IoT::Thing ",
            "AWS::I::Thing",
            "AWS::IoT::Th\u{ef}ng",
            "AWS::IoT::Th-ing",
            "sqs:ListQueues",
        ] {
            assert!(TypeName::parse(wrong).is_err(), "{wrong}");
        }
        assert!(TypeName::parse(&format!("AWS::IoT::{}", "a".repeat(65))).is_err());
    }

    #[test]
    fn the_namespace_of_aws_is_told_from_others() {
        let is_of_aws = |text: &str| TypeName::parse(text).unwrap().is_of_aws();
        assert!(is_of_aws("AWS::IoT::Thing"));
        assert!(!is_of_aws("AWSQS::EKS::Cluster") && !is_of_aws("aws::IoT::Thing") && !is_of_aws("My::AWS::Thing"));
    }
}
