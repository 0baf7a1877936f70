//! What the host hands on of the guest's log, kept for the call in which it was written.

use std::cell::RefCell;
use std::fmt::Write as _;

use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

tokio::task_local! {
    static HEARD: RefCell<Vec<Value>>;
}

/// The host's target for lines of the guest.
const GUEST: &str = "guest";

/// Listens from now on.
pub fn start() {
    tracing_subscriber::registry().with(Listener).init();
}

/// Runs a call; what was logged meanwhile, as `[level, message]`.
pub async fn heard<T>(call: impl Future<Output = T>) -> (T, Vec<Value>) {
    HEARD
        .scope(RefCell::default(), async {
            let outcome = call.await;
            (outcome, HEARD.with(RefCell::take))
        })
        .await
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != GUEST {
            return;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        // Outside of a call nobody listens.
        let _ = HEARD.try_with(|heard| heard.borrow_mut().push(json!([level, message.0])));
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            // Writing into a string does not fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}
