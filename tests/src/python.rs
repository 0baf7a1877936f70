//! Python for the tests: a virtual environment with pinned packages, made once under the target folder.
//!
//! Several test executables may ask at the same time; a file lock lets one of them do the work. The environment is made
//! anew when its pins change, or when the interpreter that it was made from is gone. Nothing is skipped where this
//! fails: the error says why, and what to do.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::folders;

/// The pins of the default environment: moto behind its front, boto3 as the oracle, and the generator.
const REQUIREMENTS: &str = include_str!("../../guest/generator/requirements.txt");
/// Written last, so that an environment whose making was interrupted is not taken for a finished one.
const STAMP: &str = "portolan-pins.txt";
/// The oldest Python that the pinned packages run on.
const PYTHON_MIN: (u32, u32) = (3, 10);
/// How much of a failed command's output an error shows: its end, where pip says what went wrong.
const OUTPUT_SHOWN: usize = 2_000;

/// Why there is no Python environment.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// Python itself is missing or too old: install it.
    #[error(
        "no Python {}.{} or newer found ({tried}); install it (Debian, Ubuntu: apt-get install python3 python3-venv) or name one in PORTOLAN_PYTHON",
        PYTHON_MIN.0,
        PYTHON_MIN.1
    )]
    NoPython {
        /// What was looked for, and what it answered.
        tried: String,
    },
    /// Python is there, its `venv` module is not: install that.
    #[error(
        "{python} cannot make a virtual environment; install its venv module (Debian, Ubuntu: apt-get install python3-venv):\n{output}"
    )]
    NoVenv {
        /// The interpreter that was asked.
        python: String,
        /// What it printed.
        output: String,
    },
    /// The packages could not be had: look at the network, or at pip's index settings.
    #[error(
        "pip could not get {what}; the tests need a package index once, over the network or set by PIP_INDEX_URL or PIP_FIND_LINKS:\n{output}"
    )]
    NoPackages {
        /// What was asked for.
        what: String,
        /// What pip printed.
        output: String,
    },
    /// A file of the target folder could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The interpreter of the environment that runs moto, its front and boto3.
///
/// # Panics
/// When there is no such environment and none can be made; the message says why and what to do.
pub fn interpreter() -> PathBuf {
    environment("moto", REQUIREMENTS).unwrap_or_else(|error| panic!("{error}"))
}

/// The interpreter of an environment with these requirements (the text of a requirements file), made if need be.
///
/// `name` is the environment's folder: other requirements under the same name replace it, so each set has its own name.
///
/// # Errors
/// When Python, its `venv` module or the packages cannot be had, or the target folder cannot be written.
pub fn environment(name: &str, requirements: &str) -> Result<PathBuf, PythonError> {
    let root = folders::target().join("python");
    make_folder(&root)?;
    let _lock = lock(&root.join(format!("{name}.lock")))?;
    let folder = root.join(name);
    let interpreter = interpreter_in(&folder);
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|pins| pins == requirements) && runs(&interpreter) {
        return Ok(interpreter);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(file_error(&folder))?;
    }
    let base = find_python()?;
    let made = output(Command::new(&base).args(["-m", "venv"]).arg(&folder));
    if !made.is_ok_and_success() {
        return Err(PythonError::NoVenv { python: base, output: made.shown() });
    }
    let wanted = root.join(format!("{name}.txt"));
    write(&wanted, requirements)?;
    let got = output(pip(&interpreter).args(["install", "--quiet", "--requirement"]).arg(&wanted));
    if !got.is_ok_and_success() {
        return Err(PythonError::NoPackages {
            what: format!("the packages of {}", wanted.display()),
            output: got.shown(),
        });
    }
    write(&folder.join(STAMP), requirements)?;
    Ok(interpreter)
}

