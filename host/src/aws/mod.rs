//! From a request of the guest to AWS and back: guard, limits, retries, signature, transport, and the
//! seam below the retries at which runs are recorded and replayed.

mod calls;
mod client;
mod endpoint;
mod exchange;
mod live;
mod rates;
mod recording;
mod retry;
mod session_policies;
mod sign;
mod types;

pub use calls::{Calls, Counts};
pub use client::{Client, ClientLimits};
pub use endpoint::{Endpoints, Place, PlaceError};
pub use exchange::{Answer, Call, Exchange, ExchangeError, SessionFailure};
pub use live::{Keyring, Live};
pub use rates::{Learned, Place as RatePlace, Rates, Shares};
pub use recording::{Header, Recorder, RecordingError, Replay};
pub use session_policies::{SessionPolicies, Widened};
pub use sign::{SignError, sign_request};
pub use types::{CACHE_DAYS, Described, TypeLedger, TypeMemory, Undescribed};
