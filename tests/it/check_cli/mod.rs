//! The command line around the checks, run as a user runs it.

mod baseline;
mod contain;
mod documentation;
mod explain;
mod fix;
mod kev;
mod options;
mod starter;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The day of all these runs.
const TODAY: &str = "2026-06-01";

/// What a run of the binary left.
struct Run {
    code: i32,
    out: String,
    err: String,
}

/// Runs `septum` in a directory.
fn septum(here: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_septum"))
        .args(arguments)
        .current_dir(here)
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A policy repository of one file, in a directory of its own.
struct Clinic(tempfile::TempDir);

impl Clinic {
    fn new(policy: &str) -> Self {
        let clinic = Self(tempfile::tempdir().unwrap());
        clinic.write("septum.yaml", "name: clinic\n");
        clinic.write("clinic.sept", policy);
        clinic
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// `septum check` on [`TODAY`].
    fn check(&self, arguments: &[&str]) -> Run {
        let all: Vec<&str> = ["check", "--as-of", TODAY]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        septum(self.0.path(), &all)
    }

    /// `septum contain` on [`TODAY`].
    fn contain(&self, device: &str) -> Run {
        septum(self.0.path(), &["contain", device, "--as-of", TODAY])
    }
}

/// The checks of a JSON report, in order.
fn checks_of(report: &str) -> Vec<String> {
    let value: serde_json::Value = serde_json::from_str(report).unwrap();
    let findings = value["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["check"].as_str().unwrap().to_owned())
        .collect()
}
