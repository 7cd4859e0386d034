//! Network namespaces that are gone when the test is.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A network namespace with a name that no other test has.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// True where namespaces can be made. A test that needs them returns where not, and says so; with
/// `SEPTUM_REQUIRE_NETNS=1` it fails instead.
pub fn permitted() -> bool {
    static PERMITTED: OnceLock<bool> = OnceLock::new();
    let permitted = *PERMITTED.get_or_init(|| {
        let name = format!("septum-{}-probe", std::process::id());
        let added = Command::new("ip").args(["netns", "add", &name]).output();
        let works = added.is_ok_and(|output| output.status.success())
            && Command::new("ip")
                .args(["netns", "exec", &name, "nft", "list", "ruleset"])
                .output()
                .is_ok_and(|output| output.status.success());
        let _ = Command::new("ip").args(["netns", "del", &name]).output();
        works
    });
    if !permitted {
        let required = std::env::var("SEPTUM_REQUIRE_NETNS").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "network namespaces or nft are missing, and SEPTUM_REQUIRE_NETNS=1 wants them"
        );
        eprintln!("skipped: network namespaces or nft are missing here (needs root, iproute2 and nftables)");
    }
    permitted
}

impl Namespace {
    /// Makes a namespace. `purpose` shows in its name.
    pub fn new(purpose: &str) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("septum-{}-{number}-{purpose}", std::process::id());
        run(Command::new("ip").args(["netns", "add", &name]), "");
        Self { name }
    }

    /// Its name, for `ip netns exec`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs a command inside it, with text on its standard input; its output. Fails the test where it fails.
    pub fn run(&self, command: &[&str], input: &str) -> String {
        run(
            Command::new("ip")
                .args(["netns", "exec", &self.name])
                .args(command),
            input,
        )
    }

    /// True where `nft` loads a file inside it.
    pub fn takes(&self, file: &str) -> bool {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, "nft", "-f", "-"]);
        finish(&mut command, file).status.success()
    }

    /// Runs `nft` inside it.
    pub fn nft(&self, arguments: &[&str], input: &str) -> String {
        self.run(&[&["nft"], arguments].concat(), input)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
    }
}

/// Runs a command to its end; its output. Fails the test where the command fails.
fn run(command: &mut Command, input: &str) -> String {
    let output = finish(command, input);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a command to its end.
fn finish(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut pipe = child.stdin.take().expect("the pipe asked for");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("a child that was started");
    // A command that fails early does not read to the end.
    let _ = writer.join();
    output
}
