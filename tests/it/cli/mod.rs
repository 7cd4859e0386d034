//! Commands as a user runs them: what they print, and their exit codes.

mod diff;
mod reach;
mod run;
mod trace;
mod trace_inside;
mod trace_itself;
mod verify;

use std::path::Path;
use std::process::{Command, Output};

/// Writes a policy repository of one file.
fn repository(directory: &Path, policy: &str) {
    std::fs::create_dir_all(directory).unwrap();
    std::fs::write(directory.join("septum.yaml"), "name: test\n").unwrap();
    std::fs::write(directory.join("policy.sept"), policy).unwrap();
}

/// Runs the binary.
fn septum(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_septum"))
        .current_dir(directory)
        .args(arguments)
        .output()
        .unwrap()
}

/// What a command about one policy prints, first the data and then the rest, and its exit code.
fn asked(policy: &str, arguments: &[&str]) -> (String, i32) {
    let directory = tempfile::tempdir().unwrap();
    repository(directory.path(), policy);
    said(&septum(directory.path(), arguments))
}

fn said(output: &Output) -> (String, i32) {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    (text.concat(), output.status.code().unwrap())
}
