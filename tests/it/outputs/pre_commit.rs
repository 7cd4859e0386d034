//! The pre-commit hooks, run by pre-commit where it is installed.

use std::path::Path;
use std::process::Command;

#[test]
fn the_hooks_refuse_what_is_wrong_and_format_the_rest() {
    let pre_commit = std::env::var("PRE_COMMIT").unwrap_or_else(|_| "pre-commit".to_owned());
    if Command::new(&pre_commit).arg("--version").output().is_err() {
        assert!(
            std::env::var_os("SEPTUM_REQUIRE_PRE_COMMIT").is_none(),
            "SEPTUM_REQUIRE_PRE_COMMIT is set, and there is no `{pre_commit}`"
        );
        eprintln!("skipped: `{pre_commit}` is not installed (pip install pre-commit)");
        return;
    }
    let output = Command::new("bash")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pre_commit.sh"))
        .arg(env!("CARGO_BIN_EXE_septum"))
        .env("PRE_COMMIT", pre_commit)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
