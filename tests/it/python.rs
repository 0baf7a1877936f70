//! The Python environment itself: that it is the pinned one, and that its absence is explained.

use std::process::Command;

use portolan_tests::python::{PythonError, environment, interpreter, source_distribution};

#[test]
fn the_environment_has_exactly_the_pinned_versions() {
    let script = "import botocore, boto3, moto; print(botocore.__version__, boto3.__version__, moto.__version__)";
    let answer = Command::new(interpreter()).args(["-c", script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), "1.44.5 1.44.5 5.2.1");
}

#[test]
fn a_package_that_cannot_be_had_is_an_error_that_says_what_to_do() {
    let error = environment("nothing", "--no-index\nportolan-no-such-package==1\n").unwrap_err();
    assert!(matches!(error, PythonError::NoPackages { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("portolan-no-such-package") && text.contains("PIP_INDEX_URL"), "{text}");
}

#[test]
fn a_source_distribution_with_another_hash_is_refused() {
    let error = source_distribution("six", "1.17.0", &"0".repeat(64)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("six==1.17.0") && text.to_lowercase().contains("do not match the hashes"), "{text}");
}
