use std::path::PathBuf;

use aws_credential_types::provider::ProvideCredentials;
use portolan::credentials::{
    CredentialsError, Environment, RolePlan, Sessions, SourceKind, SourceSetting, Sources, What, choose,
};

use crate::clock::Clock;
use crate::loopback::{Answer, Loopback};
use crate::sts::{Minter, client, form, refusal, signer};

/// A home folder with these files, gone at the end.
struct Home(PathBuf);

impl Home {
    fn with(name: &str, config: &str, credentials: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("portolan-home-{}-{name}", std::process::id()));
        std::fs::create_dir_all(folder.join(".aws")).unwrap();
        std::fs::write(folder.join(".aws/config"), config).unwrap();
        std::fs::write(folder.join(".aws/credentials"), credentials).unwrap();
        Self(folder)
    }

    fn sources(&self, setting: &str, more: &[(&str, &str)]) -> Sources {
        let variables = more.iter().copied().chain([("HOME", self.0.to_str().unwrap())]);
        Sources {
            setting: setting.parse().unwrap(),
            priority: None,
            keys: None,
            environment: Environment::of(variables),
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

const CHAIN: &str = "[default]\nregion = eu-west-1\n\n[profile audit]\nrole_arn = arn:aws:iam::222222222222:role/Audit\n\
                     source_profile = base\nexternal_id = planted-profile-external-id\nrole_session_name = laptop\n";
const BASE: &str = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = planted-base-secret\n";

#[tokio::test]
async fn a_profile_with_a_role_and_a_source_profile_goes_through_our_sts() {
    let clock = Clock::at(1_800_000_000);
    let minter = Minter::new(&clock, 3600);
    let server = Loopback::start(move |seen| minter.answer(seen)).await;
    let home = Home::with("chain", CHAIN, BASE);
    let chosen = choose(&home.sources("profile:audit", &[]), &client(&server, &clock)).await.unwrap();
    let credentials = chosen.provider.provide_credentials().await.unwrap();
    assert_eq!((credentials.access_key_id(), chosen.kind, chosen.is_role), ("ASIA1", SourceKind::Profile, Some(true)));
    let seen = server.seen();
    let form = form(&seen[0]);
    assert_eq!((seen.len(), form["Action"].as_str(), form["RoleSessionName"].as_str()), (1, "AssumeRole", "laptop"));
    assert_eq!(
        (form["RoleArn"].as_str(), form["ExternalId"].as_str()),
        ("arn:aws:iam::222222222222:role/Audit", "planted-profile-external-id")
    );
    assert_eq!(signer(&seen[0]), "AKIABASE");
}

#[tokio::test]
async fn which_profile_is_meant() {
    let clock = Clock::at(1_800_000_000);
    let server = Loopback::start(|_| Answer::status(500, "")).await;
    let sts = client(&server, &clock);
    let home = Home::with("which", CHAIN, BASE);
    // A default profile with a region alone is no source.
    let none = choose(&home.sources("profile", &[]), &sts).await.unwrap_err();
    assert!(matches!(none, CredentialsError::NotConfigured { kind: SourceKind::Profile, .. }), "{none:?}");
    let by_variable = choose(&home.sources("auto", &[("AWS_PROFILE", "base")]), &sts).await.unwrap();
    assert_eq!(by_variable.provider.provide_credentials().await.unwrap().access_key_id(), "AKIABASE");
    assert_eq!(by_variable.is_role, Some(false));
    assert!(
        by_variable.why.contains("profile \"base\"") && !by_variable.why.contains("planted"),
        "{}",
        by_variable.why
    );
    for (setting, variables) in [
        ("profile:nobody", vec![]),
        ("auto", vec![("AWS_PROFILE", "nobody")]),
        ("auto", vec![("AWS_PROFILE", "nobody"), ("AWS_EC2_METADATA_DISABLED", "true")]),
    ] {
        let error = choose(&home.sources(setting, &variables), &sts).await.unwrap_err();
        assert!(matches!(&error, CredentialsError::Profile { name, .. } if name == "nobody"), "{error:?}");
    }
    let moved = home.sources("profile:base", &[("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials")]);
    let error = choose(&moved, &sts).await.unwrap_err();
    assert!(matches!(error, CredentialsError::BadVariable { name: "AWS_SHARED_CREDENTIALS_FILE", .. }), "{error:?}");
}

#[tokio::test]
async fn what_needs_another_program_is_refused_with_the_way_round() {
    let server = Loopback::start(|_| Answer::status(500, "")).await;
    let sts = client(&server, &Clock::at(0));
    let config = "[profile sso]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Read\n\
                  [profile process]\ncredential_process = /bin/false planted-argument\n";
    let home = Home::with("unserved", config, "");
    for name in ["sso", "process"] {
        let error = choose(&home.sources(&format!("profile:{name}"), &[]), &sts).await.unwrap_err().to_string();
        assert!(error.contains("export-credentials --profile") && !error.contains("planted"), "{error}");
    }
}

#[tokio::test]
async fn a_profile_that_cannot_be_used_matters_only_where_it_would_be_taken() {
    let metadata = Loopback::start(|_| Answer::status(500, "")).await;
    let sts = client(&metadata, &Clock::at(0));
    let home = Home::with("exported", "[profile sso]\nsso_session = corp\n", "");
    let url = metadata.url();
    let sso = [("AWS_PROFILE", "sso"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str())];
    let keys = [("AWS_ACCESS_KEY_ID", "ASIAEXPORTED"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_SESSION_TOKEN", "y")];
    let exported = choose(&home.sources("auto", &[&sso[..], &keys[..]].concat()), &sts).await.unwrap();
    assert_eq!(exported.kind, SourceKind::Keys);
    // Alone it is the answer, and so it is where the priority leaves out what else is there.
    let token = [("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token")];
    let alone = home.sources("auto", &sso);
    let priority = Some("AssumeRole".parse().unwrap());
    let left_out = Sources { priority, ..home.sources("auto", &[&sso[..], &token[..]].concat()) };
    for sources in [alone, left_out] {
        let error = choose(&sources, &sts).await.unwrap_err();
        assert!(matches!(&error, CredentialsError::Profile { name, .. } if name == "sso"), "{error:?}");
    }
    assert!(metadata.seen().is_empty(), "the instance's role was not tried instead");
}

#[tokio::test]
async fn a_profile_whose_role_is_refused_says_so_in_awss_words() {
    let server =
        Loopback::start(|_| refusal(403, "AccessDenied", "User is not authorized to perform: sts:AssumeRole")).await;
    let sts = client(&server, &Clock::at(1_800_000_000));
    let home = Home::with("refused", CHAIN, BASE);
    let sources = home.sources("profile:audit", &[("AWS_ACCESS_KEY_ID", "AKIAOTHER"), ("AWS_SECRET_ACCESS_KEY", "x")]);
    let chosen =
        choose(&Sources { setting: SourceSetting::Profile(Some("audit".into())), ..sources }, &sts).await.unwrap();
    let failure = Sessions::new(RolePlan::of_source("r1"), chosen, sts).source_identity().await.unwrap_err();
    assert!(matches!(failure.what, What::Denied(_)), "{failure:?}");
    assert_eq!((failure.code.as_str(), failure.request_id.as_deref()), ("AccessDenied", Some("req-17")));
    assert!(failure.message.contains("sts:AssumeRole") && !failure.to_string().contains("planted"), "{failure}");
    assert!(server.seen().iter().all(|seen| signer(seen) == "AKIABASE"));
}
