//! A shell in a copy of the example policies, with the real binary as `septum`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program under test.
pub fn septum() -> &'static str {
    env!("CARGO_BIN_EXE_septum")
}

/// `cargo run` is the binary that was built for the tests. The other commands are taken for granted where `.ci/run`
/// runs them, since they would run this test.
///
/// Benchmarks and what makes their input take minutes: that they are there is enough.
const CARGO: &str = r#"#!/bin/sh
if [ "$1" = bench ] && [ "$2" = --bench ]; then
    grep -q "^name = \"$3\"" "$REPOSITORY/Cargo.toml" && exit 0
elif [ "$1" = run ]; then
    shift
    while [ $# -gt 0 ]; do
        case "$1" in
            --example) [ -e "$REPOSITORY/examples/$2/main.rs" ] && exit 0; break ;;
            --) shift; exec septum "$@" ;;
            --release | --locked | --quiet) shift ;;
            *) break ;;
        esac
    done
elif grep -q "^cargo $1\b" "$REPOSITORY/.ci/run"; then
    exit 0
fi
echo "cargo $*: neither runs septum nor is in .ci/run" >&2
exit 101
"#;

/// Packages are those that `.ci/run` installs.
const APT_GET: &str = r#"#!/bin/sh
[ "$1" = install ] || exit 100
shift
for package; do
    case "$package" in
        -*) ;;
        *) grep -q "missing+=($package)" "$REPOSITORY/.ci/run" || { echo "$package: not in .ci/run" >&2; exit 100; } ;;
    esac
done
"#;

/// The directory in which the sessions of a page run: the example policies, and `site` beside this file, whose
/// configurations are built as if it were in use.
pub fn site() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(&root.join("policies"), &directory.path().join("policies"));
    copy(&root.join("tests/it/documentation/site"), directory.path());
    copy(&root.join(".ci"), &directory.path().join(".ci"));
    program(&directory.path().join(".ci/run"), "#!/bin/sh\n");
    fs::create_dir(directory.path().join("benches")).unwrap();
    for entry in fs::read_dir(root.join("benches")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "sh") {
            let stand_in = directory.path().join("benches").join(path.file_name().unwrap());
            program(&stand_in, "#!/bin/sh\n");
        }
    }
    let built = Command::new(septum())
        .args(["build", "policies", "-o", "."])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    fs::copy(
        directory.path().join("fw-icu.nft"),
        directory.path().join("running.nft"),
    )
    .unwrap();
    directory
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn program(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What a command did.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Types commands into one shell. None where they need a program that does not work here.
pub fn run(directory: &Path, commands: &[String]) -> Option<Vec<Ran>> {
    let logs = tempfile::tempdir().unwrap();
    let programs = logs.path().join("bin");
    fs::create_dir(&programs).unwrap();
    program(&programs.join("cargo"), CARGO);
    program(&programs.join("apt-get"), APT_GET);
    std::os::unix::fs::symlink(septum(), programs.join("septum")).unwrap();

    let log = |index: usize, what: &str| -> PathBuf { logs.path().join(format!("{index}.{what}")) };
    let mut script = String::new();
    for (index, command) in commands.iter().enumerate() {
        let [out, err, code] = ["out", "err", "code"].map(|what| log(index, what).display().to_string());
        script.push_str(&format!(
            "{{ {command}\n}} >'{out}' 2>'{err}'; echo $? >'{code}'\n"
        ));
    }
    let names = |program: &str| {
        let mut words = commands
            .iter()
            .flat_map(|command| command.split(|c: char| !c.is_alphanumeric()));
        words.any(|word| word == program)
    };
    let touches_network = names("nft");
    if touches_network && !works(&["unshare", "--net", "nft", "list", "ruleset"])
        || names("jq") && !works(&["jq", "--version"])
    {
        return None;
    }
    let mut shell = Command::new(if touches_network { "unshare" } else { "bash" });
    if touches_network {
        // Processes that a session leaves in the background end with it.
        shell.args(["--net", "--pid", "--fork", "--kill-child", "bash"]);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    shell
        .args(["-c", &script])
        .current_dir(directory)
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("REPOSITORY", env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let read = |index, what| fs::read_to_string(log(index, what)).unwrap_or_default();
    let ran = (0..commands.len()).map(|index| Ran {
        code: read(index, "code").trim().parse().unwrap_or(-1),
        out: read(index, "out"),
        err: read(index, "err"),
    });
    Some(ran.collect())
}

/// Whether a program is there and may do its work. Where nothing may be skipped, it must.
fn works(command: &[&str]) -> bool {
    let works = Command::new(command[0])
        .args(&command[1..])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !works {
        let required = std::env::var("SEPTUM_REQUIRE_NETNS").is_ok_and(|value| value == "1");
        assert!(!required, "`{}` does not work here", command.join(" "));
        eprintln!("skipped: sessions that need `{}`", command.join(" "));
    }
    works
}
