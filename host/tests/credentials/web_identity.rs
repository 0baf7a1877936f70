use std::path::{Path, PathBuf};

use portolan::credentials::{
    Denied, Environment, Identity, MemberRole, RolePlan, SessionPolicy, Sessions, SourceSetting, Sources, Sts, What,
    choose,
};
use portolan_names::{AccountId, RoleArn};

use crate::clock::Clock;
use crate::loopback::Loopback;
use crate::sts::{Minter, client, form, refusal, signer};

struct Token(PathBuf);

impl Token {
    fn new(name: &str) -> Self {
        let file = std::env::temp_dir().join(format!("portolan-token-{}-{name}", std::process::id()));
        std::fs::write(&file, "planted-token-1\n").unwrap();
        Self(file)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}

fn account(id: &str) -> Identity {
    Identity::Account(AccountId::parse(id).unwrap())
}

fn plan() -> RolePlan {
    RolePlan {
        list: Some(RoleArn::parse("arn:aws:iam::111111111111:role/Read").unwrap()),
        member: MemberRole::Template { partition: "aws".into(), path_and_name: "Read".into() },
        ..RolePlan::of_source("r1")
    }
}

async fn sessions(plan: RolePlan, token: &Token, sts: Sts, role: Option<&str>) -> Sessions {
    let file = ("AWS_WEB_IDENTITY_TOKEN_FILE", token.path().to_str().unwrap());
    let environment = Environment::of([file].into_iter().chain(role.map(|role| ("AWS_ROLE_ARN", role))));
    let sources = Sources { setting: SourceSetting::WebIdentity, priority: None, keys: None, environment };
    let chosen = choose(&sources, &sts).await.unwrap();
    Sessions::new(plan, chosen, sts)
}

#[tokio::test]
async fn the_token_goes_straight_to_each_role_and_is_read_anew_at_each_exchange() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| minter.answer(seen)).await;
    let token = Token::new("direct");
    let sessions = sessions(plan(), &token, client(&server, &clock), None).await;
    sessions.credentials(&account("222222222222")).await.unwrap();
    std::fs::write(token.path(), "planted-token-2").unwrap();
    clock.forward(3400);
    sessions.credentials(&account("222222222222")).await.unwrap();
    let forms: Vec<_> = server.seen().iter().map(form).collect();
    let tokens: Vec<&str> = forms.iter().map(|form| form["WebIdentityToken"].as_str()).collect();
    assert_eq!(tokens, ["planted-token-1", "planted-token-2"]);
    assert_eq!(forms[0]["RoleArn"], "arn:aws:iam::222222222222:role/Read");
    assert!(forms.iter().all(|form| !form.contains_key("ExternalId") && !form.contains_key("DurationSeconds")));
    assert!(server.seen().iter().all(|seen| signer(seen).is_empty()), "the exchange is not signed");
}

#[tokio::test]
async fn with_a_hub_the_token_is_exchanged_once_and_members_are_assumed_from_there() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| minter.answer(seen)).await;
    let token = Token::new("hub");
    let plan = RolePlan { hub: Some(RoleArn::parse("arn:aws:iam::333333333333:role/Hub").unwrap()), ..plan() };
    let sessions = sessions(plan, &token, client(&server, &clock), None).await;
    for who in [account("222222222222"), account("444444444444"), Identity::Management] {
        sessions.credentials(&who).await.unwrap();
    }
    let calls: Vec<_> = server.seen().iter().map(|seen| (form(seen)["Action"].clone(), signer(seen))).collect();
    let expected =
        [("AssumeRoleWithWebIdentity", ""), ("AssumeRole", "ASIA1"), ("AssumeRole", "ASIA1"), ("AssumeRole", "ASIA1")];
    assert_eq!(calls, expected.map(|(action, signer)| (action.to_owned(), signer.to_owned())));
}

#[tokio::test]
async fn a_token_that_is_not_there_or_not_accepted_is_that_sources_failure() {
    let clock = Clock::at(1_800_000_000);
    let server = Loopback::start(|_| {
        refusal(400, "InvalidIdentityToken", "No OpenIDConnect provider found for planted-token-1")
    })
    .await;
    let token = Token::new("refused");
    let own = "arn:aws:iam::111111111111:role/Pod";
    let refused = sessions(plan(), &token, client(&server, &clock), Some(own)).await;
    let failure = refused.source_identity().await.unwrap_err();
    assert_eq!(failure.what, What::Denied(Denied::WebIdentityToken));
    assert_eq!(
        (failure.code.as_str(), failure.role.as_ref().map(RoleArn::as_str)),
        ("InvalidIdentityToken", Some(own))
    );
    // STS repeats parts of the token in its text.
    assert!(!failure.to_string().contains("planted"), "{failure}");
    for content in ["", "  \n", &"x".repeat(20_001)] {
        std::fs::write(token.path(), content).unwrap();
        let fresh = sessions(plan(), &token, client(&server, &clock), Some(own)).await;
        let failure = fresh.source_identity().await.unwrap_err();
        assert!(failure.what == What::Source && failure.message.contains("token file"), "{failure}");
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_token_is_exchanged_for_a_session_that_is_bounded_as_any_other() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| minter.answer(seen)).await;
    let token = Token::new("bounded");
    let sessions = sessions(RolePlan { bounded: true, ..plan() }, &token, client(&server, &clock), None).await;
    sessions.source_identity().await.unwrap();
    sessions.credentials_under(&account("222222222222"), Some(&SessionPolicy::ReadOnlyAccess)).await.unwrap();
    let forms: Vec<_> = server.seen().iter().map(form).collect();
    let exchanged: Vec<_> = forms.iter().filter(|form| form["Action"] == "AssumeRoleWithWebIdentity").collect();
    assert_eq!(exchanged.len(), 2);
    assert!(exchanged[0]["Policy"].contains("sts:GetCallerIdentity"), "the first only says who it is");
    assert_eq!(exchanged[1]["PolicyArns.member.1.arn"], "arn:aws:iam::aws:policy/ReadOnlyAccess");
}
