//! What answers in AWS's place: an embedder's own way to AWS, or a simulation of it.

use std::sync::Arc;

use portolan_names::AccountId;

use super::clock::RunStart;
use super::setup::{Reach, SourceFacts, StartError};
use crate::aws::Exchange;

/// What answers in AWS's place. The run's identity, its sessions and its endpoints are this one's business then: no
/// credentials are looked for, and nothing is signed.
pub struct StandIn {
    /// Opens sessions and sends calls that the guard has let pass.
    pub exchange: Arc<dyn Exchange>,
    /// Who the run is.
    pub source: SourceFacts,
    /// The partition of its accounts.
    pub partition: String,
    /// The region that is asked first for what has none.
    pub home_region: String,
    /// The run's id, which no other run of the catalogue bears, and its beginning. A resumed run keeps its own.
    pub start: RunStart,
}

impl StandIn {
    pub(super) fn reach(self) -> Result<Reach, StartError> {
        let own = AccountId::parse(&self.source.account).map_err(|error| StartError::Usage(error.to_string()))?;
        Ok(Reach {
            exchange: self.exchange,
            types: None,
            source: self.source,
            own,
            partition: self.partition,
            home_region: self.home_region,
            sessions: None,
        })
    }
}
