use portolan::credentials::{CredentialsError, Environment, SourceKind, SourceSetting, Sources, choose};

use crate::clock::Clock;
use crate::loopback::{Answer, Loopback};
use crate::sts::{client, keys};

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIAENV"), ("AWS_SECRET_ACCESS_KEY", "planted-env-secret")];
const TOKEN: (&str, &str) = ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token");

/// What is decided in this environment; no request may be made for it.
async fn decide(
    setting: &str,
    priority: Option<&str>,
    variables: &[(&str, &str)],
) -> Result<(SourceKind, String), CredentialsError> {
    let server = Loopback::start(|_| Answer::status(500, "")).await;
    let sources = Sources {
        setting: setting.parse().unwrap(),
        priority: priority.map(|text| text.parse().unwrap()),
        keys: None,
        environment: Environment::of(variables.iter().copied()),
    };
    let chosen = choose(&sources, &client(&server, &Clock::at(0))).await;
    assert!(server.seen().is_empty());
    chosen.map(|chosen| (chosen.kind, chosen.why))
}

#[tokio::test]
async fn auto_takes_the_first_that_is_configured_and_says_what_else_was_there() {
    let (kind, why) = decide("auto", None, &[KEYS[0], KEYS[1], TOKEN]).await.unwrap();
    assert_eq!(kind, SourceKind::WebIdentity);
    assert!(
        why.contains("AWS_WEB_IDENTITY_TOKEN_FILE is set") && why.contains("not used: keys (AWS_ACCESS_KEY_ID is set)"),
        "{why}"
    );
    let (kind, why) = decide("auto", None, &KEYS).await.unwrap();
    assert_eq!(kind, SourceKind::Keys);
    assert!(why.contains("AKIAENV") && !why.contains("planted"), "{why}");
}

#[tokio::test]
async fn the_peers_priority_is_obeyed() {
    let all = [KEYS[0], KEYS[1], TOKEN];
    for (priority, expected) in [
        ("StaticCredential,AssumeRoleWithWebIdentity", SourceKind::Keys),
        ("AssumeRoleWithWebIdentity,StaticCredential,AssumeRole", SourceKind::WebIdentity),
        ("AssumeRole", SourceKind::Keys),
    ] {
        assert_eq!(decide("auto", Some(priority), &all).await.unwrap().0, expected, "{priority}");
    }
    // What the priority does not name is not taken, and the message says that it is there.
    let error = decide("auto", Some("StaticCredential"), &[TOKEN]).await.unwrap_err().to_string();
    assert!(error.contains("credentialProviderPriority does not name it"), "{error}");
}

#[tokio::test]
async fn half_a_configuration_is_an_error_even_where_another_source_comes_first() {
    let error = decide("auto", None, &[TOKEN, KEYS[0]]).await.unwrap_err();
    assert_eq!(error, CredentialsError::Half { set: "AWS_ACCESS_KEY_ID", missing: "AWS_SECRET_ACCESS_KEY" });
    let error = decide("auto", None, &[KEYS[0], KEYS[1], ("AWS_WEB_IDENTITY_TOKEN_FILE", "")]).await.unwrap_err();
    assert_eq!(error, CredentialsError::EmptyVariable { name: "AWS_WEB_IDENTITY_TOKEN_FILE" });
    assert!(decide("auto", None, &[TOKEN, ("AWS_ROLE_ARN", "arn:aws:iam::1:role/x")]).await.is_err());
}

#[tokio::test]
async fn a_source_that_is_named_must_be_there_and_nothing_else_is_taken() {
    for setting in ["task", "web-identity", "profile", "profile:audit"] {
        let error = decide(setting, None, &KEYS).await.unwrap_err();
        assert!(
            matches!(error, CredentialsError::NotConfigured { .. } | CredentialsError::Profile { .. }),
            "{setting}: {error:?}"
        );
    }
    assert!(matches!(
        decide("keys", None, &[TOKEN]).await,
        Err(CredentialsError::NotConfigured { kind: SourceKind::Keys, .. })
    ));
    assert!(decide("instance", None, &[("AWS_EC2_METADATA_DISABLED", "true")]).await.is_err());
}

#[tokio::test]
async fn inside_kubernetes_the_nodes_role_is_never_guessed() {
    let metadata = Loopback::start(|_| Answer::status(500, "")).await;
    let url = metadata.url();
    let variables = [("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str())];
    let error = decide("auto", None, &variables).await.unwrap_err().to_string();
    assert!(error.contains("node's role") && error.contains("--credentials"), "{error}");
    assert!(metadata.seen().is_empty());
    // Named, it is taken.
    assert_eq!(decide("instance", None, &variables).await.unwrap().0, SourceKind::Instance);
}

#[tokio::test]
async fn a_container_that_announces_a_role_this_process_does_not_have_is_refused() {
    let error =
        decide("auto", None, &[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x")]).await.unwrap_err();
    assert!(matches!(error, CredentialsError::ForeignEnvironment { .. }), "{error:?}");
}

#[tokio::test]
async fn configured_keys_replace_the_environments() {
    let server = Loopback::start(|_| Answer::status(500, "")).await;
    let sources = Sources { setting: SourceSetting::Auto, environment: Environment::of(KEYS), ..keys() };
    let chosen = choose(&sources, &client(&server, &Clock::at(0))).await.unwrap();
    assert!(chosen.why.contains("AKIASOURCE") && !chosen.why.contains("AKIAENV"), "{}", chosen.why);
}
