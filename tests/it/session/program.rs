//! What holds for the program as a whole: exit codes, streams, colour, completions.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{Ran, add, clinic, command, septum};
use crate::sample::example;

#[test]
fn the_version_is_that_of_the_package() {
    let directory = clinic();
    let ran = septum(directory.path(), &["--version"]).ends(0);
    assert_eq!(ran.out, concat!("septum ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn exit_codes_are_0_1_and_2() {
    let directory = clinic();
    let here = directory.path();
    septum(here, &["check", "clinic"]).ends(0);
    septum(here, &["--help"]).ends(0);
    add(&directory, "forbid pumps -> servers\n");
    septum(here, &["check", "clinic"])
        .ends(1)
        .says("forbid-reachable");
    add(&directory, "allow pumps -> nowhere\n");
    septum(here, &["check", "clinic"]).ends(2).says("clinic.sept:");
    septum(here, &["check", "nowhere"])
        .ends(2)
        .says("there is no directory `nowhere`");
    septum(here, &["check", "clinic/clinic.sept"])
        .ends(2)
        .says("name the directory that holds septum.yaml");
    septum(here, &["check", "."])
        .ends(2)
        .says("`septum init` makes one");
    septum(here, &["chek"]).ends(2).says("check");
    septum(here, &["check", "clinic", "--as-of", "2027-02-30"]).ends(2);
    septum(here, &[]).ends(2);
}

#[test]
fn data_goes_to_standard_output_and_the_rest_to_standard_error() {
    let directory = clinic();
    let here = directory.path();
    for arguments in [&["check", "clinic"][..], &["build", "clinic"], &["fmt", "clinic"]] {
        assert_eq!(septum(here, arguments).ends(0).out, "", "{arguments:?}");
    }
    for arguments in [&["graph", "clinic"][..], &["completions", "bash"]] {
        let ran = septum(here, arguments).ends(0);
        assert!(
            !ran.out.is_empty() && ran.err.is_empty(),
            "{arguments:?}: {}",
            ran.err
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let hospital = example("hospital");
    for arguments in [
        &["graph", "--format", "json"][..],
        &["check", "--format", "sarif"],
        &["completions", "zsh"],
    ] {
        let mut child = command(&hospital, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        Ran::of(child.wait_with_output().unwrap()).ends(0);
    }
    // Nor is one of standard error.
    let mut child = command(&hospital, &["check"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn colour_is_for_terminals_and_for_those_who_want_it() {
    let directory = clinic();
    add(&directory, "forbid pumps -> servers\n");
    let coloured = |variables: &[(&str, &str)]| {
        let ran = Ran::of(
            command(directory.path(), &["check", "clinic"])
                .envs(variables.iter().copied())
                .output()
                .unwrap(),
        );
        ran.ends(1).err.contains('\x1b')
    };
    assert!(!coloured(&[]), "not a terminal");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn completions_know_every_command_and_bash_reads_them() {
    let directory = clinic();
    let help = septum(directory.path(), &["--help"]).ends(0).out;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() >= 8, "{commands:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh", "man"] {
        let text = septum(directory.path(), &["completions", shell]).ends(0).out;
        for name in &commands {
            assert!(text.contains(name), "{shell} lacks {name}");
        }
    }
    let script = septum(directory.path(), &["completions", "bash"]).out;
    let mut bash = Command::new("bash")
        .arg("-n")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
    let page = septum(directory.path(), &["completions", "man"]).out;
    assert_eq!(
        page.matches(".TH ").count(),
        commands.len() + 1,
        "a page, and one a command"
    );
}
