//! What a user types, with the real binary.

mod build;
mod consequence;
mod fmt;
mod graph;
mod hostile;
mod init;
mod interrupt;
mod program;
mod reuse;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a run did.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Fails the test unless the run ended so.
    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Fails the test unless standard error has this text.
    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "{}", self.err);
        self
    }
}

fn command(here: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_septum"));
    command.args(arguments).current_dir(here);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM"] {
        command.env_remove(variable);
    }
    command
}

fn septum(here: &Path, arguments: &[&str]) -> Ran {
    Ran::of(command(here, arguments).output().unwrap())
}

/// A directory with the repository `clinic` that `septum init` starts.
fn clinic() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    septum(directory.path(), &["init", "clinic"]).ends(0);
    directory
}

/// Adds text to the policy of [`clinic`].
fn add(directory: &tempfile::TempDir, text: &str) {
    let path = directory.path().join("clinic/clinic.sept");
    let before = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, before + text).unwrap();
}

/// A repository of one policy file.
fn repository(policy: impl AsRef<[u8]>) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("septum.yaml"), "policies: [\"*.sept\"]\n").unwrap();
    std::fs::write(directory.path().join("clinic.sept"), policy).unwrap();
    directory
}

/// Every file below a directory with its bytes; a directory has none.
fn tree(directory: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
            found.insert(path, None);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path, Some(bytes));
        }
    }
    found
}
