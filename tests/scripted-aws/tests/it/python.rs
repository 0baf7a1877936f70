//! botocore, of the version that the API tables are made from, in a virtual environment under the target folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use portolan_scripted_aws::ScriptedAws;

const REQUIREMENTS: &str = include_str!("../../../../guest/generator/requirements.txt");
/// Written last: an environment without it is not finished.
const STAMP: &str = "pins.txt";

/// Runs a script of `tests/python` in the environment of an SDK whose AWS is this one; its arguments are the endpoint
/// and the control path. It has to say `fine`.
#[track_caller]
pub fn run(script: &str, aws: &ScriptedAws) -> String {
    let output = Command::new(interpreter())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(script))
        .args([aws.url(), aws.control_url()])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(aws.environment())
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("fine"), "{script}:\n{said}\n{errors}");
    said.into_owned()
}

fn interpreter() -> PathBuf {
    let pins: String = REQUIREMENTS.lines().filter(|line| line.starts_with("botocore==")).collect();
    // target/debug/deps/it-… → target/python
    let executable = std::env::current_exe().unwrap();
    let root = executable.ancestors().nth(3).unwrap().join("python");
    fs::create_dir_all(&root).unwrap();
    // The environment of the workspace's tests has it as well, where it is made of the same pins.
    let shared = root.join("moto");
    if fs::read_to_string(shared.join("portolan-pins.txt")).is_ok_and(|made| made == REQUIREMENTS) {
        return shared.join("bin/python");
    }
    let lock = File::options().create(true).append(true).open(root.join("scripted-aws.lock")).unwrap();
    lock.lock().unwrap();
    let folder = root.join("scripted-aws");
    let interpreter = folder.join("bin/python");
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|made| made == pins) {
        return interpreter;
    }
    let _ = fs::remove_dir_all(&folder);
    let python = std::env::var_os("PORTOLAN_PYTHON").unwrap_or_else(|| "python3".into());
    let run = |command: &mut Command| {
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    };
    run(Command::new(python).args(["-m", "venv"]).arg(&folder));
    run(Command::new(&interpreter).args(["-m", "pip", "install", "--quiet", "--no-input", &pins]));
    fs::write(folder.join(STAMP), pins).unwrap();
    interpreter
}
