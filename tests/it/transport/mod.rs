//! How requests get to AWS and answers back: HTTP/2, gzip, TLS, proxies. On the way stand servers that we did not write
//! (`tests/src/network.rs`); at its end the scripted AWS, or moto, which holds every signature against botocore's.

mod faults;
mod proxies;
mod versions;

use portolan_scripted_aws::{Options, ScriptedAws};
use portolan_tests::binary::{Portolan, Run};
use portolan_tests::catalogue::rows;
use serde_json::Value;

/// Three protocols, lists and details, regions and the account itself.
const KINDS: &str = "AWS::EC2::VPC,AWS::EC2::Volume,AWS::SQS::Queue,AWS::DynamoDB::Table,AWS::KMS::Key,AWS::IAM::Role";

/// A small estate with all that is asked of it here.
fn options() -> Options {
    Options { accounts: 3, regions: 3, resources: 20, ..Options::default() }
}

/// A folder to run in, with this AWS in its environment.
fn beside(name: &str, aws: &ScriptedAws) -> Portolan {
    let mut portolan = Portolan::new(name);
    for (name, value) in aws.environment() {
        portolan.set(&name, &value);
    }
    portolan
}

fn sync(portolan: &Portolan, aws: &ScriptedAws) -> Run {
    let role = aws.role();
    let to = ["--to", "sqlite:catalogue.db", "--report", "report.json"];
    portolan.run(&[&["sync", "--account-role-arn", &role, "--kinds", KINDS][..], &to].concat())
}

/// What a run found, without when.
fn found(portolan: &Portolan) -> Vec<Value> {
    let query = "SELECT resource_key, kind, account_id, region, id, arn, name, properties, tags, parent_key FROM resources \
                 WHERE deleted_at IS NULL ORDER BY resource_key";
    rows(&portolan.catalogue(), query)
}
