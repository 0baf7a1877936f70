//! No secret anywhere: they are planted, everything a run leaves behind is gathered, and searched.

use std::path::Path;

use portolan_tests::binary::Portolan;
use portolan_tests::catalogue::rows;
use portolan_tests::organization::{Organization, Scale};
use serde_json::{Value, json};

/// Every file below a folder with its bytes, what the test itself wrote left out.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.file_name().is_some_and(|name| name != "external-id") {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn no_secret_is_in_anything_that_a_run_leaves_behind() {
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("secrets", organization);
    // Everything that can be written, as loudly as can be, with roles that are granted and one that is refused.
    let run = portolan.sync(
        organization,
        &[
            "--to",
            "sqlite:catalogue.db",
            "--to",
            "ndjson:all.ndjson",
            "--record",
            "all.recording",
            "--log-level",
            "trace",
            "--log-format",
            "json",
            "--cache-dir",
            "cache",
            "--include-actions",
            "all",
        ],
    );
    assert_eq!(run.status, Some(2), "{}", run.stderr);
    let planted = organization.planted();
    let [external_id, source_secret, in_lambda] = planted[..] else { panic!("{planted:?}") };
    let state = organization.front().state();
    let issued: Vec<&str> = state["issued_secrets"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(issued.len() > 4, "sessions were issued");
    let mut found = Vec::new();
    files(portolan.folder(), &mut found);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    for expected in ["stderr.txt", "stdout.txt", "report.json", "catalogue.db", "all.ndjson", "all.recording"] {
        assert!(names.iter().any(|name| name.ends_with(expected)), "{expected} in {names:?}");
    }
    for (name, bytes) in &found {
        for secret in [external_id, source_secret].iter().chain(&issued) {
            assert!(!contains(bytes, secret), "{name} holds {secret}");
        }
        // A recording is the estate's own data, and says so in its first line.
        if name.ends_with("all.recording") {
            assert!(!contains(bytes, "AWS4-HMAC-SHA256"), "{name} holds a signature");
            assert!(!contains(&bytes.to_ascii_lowercase(), "x-amz-security-token"), "{name} holds a token header");
        } else {
            assert!(!contains(bytes, in_lambda), "{name} holds a Lambda's password");
        }
    }
    let functions =
        rows(&portolan.catalogue(), "SELECT properties FROM resources WHERE kind = 'AWS::Lambda::Function'");
    assert!(!functions.is_empty());
    for row in functions {
        let properties: Value = serde_json::from_str(row["properties"].as_str().unwrap()).unwrap();
        let password = &properties["Environment"]["Variables"]["DB_PASSWORD"];
        assert_eq!(password["redacted"], true, "{properties}");
        assert!(password["sha256_8"].is_string(), "{properties}");
    }
}

/// The key that moto gives to each VPN tunnel.
const TUNNEL_KEY: &str = "Iw2IAN9XUsQeYUrkMGP3kP59ugFDkfHg";

#[test]
fn what_the_host_drops_from_answers_is_nowhere_not_even_in_a_recording() {
    let organization = Organization::build(Scale::Tiny);
    let account = organization.readable()[0].to_owned();
    let ec2 = |operation: &str, arguments: Value| {
        organization.front().boto(&account, "us-east-1", "ec2", operation, &arguments)
    };
    let router =
        ec2("create_customer_gateway", json!({"Type": "ipsec.1", "PublicIp": "203.0.113.7", "BgpAsn": 65_000}));
    let gateway = ec2("create_vpn_gateway", json!({"Type": "ipsec.1"}));
    let ends = json!({
        "Type": "ipsec.1",
        "CustomerGatewayId": router["CustomerGateway"]["CustomerGatewayId"],
        "VpnGatewayId": gateway["VpnGateway"]["VpnGatewayId"],
    });
    ec2("create_vpn_connection", ends);
    let asked = ec2("describe_vpn_connections", json!({}));
    assert!(asked.to_string().contains(TUNNEL_KEY), "the answer holds what is to be dropped: {asked}");

    let portolan = Portolan::in_organization("dropped", &organization);
    let kinds = [
        "--kinds",
        "AWS::EC2::VPNConnection",
        "--record",
        "all.recording",
        "--to",
        "sqlite:catalogue.db",
        "--to",
        "ndjson:all.ndjson",
        "--log-level",
        "trace",
        "--log-format",
        "json",
    ];
    portolan.sync(&organization, &kinds);
    let found = rows(&portolan.catalogue(), "SELECT properties FROM resources WHERE kind = 'AWS::EC2::VPNConnection'");
    assert_eq!(found.len(), 1, "{found:?}");
    let properties: Value = serde_json::from_str(found[0]["properties"].as_str().unwrap()).unwrap();
    assert_eq!(properties["CustomerGatewayConfiguration"]["redacted"], true, "{properties}");
    assert!(properties["VpnConnectionId"].as_str().is_some_and(|id| id.starts_with("vpn-")), "{properties}");
    let mut files_left = Vec::new();
    files(portolan.folder(), &mut files_left);
    let recording = files_left.iter().find(|(name, _)| name.ends_with("all.recording")).unwrap();
    assert!(contains(&recording.1, "<customerGatewayConfiguration></customerGatewayConfiguration>"));
    for (name, bytes) in &files_left {
        assert!(!contains(bytes, TUNNEL_KEY), "{name} holds a tunnel's key");
    }
}

#[cfg(unix)]
#[test]
fn files_of_a_run_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let organization = Organization::shared();
    let portolan = Portolan::in_organization("modes", organization);
    let kinds = [
        "--kinds",
        "AWS::SQS::Queue",
        "--record",
        "all.recording",
        "--to",
        "sqlite:catalogue.db",
        "--to",
        "ndjson:all.ndjson",
    ];
    portolan.sync(organization, &kinds);
    for name in ["catalogue.db", "all.ndjson", "all.recording", "report.json"] {
        let mode = std::fs::metadata(portolan.file(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
