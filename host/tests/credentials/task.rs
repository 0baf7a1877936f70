//! AWS's container provider reads the process's environment, so each exchange runs in a process of its own:
//! this very binary, with one ignored test, and the variables set.

use std::process::Stdio;

use aws_credential_types::provider::ProvideCredentials;
use portolan::credentials::{Environment, RolePlan, Sessions, SourceSetting, Sources, choose};

use crate::clock::Clock;
use crate::loopback::{Answer, Loopback};
use crate::sts::client;

/// The child: loads twice, and prints the access key ids or the failure.
#[tokio::test]
#[ignore = "run by the tests below, in a process with its own environment"]
async fn child() {
    let unused = Loopback::start(|_| Answer::status(500, "")).await;
    let sts = client(&unused, &Clock::at(1_800_000_000));
    let sources =
        Sources { setting: SourceSetting::Auto, priority: None, keys: None, environment: Environment::of_process() };
    let chosen = choose(&sources, &sts).await.unwrap();
    println!("WHY {}", chosen.why);
    for _ in 0..2 {
        match chosen.provider.provide_credentials().await {
            Ok(credentials) => println!("KEY {}", credentials.access_key_id()),
            Err(_) => {
                let sessions = Sessions::new(RolePlan::of_source("r1"), chosen.clone(), sts.clone());
                println!("FAILED {}", sessions.source_identity().await.unwrap_err());
            }
        }
    }
    assert!(unused.seen().is_empty());
}

async fn in_child(variables: &[(&str, &str)]) -> String {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "task::child", "--ignored", "--nocapture"]).env_remove("AWS_WEB_IDENTITY_TOKEN_FILE");
    command.envs(variables.iter().copied()).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn credentials(id: &str) -> Answer {
    Answer::ok(format!(
        r#"{{"RoleArn":"arn:aws:iam::111111111111:role/Task","AccessKeyId":"{id}","SecretAccessKey":"planted-task-secret",
            "Token":"planted-task-token","Expiration":"2099-01-01T00:00:00Z"}}"#
    ))
}

#[tokio::test]
async fn the_tasks_role_with_a_token_file_that_is_read_anew_at_each_load() {
    let folder = std::env::temp_dir().join(format!("portolan-task-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("token");
    std::fs::write(&file, "first-token").unwrap();
    let replaced = file.clone();
    // The agent of EKS Pod Identity does the same: it is this provider, at another address.
    let agent = Loopback::start(move |seen| {
        let token = seen.header("authorization").to_owned();
        std::fs::write(&replaced, "second-token").unwrap();
        match (seen.target.as_str(), token.as_str()) {
            ("/v1/credentials?x=y", "first-token") => credentials("ASIAFIRST"),
            ("/v1/credentials?x=y", "second-token") => credentials("ASIASECOND"),
            _ => Answer::status(403, ""),
        }
    })
    .await;
    let said = in_child(&[
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/v1/credentials?x=y", agent.url())),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap()),
    ])
    .await;
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(said.contains("KEY ASIAFIRST") && said.contains("KEY ASIASECOND"), "{said}");
    assert!(said.contains("WHY credentials: task (auto, AWS_CONTAINER_CREDENTIALS_FULL_URI is set"), "{said}");
}

#[tokio::test]
async fn a_task_role_that_is_configured_and_fails_is_an_error_and_no_other_source_is_tried() {
    let agent =
        Loopback::start(|_| Answer::status(403, r#"{"code":"AccessDenied","message":"no role for this pod"}"#)).await;
    let said = in_child(&[
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &agent.url()),
        ("AWS_ACCESS_KEY_ID", "AKIAOTHER"),
        ("AWS_SECRET_ACCESS_KEY", "planted-other-secret"),
    ])
    .await;
    assert!(said.contains("not used: keys (AWS_ACCESS_KEY_ID is set)"), "{said}");
    assert!(said.contains("FAILED no source credentials: task: ") && !said.contains("KEY AKIA"), "{said}");
    assert!(!said.contains("planted"), "{said}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_shows_nothing_of_itself() {
    let agent =
        Loopback::start(|_| Answer::ok(r#"{"AccessKeyId":"ASIA","SecretAccessKey":"planted-task-secret","Tok"#)).await;
    let said = in_child(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &agent.url())]).await;
    assert!(said.contains("FAILED") && !said.contains("planted"), "{said}");
}

#[tokio::test]
async fn an_address_outside_the_machine_is_refused() {
    let said = in_child(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.7/credentials")]).await;
    assert!(said.contains("FAILED") && said.contains("allowed IP"), "{said}");
}