/// The unpacked source distribution of a package, got through pip and held to its hash.
///
/// Some test data (botocore's protocol, endpoint and signature cases) is in the source distribution only, not in the
/// wheel, and is too large and not ours to copy into the repository. `version` is exact, `sha256` that of the archive.
///
/// # Errors
/// As [`environment`], and when the archive's hash is another.
pub fn source_distribution(package: &str, version: &str, sha256: &str) -> Result<PathBuf, PythonError> {
    let python = environment("moto", REQUIREMENTS)?;
    let root = folders::target().join("python").join("sources");
    make_folder(&root)?;
    let _lock = lock(&root.join(format!("{package}.lock")))?;
    let pin = format!("{package}=={version} --hash=sha256:{sha256}\n");
    let folder = root.join(format!("{package}-{version}"));
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|pins| pins == pin) {
        return Ok(folder);
    }
    let _ = fs::remove_dir_all(&folder);
    let wanted = root.join(format!("{package}.txt"));
    write(&wanted, &pin)?;
    let got = output(
        pip(&python)
            .args(["download", "--quiet", "--no-deps", "--require-hashes", "--no-binary", package, "--dest"])
            .arg(&root)
            .arg("--requirement")
            .arg(&wanted),
    );
    if !got.is_ok_and_success() {
        return Err(PythonError::NoPackages { what: pin.trim().to_owned(), output: got.shown() });
    }
    let archive = root.join(format!("{package}-{version}.tar.gz"));
    let unpacked = output(Command::new(&python).args(["-m", "tarfile", "--extract"]).arg(&archive).arg(&root));
    if !unpacked.is_ok_and_success() {
        return Err(PythonError::NoPackages { what: archive.display().to_string(), output: unpacked.shown() });
    }
    write(&folder.join(STAMP), &pin)?;
    Ok(folder)
}

/// The first Python on the machine that is new enough.
fn find_python() -> Result<String, PythonError> {
    let named = std::env::var("PORTOLAN_PYTHON").ok();
    let candidates = named.map_or_else(|| vec!["python3".to_owned(), "python".to_owned()], |name| vec![name]);
    let mut tried = Vec::new();
    for candidate in candidates {
        let script = "import sys; print(sys.version_info[0], sys.version_info[1])";
        let answer = output(Command::new(&candidate).args(["-c", script]));
        let Ok(answer) = answer.0 else {
            tried.push(format!("{candidate}: not found"));
            continue;
        };
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        let mut numbers = text.split_whitespace().filter_map(|word| word.parse::<u32>().ok());
        match (numbers.next(), numbers.next()) {
            (Some(major), Some(minor)) if (major, minor) >= PYTHON_MIN => return Ok(candidate),
            (Some(major), Some(minor)) => tried.push(format!("{candidate} is {major}.{minor}")),
            _ => tried.push(format!("{candidate} does not run")),
        }
    }
    Err(PythonError::NoPython { tried: tried.join(", ") })
}

fn interpreter_in(folder: &Path) -> PathBuf {
    if cfg!(windows) { folder.join("Scripts/python.exe") } else { folder.join("bin/python") }
}

fn runs(interpreter: &Path) -> bool {
    output(Command::new(interpreter).args(["-c", ""])).is_ok_and_success()
}

/// pip of the given interpreter, never asking questions and never checking for its own updates.
fn pip(interpreter: &Path) -> Command {
    let mut command = Command::new(interpreter);
    command.args(["-m", "pip", "--no-input", "--disable-pip-version-check"]);
    command
}

/// What a command did: its output, or why it did not start.
struct Ran(Result<Output, std::io::Error>);

fn output(command: &mut Command) -> Ran {
    Ran(command.output())
}

impl Ran {
    fn is_ok_and_success(&self) -> bool {
        self.0.as_ref().is_ok_and(|output| output.status.success())
    }

    fn shown(&self) -> String {
        let text = match &self.0 {
            Ok(output) => {
                format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
            }
            Err(error) => error.to_string(),
        };
        let from = text.char_indices().rev().nth(OUTPUT_SHOWN).map_or(0, |(index, _)| index);
        text.get(from..).unwrap_or_default().trim().to_owned()
    }
}

/// Waits for the lock and holds it until the file is dropped; the system frees it when a test is killed.
fn lock(path: &Path) -> Result<File, PythonError> {
    let file = File::options().create(true).append(true).open(path).map_err(file_error(path))?;
    file.lock().map_err(file_error(path))?;
    Ok(file)
}

fn make_folder(path: &Path) -> Result<(), PythonError> {
    fs::create_dir_all(path).map_err(file_error(path))
}

fn write(path: &Path, text: &str) -> Result<(), PythonError> {
    fs::write(path, text).map_err(file_error(path))
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> PythonError {
    let path = path.to_path_buf();
    |source| PythonError::File { path, source }
}
