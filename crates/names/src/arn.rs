use crate::{AccountId, NameError, checked_string};

/// `arn:partition:service:region:account:resource`; region and account may be empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn<'a> {
    /// `aws`, `aws-us-gov`, `aws-cn`, …
    pub partition: &'a str,
    /// `iam`, `s3`, …
    pub service: &'a str,
    /// Empty for global resources.
    pub region: &'a str,
    /// Empty where the resource name is global (buckets).
    pub account: &'a str,
    /// All that follows, colons included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// # Errors
    /// Fewer than six parts, another first part than `arn`, or an empty partition, service or resource.
    pub fn parse(text: &'a str) -> Result<Self, NameError> {
        let refused = || NameError::new(text, "an ARN (arn:partition:service:region:account:resource)");
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or_else(refused);
        if next()? != "arn" {
            return Err(refused());
        }
        let arn = Arn { partition: next()?, service: next()?, region: next()?, account: next()?, resource: next()? };
        if arn.partition.is_empty() || arn.service.is_empty() || arn.resource.is_empty() {
            return Err(refused());
        }
        Ok(arn)
    }
}

const ROLE: &str = "a role's ARN (arn:partition:iam::123456789012:role/name)";

/// The ARN of an IAM role, path included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleArn(String);

checked_string!(RoleArn);

impl RoleArn {
    /// # Errors
    /// Not an ARN, not of `iam`, without a twelve-digit account, or not of a role.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let arn = Arn::parse(text).map_err(|_| NameError::new(text, ROLE))?;
        let name = arn.resource.strip_prefix("role/").unwrap_or_default();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&b);
        let right = arn.service == "iam"
            && arn.region.is_empty()
            && AccountId::parse(arn.account).is_ok()
            && !name.is_empty()
            && !name.ends_with('/')
            && name.bytes().all(allowed);
        if right { Ok(Self(text.to_owned())) } else { Err(NameError::new(text, ROLE)) }
    }

    /// Puts one together from its parts.
    ///
    /// # Errors
    /// As [`RoleArn::parse`].
    pub fn in_account(partition: &str, account: &AccountId, path_and_name: &str) -> Result<Self, NameError> {
        Self::parse(&format!("arn:{partition}:iam::{account}:role/{}", path_and_name.trim_start_matches('/')))
    }

    fn parts(&self) -> Arn<'_> {
        let mut parts = self.0.splitn(6, ':').skip(1);
        let mut next = || parts.next().unwrap_or_default();
        Arn { partition: next(), service: next(), region: next(), account: next(), resource: next() }
    }

    /// `aws`, `aws-us-gov`, `aws-cn`, …
    #[must_use]
    pub fn partition(&self) -> &str {
        self.parts().partition
    }

    /// The account that owns the role.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the constructor has checked it")]
    #[expect(clippy::expect_used, reason = "the constructor has checked it")]
    pub fn account(&self) -> AccountId {
        AccountId::parse(self.parts().account).expect("checked by the constructor")
    }

    /// `path/name`, without `role/`: what stays the same in each account.
    #[must_use]
    pub fn path_and_name(&self) -> &str {
        self.parts().resource.strip_prefix("role/").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Arn, RoleArn};

    #[test]
    fn resources_keep_their_colons() {
        let arn = Arn::parse("arn:aws:rds:eu-west-1:111122223333:db:orders").unwrap();
        assert_eq!((arn.service, arn.resource), ("rds", "db:orders"));
        assert!(Arn::parse("arn:aws:s3").is_err());
        assert!(Arn::parse("urn:aws:s3:::bucket").is_err());
    }

    #[test]
    fn a_role_keeps_its_path_and_partition() {
        let role = RoleArn::parse("arn:aws-us-gov:iam::012345678901:role/ops/Read").unwrap();
        assert_eq!(
            (role.partition(), role.account().as_str(), role.path_and_name()),
            ("aws-us-gov", "012345678901", "ops/Read")
        );
        for wrong in [
            "arn:aws:iam::012345678901:user/x",
            "arn:aws:sts::012345678901:assumed-role/x/y",
            "arn:aws:iam::1:role/x",
            "arn:aws:iam::012345678901:role/",
            "arn:aws:iam::012345678901:role/a b",
        ] {
            assert!(RoleArn::parse(wrong).is_err(), "{wrong}");
        }
    }
}
