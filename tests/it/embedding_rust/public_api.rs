//! Nothing secret is shown by any `Debug` of the public API.

use portolan::{Credentials, Environment, Policy, Run, Settings};

use super::engine;

#[tokio::test(flavor = "multi_thread")]
async fn no_text_of_the_api_shows_a_secret() {
    let credentials = Credentials::new("AKIAPLANTED", "planted-secret").session_token("planted-token");
    let environment = Environment::from_iter([("AWS_SECRET_ACCESS_KEY", "planted"), ("EXTERNAL", "planted")]);
    let text = "accounts: { from: self }\nroles: { external_id: \"${ENV:EXTERNAL}\" }\n";
    let settings = Settings::from_yaml(engine(), text, &environment).await.unwrap();
    let run = Run::new(engine(), &settings).policy(Policy::default()).redaction_key("planted");
    for shown in [
        format!("{credentials:?}"),
        format!("{environment:?}"),
        format!("{settings:?}"),
        format!("{run:?}"),
        format!("{:?}", engine()),
    ] {
        assert!(!shown.to_lowercase().contains("planted"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_settings_have_their_line() {
    let text = "accounts: { from: self }\nkinds:\n  include: [AWS::S3::Buckets]\nregion: {}\n";
    let error = Settings::from_yaml(engine(), text, &Environment::default()).await.unwrap_err().to_string();
    for words in ["settings:3:", "did you mean AWS::S3::Bucket?", "settings:4:"] {
        assert!(error.contains(words), "{error}");
    }
}
