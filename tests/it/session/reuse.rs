//! Proofs of an earlier build: taken over where nothing changed, and nowhere else.

use std::fs;
use std::path::Path;

use super::{Ran, septum, tree};

/// Two nftables routers in a row.
const POLICY: &str = "
zone ward { subnet 10.1.0.0/24; trust 40 }
zone core { subnet 10.2.0.0/24; trust 50 }
zone lab { subnet 10.3.0.0/24; trust 50 }
router west {
    target nftables
    interface eth0 = ward { address 10.1.0.1 }
    interface eth1 = core { address 10.2.0.1 }
}
router east {
    target nftables
    interface eth0 = core { address 10.2.0.2 }
    interface eth1 = lab { address 10.3.0.1 }
}
policy work { owner it; ticket CHG-1; reason \"work\"
    allow ward -> core : tcp 443
    allow lab -> core : tcp 443
}
";

const MANIFEST: &str = "name: clinic\npolicies: [\"*.sept\"]\n";
const TAKEN_OVER: &str = "configurations are as the build before proved them";

fn repository() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("septum.yaml"), MANIFEST).unwrap();
    fs::write(directory.path().join("clinic.sept"), POLICY).unwrap();
    directory
}

fn build(directory: &Path, out: &str) -> Ran {
    septum(directory, &["build", ".", "-o", out])
}

fn edit(path: &Path, from: &str, to: &str) {
    let before = fs::read_to_string(path).unwrap();
    assert!(before.contains(from), "{before}");
    fs::write(path, before.replacen(from, to, 1)).unwrap();
}

#[test]
fn what_did_not_change_is_not_proven_again() {
    let directory = repository();
    let here = directory.path();
    let first = build(here, "out").ends(0);
    assert!(!first.err.contains(TAKEN_OVER), "{}", first.err);
    let written = tree(&here.join("out"));
    build(here, "out").ends(0).says(&format!("2 of 2 {TAKEN_OVER}"));
    assert_eq!(tree(&here.join("out")), written);
}

#[test]
fn a_changed_rule_is_proven_on_its_device_and_the_result_is_that_of_a_first_build() {
    let directory = repository();
    let here = directory.path();
    build(here, "out").ends(0);
    edit(
        &here.join("clinic.sept"),
        "allow ward -> core : tcp 443",
        "allow ward -> core : tcp 444",
    );
    build(here, "out").ends(0).says(&format!("1 of 2 {TAKEN_OVER}"));
    build(here, "new").ends(0);
    let (again, anew) = (tree(&here.join("out")), tree(&here.join("new")));
    assert!(again.values().eq(anew.values()));
}

#[test]
fn lines_that_no_comment_names_change_no_configuration() {
    let directory = repository();
    let here = directory.path();
    let policy = here.join("clinic.sept");
    edit(&policy, "target nftables", "target fortigate");
    edit(
        &policy,
        "zone ward",
        "router north {\n    target cisco-ios\n    interface GigabitEthernet0/0 = ward { address 10.1.0.3 }\n    interface GigabitEthernet0/1 = core { address 10.2.0.3 }\n}\nzone ward",
    );
    let configurations = |out: &str| {
        let mut files = tree(&here.join(out));
        files.retain(|path, text| path.extension() != Some("json".as_ref()) && text.is_some());
        files
    };
    // Comments name lines, unless the manifest says otherwise: one more above a rule makes them others.
    build(here, "lines").ends(0);
    edit(&policy, "zone ward", "# wards\nzone ward");
    let again = build(here, "lines").ends(0);
    assert!(!again.err.contains(TAKEN_OVER), "{}", again.err);

    fs::write(here.join("septum.yaml"), format!("{MANIFEST}comments: files\n")).unwrap();
    build(here, "files").ends(0);
    let before = configurations("files");
    assert_eq!(before.len(), 3, "one for each platform");
    for (path, text) in &before {
        let text = String::from_utf8_lossy(text.as_deref().unwrap_or_default());
        assert!(
            text.contains("work-") && text.contains("clinic.sept"),
            "{}: {text}",
            path.display()
        );
        assert!(!text.contains("clinic.sept:"), "{}: {text}", path.display());
    }
    let map = fs::read_to_string(here.join("files/source-map.json")).unwrap();
    edit(&policy, "# wards\n", "# wards\n\n");
    build(here, "files").ends(0).says(&format!("3 of 3 {TAKEN_OVER}"));
    assert_eq!(configurations("files"), before);
    let moved = fs::read_to_string(here.join("files/source-map.json")).unwrap();
    assert_ne!(map, moved, "where a rule is written stands there, with its line");
}

#[test]
fn a_record_of_something_else_is_of_no_use() {
    let directory = repository();
    let here = directory.path();
    build(here, "out").ends(0);
    let written = tree(&here.join("out"));
    let path = here.join("out/manifest.json");
    let manifest: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let subject = |device: &str| manifest["devices"][device]["proof"]["subject"].as_str().unwrap();
    let (west, east) = (subject("west"), subject("east"));
    assert_eq!((west.len(), east.len()), (64, 64));
    assert_ne!(west, east);
    edit(&path, east, west);
    build(here, "out").ends(0).says(&format!("1 of 2 {TAKEN_OVER}"));
    assert_eq!(tree(&here.join("out")), written, "the true record is back");
    edit(&path, "\"result\": \"equal\"", "\"result\": \"not proven\"");
    build(here, "out").ends(0).says(&format!("1 of 2 {TAKEN_OVER}"));
}

#[test]
fn another_version_proves_again() {
    let directory = repository();
    let here = directory.path();
    build(here, "out").ends(0);
    let path = here.join("out/manifest.json");
    // What an older version leaves behind has no subject at all.
    let manifest = fs::read_to_string(&path).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    for device in ["west", "east"] {
        let proof = manifest["devices"][device]["proof"].as_object_mut().unwrap();
        proof.remove("subject");
    }
    fs::write(&path, manifest.to_string()).unwrap();
    let again = build(here, "out").ends(0);
    assert!(!again.err.contains(TAKEN_OVER), "{}", again.err);
}

#[test]
fn a_file_that_was_edited_is_written_anew() {
    let directory = repository();
    let here = directory.path();
    build(here, "out").ends(0);
    let written = tree(&here.join("out"));
    edit(&here.join("out/west.nft"), "policy drop", "policy accept");
    build(here, "out").ends(0);
    assert_eq!(tree(&here.join("out")), written);
}

#[test]
fn a_template_of_the_repository_is_proven_each_time() {
    let directory = repository();
    let here = directory.path();
    build(here, "out").ends(0);
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/targets/nftables/template.j2");
    let own = fs::read_to_string(own).unwrap();
    fs::write(here.join("own.j2"), format!("{own}\n# ours\n")).unwrap();
    let manifest = format!("{MANIFEST}templates: {{ nftables: own.j2 }}\n");
    fs::write(here.join("septum.yaml"), manifest).unwrap();
    for _ in 0..2 {
        let ran = build(here, "out").ends(0);
        assert!(!ran.err.contains(TAKEN_OVER), "{}", ran.err);
    }
    let written = tree(&here.join("out"));
    edit(
        &here.join("own.j2"),
        "rule.statement }}",
        "rule.statement | replace('drop', 'accept') }}",
    );
    build(here, "out").ends(1).says("not-proven");
    assert_eq!(tree(&here.join("out")), written);
}
