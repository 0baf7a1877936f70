//! Everything secret is planted, everything that can be shown is captured, and neither is found in the other.

use std::io::Write;
use std::sync::{Arc, Mutex};

use portolan::credentials::{Identity, MemberRole, Override, RolePlan, Sessions};
use portolan::secret::Secret;
use portolan_names::{AccountId, RoleArn};
use tracing_subscriber::fmt::MakeWriter;

use crate::clock::Clock;
use crate::loopback::{Answer, Loopback};
use crate::sts::{Minter, chosen_keys, client, form, keys, refusal};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_secret_in_any_text_or_log() {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_writer(captured.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| {
        // Whatever AWS repeats of what it was sent must not come back out either.
        let external_id = form(seen).get("ExternalId").cloned().unwrap_or_default();
        match form(seen).get("RoleArn").map(String::as_str) {
            Some("arn:aws:iam::333333333333:role/Read") => {
                refusal(400, "ValidationError", &format!("value '{external_id}' at 'externalId' is not right"))
            }
            Some("arn:aws:iam::444444444444:role/Read") => {
                Answer::ok(format!("<half>planted-in-an-answer {external_id}"))
            }
            _ => minter.answer(seen),
        }
    })
    .await;
    let mut plan = RolePlan {
        list: Some(RoleArn::parse("arn:aws:iam::999999999999:role/Read").unwrap()),
        member: MemberRole::Template { partition: "aws".into(), path_and_name: "Read".into() },
        external_id: Some(Secret::new("planted-external-id")),
        ..RolePlan::of_source("r1")
    };
    let own = Override { role: None, external_id: Some(Secret::new("planted-own-external-id")) };
    plan.overrides.insert(AccountId::parse("555555555555").unwrap(), own);
    let sts = client(&server, &clock);
    let chosen = chosen_keys(&sts).await;
    let mut shown = format!("{:?} {plan:?} {sts:?} {chosen:?}", keys());
    let sessions = Sessions::new(plan, chosen, sts);
    shown.push_str(&format!("{:?}", sessions.source_identity().await));
    for id in ["222222222222", "333333333333", "444444444444", "555555555555"] {
        let who = Identity::Account(AccountId::parse(id).unwrap());
        let outcome = sessions.credentials(&who).await;
        shown.push_str(&format!("{outcome:?}"));
        if let Err(failure) = outcome {
            shown.push_str(&failure.to_string());
        }
    }
    shown.push_str(&format!("{sessions:?} {:?}", sessions.plan()));

    let logged = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    let sent: String = server.seen().iter().map(|seen| seen.body.clone()).collect();
    assert!(sent.contains("planted-external-id") && sent.contains("planted-own-external-id"), "they were in use");
    assert!(shown.contains("ValidationError") && shown.contains("ASIA1"), "{shown}");
    assert!(!logged.is_empty(), "the capture works");
    for (name, text) in [("text", &shown), ("log", &logged)] {
        let found = text.lines().find(|line| line.contains("planted"));
        assert!(found.is_none(), "{name}: {found:?}");
    }
}
