//! The names AWS gives to things, as types: an account id is not a string.
//!
//! Each type has one parsing constructor that says what is wrong and what was expected; what it
//! holds afterwards needs no second check. Nothing here does I/O or knows a service.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod account;
mod arn;
mod organization;
mod region;
mod type_name;

pub use account::AccountId;
pub use arn::{Arn, RoleArn};
pub use organization::OuId;
pub use region::Region;
pub use type_name::TypeName;

/// Why a name was refused: what was given, and what would have been right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not {expected}")]
pub struct NameError {
    /// What was given, cut to 200 characters.
    pub given: String,
    /// What is expected there, as a noun phrase with its form.
    pub expected: &'static str,
}

impl NameError {
    fn new(given: &str, expected: &'static str) -> Self {
        Self { given: given.chars().take(200).collect(), expected }
    }
}

/// Gives a checked string type its common traits: display, borrow, serde through the constructor.
macro_rules! checked_string {
    ($name:ident) => {
        impl $name {
            /// The text, as AWS writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::NameError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl TryFrom<String> for $name {
            type Error = $crate::NameError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}
pub(crate) use checked_string;
