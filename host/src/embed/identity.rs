use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use futures::FutureExt;
use futures::future::BoxFuture;
use portolan_names::AccountId;

use super::Credentials;
use crate::aws::Keyring;
use crate::credentials::{self as inner, AssumeFailure, SessionPolicy, Slot, What};
use crate::run::OwnIdentity;

/// In whose name requests are signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Whose {
    /// This account's reader.
    Account(AccountId),
    /// Whoever lists the organization.
    Management,
}

/// Credentials of your own, in the place of those that [`Settings`](crate::Settings) lead to.
///
/// Asked when a session is needed; what it gives is kept until its end is near, one question at a time for each [`Whose`].
/// Nothing is assumed from it and no session policy is added: give credentials that can read and nothing else. The component
/// never sees them.
pub trait Identity: Send + Sync + 'static {
    /// Credentials to sign in the name of `whose`.
    ///
    /// # Errors
    /// [`IdentityError::refused`] closes the account for the run, [`IdentityError::failed`] for some seconds.
    fn credentials(&self, whose: &Whose) -> impl Future<Output = Result<Credentials, IdentityError>> + Send;

    /// Who this is, for reports: an ARN, or any name.
    fn name(&self) -> String {
        "the embedder's own credentials".to_owned()
    }

    /// The account that `accounts: { from: self }` means; none: that setting is refused.
    fn account(&self) -> Option<AccountId> {
        None
    }
}

/// Why an [`Identity`] gave no credentials. Its text stands in reports and logs: nothing secret belongs there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct IdentityError {
    message: String,
    refused: bool,
}

impl IdentityError {
    /// The answer is no and stays no.
    #[must_use]
    pub fn refused(message: impl std::fmt::Display) -> Self {
        Self { message: message.to_string(), refused: true }
    }

    /// It failed, and may work later.
    #[must_use]
    pub fn failed(message: impl std::fmt::Display) -> Self {
        Self { message: message.to_string(), refused: false }
    }
}

/// As the library's inside has it.
pub(super) fn own<I: Identity>(identity: I) -> OwnIdentity {
    OwnIdentity {
        name: identity.name(),
        account: identity.account(),
        keys: Arc::new(Kept { identity, slots: Mutex::default() }),
    }
}

/// What an identity gave, kept until its end is near.
struct Kept<I> {
    identity: I,
    slots: Mutex<HashMap<inner::Identity, Arc<Slot>>>,
}

impl<I: Identity> Kept<I> {
    fn slot(&self, who: &inner::Identity) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(who.clone()).or_default())
    }
}

impl<I: Identity> Keyring for Kept<I> {
    fn credentials<'a>(
        &'a self,
        who: &'a inner::Identity,
        _policy: Option<&'a SessionPolicy>,
    ) -> BoxFuture<'a, Result<aws_credential_types::Credentials, Arc<AssumeFailure>>> {
        let whose = whose(who);
        async move {
            let asked = || async {
                let given = self.identity.credentials(&whose).await;
                given.map(|given| given.for_signing()).map_err(|error| {
                    let what = What::Embedder { denied: error.refused };
                    Arc::new(AssumeFailure::own(None, what, error.message))
                })
            };
            self.slot(who).credentials(SystemTime::now, asked).await
        }
        .boxed()
    }

    fn forget(&self, who: &inner::Identity) {
        self.slot(who).forget(SystemTime::now());
    }
}

pub(super) fn whose(who: &inner::Identity) -> Whose {
    match who {
        inner::Identity::Management => Whose::Management,
        inner::Identity::Account(id) => Whose::Account(id.clone()),
    }
}
