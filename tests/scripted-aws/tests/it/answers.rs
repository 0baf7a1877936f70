//! Every answer, read by botocore.

use portolan_scripted_aws::Options;

use crate::{python, start};

/// Every operation: botocore's parser takes everything that is on the wire, of the types that its models have; its
/// paginators find as many resources as there are; what a detail call says is about what was asked; and what is not
/// there gets the error that the model has.
#[test]
fn botocore_reads_every_answer_whole() {
    let aws = start(&Options { accounts: 2, regions: 2, resources: 60, ..Options::default() });
    println!("{}", python::run("answers.py", &aws));
    let usage = aws.usage().unwrap();
    assert_eq!(usage["notes"], serde_json::json!([]), "what botocore sends is understood");
}

/// The same over TLS, with the authority as `AWS_CA_BUNDLE`.
#[test]
fn botocore_reads_every_answer_over_tls() {
    python::run(
        "answers.py",
        &start(&Options { accounts: 2, regions: 1, resources: 1, tls: true, ..Options::default() }),
    );
}
