//! `target-limit` is found where a configuration is written, so its cases run `septum build`.

use std::process::{Command, Output};

/// A ward and an archive on both sides of a device, with one rule and perhaps more.
fn build(platform: &str, rule: &str, more: &str) -> (Output, usize) {
    let directory = tempfile::tempdir().unwrap();
    let policy = format!(
        "zone wards {{ subnet 10.24.0.0/24 }}
zone archive {{ subnet 10.40.0.0/24 }}
router wing {{
    target {platform}
    interface eth0 = wards {{ address 10.24.0.1 }}
    interface eth1 = archive {{ address 10.40.0.1 }}
}}
policy images {{
    {rule}
}}
{more}"
    );
    std::fs::write(directory.path().join("septum.yaml"), "name: clinic\n").unwrap();
    std::fs::write(directory.path().join("clinic.sept"), policy).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_septum"))
        .args(["build", "--as-of", "2027-01-15"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    let written = std::fs::read_dir(directory.path().join("build")).map_or(0, Iterator::count);
    (output, written)
}

const RATED: &str = "allow wards -> archive : https { rate 10/second }";

#[test]
fn a_rule_that_the_platform_cannot_express_names_rule_and_device() {
    let (output, written) = build("cisco-ios", RATED, "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(written, 0, "nothing may be written");
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap());
}

#[test]
fn a_platform_that_can_express_it_is_no_finding() {
    let (output, written) = build("nftables", RATED, "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && written > 0, "{said}");
    assert!(!said.contains("target-limit"), "{said}");
}

#[test]
fn no_waiver_lets_a_rule_be_dropped() {
    let waiver = r#"waive target-limit on images until 2027-06-30 because "it has to be built""#;
    let (output, written) = build("cisco-ios", RATED, waiver);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), written), (Some(1), 0), "{said}");
    assert!(said.contains("error[target-limit]"), "{said}");
}
