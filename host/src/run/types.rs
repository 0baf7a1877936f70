//! What is known of resource types, kept in the catalogue from run to run.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use portolan_names::TypeName;

use super::context::Failed;
use crate::aws::{CACHE_DAYS, Described, TypeLedger};
use crate::catalogue::{Catalogue, TypeRow};
use crate::sink::Worker;

/// A day, in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The catalogue's table of types, by a run's own clock.
pub(super) struct TypesInCatalogue {
    pub(super) store: Arc<Worker<Catalogue>>,
    pub(super) partition: String,
    pub(super) started_ms: u64,
}

impl TypesInCatalogue {
    async fn read(&self, name: &TypeName) -> Result<Option<String>, Failed> {
        let since = self.started_ms.saturating_sub(u64::from(CACHE_DAYS) * DAY_MS);
        let (partition, name) = (self.partition.clone(), name.to_string());
        Ok(self.store.with(move |catalogue| catalogue.find_type(&partition, &name, since)).await??)
    }

    async fn write(&self, name: &TypeName, described: &Described, answer: &str) -> Result<(), Failed> {
        let handlers = &described.handlers;
        let row = TypeRow {
            partition: self.partition.clone(),
            type_name: name.to_string(),
            version: described.version.clone(),
            actions: serde_json::json!({ "list": handlers.list, "read": handlers.read }).to_string(),
            answer: answer.to_owned(),
            seen_at: self.started_ms,
        };
        Ok(self.store.with(move |catalogue| catalogue.put_type(&row)).await??)
    }
}

// A catalogue that cannot be read or written ends the run with its next page; that nothing is remembered costs a call.
impl TypeLedger for TypesInCatalogue {
    fn find<'a>(&'a self, name: &'a TypeName) -> BoxFuture<'a, Option<String>> {
        async move {
            self.read(name).await.unwrap_or_else(|error| {
                tracing::warn!(kind = %name, %error, "what is known of the type could not be read");
                None
            })
        }
        .boxed()
    }

    fn keep<'a>(&'a self, name: &'a TypeName, described: &'a Described, answer: &'a str) -> BoxFuture<'a, ()> {
        async move {
            if let Err(error) = self.write(name, described, answer).await {
                tracing::warn!(kind = %name, %error, "what is known of the type could not be kept");
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use portolan_guard::Method;
    use portolan_names::AccountId;

    use super::*;
    use crate::aws::{Answer, Call, Exchange, ExchangeError, SessionFailure, TypeMemory};
    use crate::credentials::{Identity, SessionPolicy};

    const START: u64 = 1_732_233_600_000;

    /// AWS, which counts how often it is asked.
    #[derive(Default)]
    struct Registry(AtomicU32);

    impl Exchange for Registry {
        fn open<'a>(
            &'a self,
            _: &'a Identity,
            _: Option<&'a SessionPolicy>,
        ) -> BoxFuture<'a, Result<(), SessionFailure>> {
            Box::pin(async { Ok(()) })
        }

        fn exchange<'a>(&'a self, _: &'a Call, _: i64) -> BoxFuture<'a, Result<Answer, ExchangeError>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let schema = r#"{"typeName":"AWS::IoT::Thing","handlers":{"list":{"permissions":["iot:ListThings"]}}}"#;
            let body = format!(
                "<R><DescribeTypeResult><Type>RESOURCE</Type><TypeName>AWS::IoT::Thing</TypeName>\
                 <Visibility>PUBLIC</Visibility><Schema>{schema}</Schema></DescribeTypeResult></R>"
            );
            let answer =
                Answer { status: 200, headers: Vec::new(), body: body.into(), at_ms: START, remembered: false };
            Box::pin(async { Ok(answer) })
        }

        fn renew(&self, _: &Identity) {}
    }

    /// Asks in a run of its own, which began so many days after the first.
    async fn asked_on_day(day: u64, store: &Arc<Worker<Catalogue>>, registry: &Arc<Registry>) -> bool {
        let memory = TypeMemory::new(Arc::clone(registry) as Arc<dyn Exchange>);
        memory.keep_in(Arc::new(TypesInCatalogue {
            store: Arc::clone(store),
            partition: "aws".to_owned(),
            started_ms: START + day * DAY_MS,
        }));
        let call = Call {
            identity: Identity::Account(AccountId::parse("111122223333").unwrap()),
            policy: None,
            service: "cloudformation".to_owned(),
            region: "eu-west-1".to_owned(),
            operation: "DescribeType".to_owned(),
            host_prefix: None,
            method: Method::Post,
            target: "/".to_owned(),
            headers: Vec::new(),
            body: "Action=DescribeType&Version=2010-05-15&Type=RESOURCE&TypeName=AWS%3A%3AIoT%3A%3AThing".to_owned(),
            dropped: Vec::new(),
        };
        let first = memory.exchange(&call, 0).await.unwrap();
        let second = memory.exchange(&call, 0).await.unwrap();
        assert!(second.remembered && first.body == second.body);
        let asked = registry.0.swap(0, Ordering::Relaxed);
        assert_eq!(asked, u32::from(!first.remembered));
        asked > 0
    }

    #[tokio::test]
    async fn the_catalogue_spares_the_runs_of_the_next_days_the_question() {
        let store = Arc::new(Worker::start("test", Catalogue::in_memory().unwrap()).unwrap());
        let registry = Arc::new(Registry::default());
        let days = u64::from(CACHE_DAYS);
        assert!(asked_on_day(0, &store, &registry).await);
        assert!(!asked_on_day(1, &store, &registry).await);
        assert!(!asked_on_day(days, &store, &registry).await);
        assert!(asked_on_day(days + 1, &store, &registry).await, "what is remembered does not keep itself alive");
        assert!(!asked_on_day(days + 2, &store, &registry).await);
        let query = "SELECT version || ' ' || actions FROM types";
        let text = store.with(|catalogue| catalogue.connection().query_row(query, [], |row| row.get::<_, String>(0)));
        let text = text.await.unwrap().unwrap();
        assert!(text.starts_with("sha256:") && text.ends_with(r#" {"list":["iot:ListThings"],"read":null}"#), "{text}");
    }

    #[tokio::test]
    async fn a_kept_answer_that_is_no_longer_understood_is_asked_for_anew() {
        let store = Arc::new(Worker::start("test", Catalogue::in_memory().unwrap()).unwrap());
        let registry = Arc::new(Registry::default());
        assert!(asked_on_day(0, &store, &registry).await);
        store
            .with(|catalogue| catalogue.connection().execute("UPDATE types SET answer = '<R/>'", []))
            .await
            .unwrap()
            .unwrap();
        assert!(asked_on_day(1, &store, &registry).await);
    }
}
