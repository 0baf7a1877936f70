//! Reads the trust policy of an IAM role: who may assume it, from where, and what gates that.
//!
//! The verdict errs to one side: whoever a document may let in is listed, and nothing that only perhaps keeps somebody
//! out (a `Deny`, a condition that an absent key passes) takes anybody off the list. What was not evaluated is said.
//!
//! Pure: no I/O, no clock. Every principal that stands in the document stands in the verdict.
//!
//! ```
//! use portolan_names::AccountId;
//! use portolan_trust::{Flag, Place, Standpoint, document, judge};
//!
//! let trust = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
//!     "Principal": {"AWS": "arn:aws:iam::999988887777:root"}}]}"#;
//! let account = AccountId::parse("111122223333").unwrap();
//! let verdict = judge(&document(trust).unwrap(), &Standpoint::of_account(account));
//! assert_eq!(verdict.grants[0].place, Place::Outside);
//! assert!(verdict.flags().contains(&Flag::OutsideWithoutExternalId));
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod condition;
mod document;
mod judge;
mod pattern;
mod principal;
mod verdict;

pub use condition::{Gate, GateKind};
pub use document::{Unreadable, document, statements};
pub use judge::judge;
pub use pattern::matches;
pub use principal::{Principal, PrincipalKind};
pub use verdict::{Denied, Flag, Grant, Organization, Place, Standpoint, Verdict};
