//! A run that is ended in the middle, and two at once.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{clinic, command, septum, tree};

/// Signals that this test was told to ignore, and with it what it starts.
fn ignored(number: u32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or_default() & (1 << (number - 1)) != 0
}

fn send(signal: &str, child: &Child) {
    let kill = Command::new("kill")
        .args(["-s", signal, &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A pipe where an output of the build before was: a build waits there to read what it is to replace. What is returned
/// is the other end, once the build that `start` starts has come so far.
fn stopped(out: &Path, start: impl FnOnce() -> Child) -> (Child, File) {
    septum(out.parent().unwrap(), &["build", "clinic", "-o", "out"]).ends(0);
    let pipe = out.join("gateway.nft");
    fs::remove_file(&pipe).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let build = start();
    let end = File::options().write(true).open(&pipe).unwrap();
    (build, end)
}

#[test]
fn an_interrupt_leaves_nothing_of_what_was_prepared() {
    for (signal, number) in [("HUP", 1), ("INT", 2), ("TERM", 15)] {
        if ignored(number) {
            continue;
        }
        let directory = clinic();
        let out = directory.path().join("out");
        let (mut build, end) = stopped(&out, || {
            let mut build = command(directory.path(), &["build", "clinic", "-o", "out"]);
            build.stderr(Stdio::null()).spawn().unwrap()
        });
        let built = ["gateway.nft", "manifest.json", "plans.json", "source-map.json"];
        assert_eq!(names(&out), [&[".septum-work"][..], &built].concat());
        send(signal, &build);
        assert_eq!(
            build.wait().unwrap().code(),
            Some(128 + number as i32),
            "{signal}"
        );
        assert_eq!(names(&out), built, "{signal}");
        drop(end);
    }
}

#[test]
fn who_starts_a_build_may_have_it_ignore_a_signal() {
    let directory = clinic();
    let (mut build, end) = stopped(&directory.path().join("out"), || {
        let mut shell = Command::new("sh");
        shell.args([
            "-c",
            "trap '' HUP; exec \"$0\" build clinic -o out",
            env!("CARGO_BIN_EXE_septum"),
        ]);
        shell
            .current_dir(directory.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    });
    send("HUP", &build);
    drop(end);
    assert_eq!(build.wait().unwrap().code(), Some(0));
}

#[test]
fn two_builds_at_once_do_not_mix() {
    let directory = clinic();
    let here = directory.path();
    let (mut first, end) = stopped(&here.join("out"), || {
        let mut build = command(here, &["build", "clinic", "-o", "out"]);
        build.stderr(Stdio::null()).spawn().unwrap()
    });
    let second = septum(here, &["build", "clinic", "-o", "out"]).ends(2);
    second.says("cannot write `out`: another run of septum is writing there");
    drop(end);
    assert_eq!(first.wait().unwrap().code(), Some(0));
    septum(here, &["verify", "--manifest", "out/manifest.json"]).ends(0);
}

#[test]
fn what_a_killed_build_left_is_swept_by_the_next() {
    let directory = clinic();
    let here = directory.path();
    let (mut build, end) = stopped(&here.join("out"), || {
        let mut build = command(here, &["build", "clinic", "-o", "out"]);
        build.stderr(Stdio::null()).spawn().unwrap()
    });
    send("KILL", &build);
    build.wait().unwrap();
    drop(end);
    let work = here.join("out/.septum-work");
    assert_eq!(
        fs::read_to_string(work.join(".gitignore")).unwrap(),
        "*\n",
        "it is never committed"
    );
    fs::write(work.join("7"), "half a file").unwrap();
    fs::remove_file(here.join("out/gateway.nft")).unwrap();
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    septum(here, &["build", "clinic", "-o", "fresh"]).ends(0);
    let (swept, fresh) = (tree(&here.join("out")), tree(&here.join("fresh")));
    assert!(swept.values().eq(fresh.values()));
    assert_eq!(names(&here.join("out")), names(&here.join("fresh")));
}

/// Stops a run after its first move and before its last.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_waits_until_all_files_are_moved() {
    use std::os::unix::fs::MetadataExt;

    const FILES: usize = 500;
    const LAID_OUT: &str = "# a\n";
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let path = |number: usize| here.join(format!("{number:03}.sept"));
    let done = || {
        (0..FILES)
            .filter(|number| fs::read_to_string(path(*number)).unwrap() == LAID_OUT)
            .count()
    };
    fs::write(here.join("septum.yaml"), "name: a\n").unwrap();
    for _ in 0..30 {
        for number in 0..FILES {
            fs::write(path(number), "# a \n").unwrap();
        }
        let first = fs::metadata(path(0)).unwrap().ino();
        let mut run = command(here, &["fmt"]).stderr(Stdio::null()).spawn().unwrap();
        let script = format!("read go; kill -s STOP {}", run.id());
        let mut shell = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        while fs::metadata(path(0)).unwrap().ino() == first && run.try_wait().unwrap().is_none() {}
        shell.stdin.take().unwrap().write_all(b"go\n").unwrap();
        shell.wait().unwrap();
        let state = || fs::read_to_string(format!("/proc/{}/stat", run.id())).unwrap_or_default();
        while !state().contains(") T ") && !state().contains(") Z ") {}
        let caught = (1..FILES).contains(&done());
        // After the end there is nobody to send to.
        let script = format!("kill -s TERM {0}; kill -s CONT {0}", run.id());
        Command::new("sh")
            .args(["-c", &script])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let status = run.wait().unwrap();
        assert_eq!(done(), FILES, "{status}");
        assert_eq!(names(here).len(), FILES + 1);
        if caught {
            assert_eq!(status.code(), Some(128 + 15));
            return;
        }
    }
    panic!("never caught while it moves files");
}
