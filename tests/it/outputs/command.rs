//! `septum check --format`.

use std::path::Path;
use std::process::{Command, Output};

const MANIFEST: &str = "name: clinic\npolicies: [\"*.sept\"]\n";
const BROKEN: &str = "zone ward { subnet 10.0.0.0/24 }\npolicy x { allow wrad -> ward : tcp 80 }\n";

fn repository(policy: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let clinic = directory.path().join("net/clinic");
    std::fs::create_dir_all(&clinic).unwrap();
    std::fs::write(clinic.join("septum.yaml"), MANIFEST).unwrap();
    std::fs::write(clinic.join("clinic.sept"), policy).unwrap();
    directory
}

fn check(here: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_septum"))
        .arg("check")
        .args(arguments)
        .current_dir(here)
        .output()
        .unwrap()
}

#[test]
fn data_goes_to_standard_output_and_the_rest_elsewhere() {
    let directory = repository(BROKEN);
    for format in ["json", "sarif", "github", "junit"] {
        let output = check(directory.path(), &["net/clinic", "--format", format]);
        let (out, err) = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        assert_eq!(
            output.status.code(),
            Some(2),
            "{format}: the policy cannot be used"
        );
        assert!(out.contains("net/clinic/clinic.sept"), "{format}: {out}");
        assert_eq!(err, "1 error\n", "{format}");
    }
    let output = check(directory.path(), &["net/clinic"]);
    assert!(output.stdout.is_empty(), "text is for people");
}

#[test]
fn paths_are_seen_from_the_working_directory() {
    let directory = repository(BROKEN);
    let clinic = directory.path().join("net/clinic");
    let file = |here: &Path, argument: &str| {
        let output = check(here, &[argument, "--format", "json"]);
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        value["findings"][0]["file"].as_str().unwrap().to_owned()
    };
    assert_eq!(file(&clinic, "."), "clinic.sept");
    assert_eq!(file(directory.path(), "./net//clinic/"), "net/clinic/clinic.sept");
    let absolute = directory.path().canonicalize().unwrap().join("net/clinic");
    assert_eq!(
        file(&absolute.join(".."), absolute.to_str().unwrap()),
        "clinic/clinic.sept"
    );
    assert_eq!(file(&clinic, "../clinic"), "../clinic/clinic.sept");
}

#[test]
fn a_policy_without_findings_is_an_empty_document() {
    let directory = repository("zone ward { subnet 10.0.0.0/24 }\n");
    let output = check(directory.path(), &["net/clinic", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["format"], 1);
    assert_eq!(
        output.status.code(),
        Some(i32::from(value["summary"]["errors"] != 0)),
        "{value}"
    );
}
