//! `septum build`.

use std::fs;
use std::path::Path;

use super::{add, clinic, septum, tree};
use crate::sample::example;

/// A Cisco router beside the gateway, without which the two would be alone.
const WARD: &str = "
zone ward { subnet 10.21.0.0/24; trust 40 }
router wing {
    target cisco-ios
    interface Vlan21 = ward { address 10.21.0.1 }
    interface Vlan30 = servers { address 10.30.0.2 }
}
policy ward-work { owner it; ticket CHG-9; reason \"charts\"; allow ward -> pump-gateway : https }
";

#[test]
fn the_hospital_builds_and_again_to_the_byte() {
    let directory = tempfile::tempdir().unwrap();
    let hospital = example("hospital");
    let build = |out: &str| {
        let arguments = [
            "build",
            hospital.to_str().unwrap(),
            "-o",
            out,
            "--as-of",
            "2027-01-15",
        ];
        septum(directory.path(), &arguments).ends(0)
    };
    build("one");
    let first = tree(&directory.path().join("one"));
    let names: Vec<&str> = first
        .keys()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "access-fw.fortios",
            "biomed-gw.nft",
            "core-fw.fortios",
            "east-rtr.ios",
            "imaging-gw.nft",
            "manifest.json",
            "pacs-1-host.nft",
            "plans.json",
            "source-map.json",
            "wing-a.ios",
            "wing-b.ios"
        ]
    );
    build("one");
    assert_eq!(tree(&directory.path().join("one")), first, "over itself");
    build("two");
    let second = tree(&directory.path().join("two"));
    assert!(first.values().eq(second.values()), "beside itself");
    let arguments = [
        "build",
        hospital.to_str().unwrap(),
        "-o",
        "one",
        "--as-of",
        "2027-01-15",
        "--check",
    ];
    septum(directory.path(), &arguments).ends(0);
}

#[test]
fn the_manifest_says_what_was_read_and_written() {
    let directory = clinic();
    septum(directory.path(), &["build", "clinic", "-o", "out"]).ends(0);
    let manifest = fs::read(directory.path().join("out/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["septum"], env!("CARGO_PKG_VERSION"));
    let sum = |path: &str| {
        let output = std::process::Command::new("sha256sum")
            .arg(directory.path().join(path))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()[..64].to_owned()
    };
    for input in ["septum.yaml", "clinic.sept", "devices.csv"] {
        assert_eq!(
            manifest["inputs"][input],
            sum(&format!("clinic/{input}")),
            "{input}"
        );
    }
    let gateway = &manifest["devices"]["gateway"];
    assert_eq!(gateway["file"], "gateway.nft");
    assert_eq!(gateway["sha256"], sum("out/gateway.nft"));
    assert!(gateway["counts"]["rules"].as_u64().unwrap() > 5);
}

#[test]
fn a_part_of_the_devices_leaves_the_others_as_they_were() {
    let directory = clinic();
    add(&directory, WARD);
    let here = directory.path();
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    let whole = tree(&here.join("out"));
    fs::remove_file(here.join("out/wing.ios")).unwrap();
    fs::write(here.join("out/gateway.nft"), "mine").unwrap();
    septum(here, &["build", "clinic", "-o", "out", "--device", "wing"]).ends(0);
    assert_eq!(fs::read(here.join("out/gateway.nft")).unwrap(), b"mine");
    septum(here, &["build", "clinic", "-o", "out", "--target", "nftables"]).ends(0);
    assert_eq!(tree(&here.join("out")), whole);

    septum(here, &["build", "clinic", "-o", "only", "--target", "cisco-ios"]).ends(0);
    assert!(here.join("only/wing.ios").exists() && !here.join("only/gateway.nft").exists());

    let unknown = septum(here, &["build", "clinic", "-o", "x", "--device", "gatway"]).ends(2);
    unknown.says("there is no managed device `gatway`; did you mean `gateway`?");
    let unknown = septum(here, &["build", "clinic", "-o", "x", "--target", "nftable"]).ends(2);
    unknown.says("did you mean `nftables`?");
    assert!(!here.join("x").exists());
}

#[test]
fn a_mode_takes_away_and_is_named_in_the_manifest() {
    let directory = clinic();
    let here = directory.path();
    septum(here, &["build", "clinic", "-o", "normal"]).ends(0);
    let cut = septum(here, &["build", "clinic", "-o", "lockdown", "--mode", "lockdown"]).ends(0);
    assert!(cut.err.contains("lockdown cuts"), "{}", cut.err);
    let read = |path: &str| fs::read_to_string(here.join(path)).unwrap();
    let first = |text: &str| {
        let mut rules = text
            .lines()
            .filter(|line| line.contains("ip saddr 172.16.0.0/16"));
        rules.next().unwrap().to_owned()
    };
    assert!(first(&read("normal/gateway.nft")).contains(" accept "));
    assert!(first(&read("lockdown/gateway.nft")).contains(" drop "));
    let manifest: serde_json::Value = serde_json::from_str(&read("lockdown/manifest.json")).unwrap();
    assert_eq!(manifest["devices"]["gateway"]["mode"], "lockdown");
    assert!(
        cut.err.contains("what is open already goes on through gateway"),
        "{}",
        cut.err
    );
    septum(here, &["build", "clinic", "--mode", "lokdown"])
        .ends(2)
        .says("there is no mode `lokdown`; did you mean `lockdown`?");
}

#[test]
fn check_writes_nothing_and_says_what_would_change() {
    let directory = clinic();
    let here = directory.path();
    septum(here, &["build", "clinic", "-o", "out", "--check"])
        .ends(1)
        .says("would change out/gateway.nft");
    assert!(!here.join("out").exists());
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    let before = tree(here);
    septum(here, &["build", "clinic", "-o", "out", "--check"]).ends(0);
    add(
        &directory,
        "allow it -> pump-gateway : ssh { owner it; ticket CHG-8; reason \"care\" }\n",
    );
    let changed = septum(here, &["build", "clinic", "-o", "out", "--check"]).ends(1);
    assert!(
        changed.err.contains("would change out/gateway.nft"),
        "{}",
        changed.err
    );
    let after = tree(&here.join("out"));
    assert!(after.iter().all(|(path, bytes)| before.get(path) == Some(bytes)));
}

/// A change of everything, something in the way of it, and what is there afterwards.
fn fails_whole(block: impl Fn(&Path), code: i32, says: &str) {
    let directory = clinic();
    let here = directory.path();
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    add(&directory, WARD);
    block(here);
    let before = tree(here);
    septum(here, &["build", "clinic", "-o", "out"])
        .ends(code)
        .says(says);
    assert_eq!(tree(here), before);
}

#[test]
fn nothing_is_written_where_one_device_cannot_say_a_rule() {
    let add_rate = |here: &Path| {
        let path = here.join("clinic/clinic.sept");
        let text = fs::read_to_string(&path).unwrap().replace(
            "allow ward -> pump-gateway : https",
            "allow ward -> pump-gateway : https { rate 5/second }",
        );
        fs::write(path, text).unwrap();
    };
    fails_whole(add_rate, 1, "ward-work");
}

#[test]
fn nothing_is_written_where_one_file_cannot_be() {
    for in_the_way in ["wing.ios", "plans.json", "source-map.json"] {
        let block = |here: &Path| {
            let path = here.join("out").join(in_the_way);
            let _ = fs::remove_file(&path);
            fs::create_dir(path).unwrap();
        };
        fails_whole(block, 2, in_the_way);
    }
}

#[test]
fn the_output_cannot_be_a_file_or_where_nothing_can_be_written() {
    let directory = clinic();
    let here = directory.path();
    fs::write(here.join("file"), "mine").unwrap();
    let before = tree(here);
    septum(here, &["build", "clinic", "-o", "file"])
        .ends(2)
        .says("file");
    septum(here, &["build", "clinic", "-o", "file/below"])
        .ends(2)
        .says("file");
    septum(here, &["build", "clinic", "-o", "/proc/nowhere"])
        .ends(2)
        .says("/proc/nowhere");
    assert_eq!(tree(here), before);
}

#[test]
fn a_policy_with_errors_builds_nothing() {
    let directory = clinic();
    let here = directory.path();
    add(&directory, "forbid pumps -> servers\n");
    septum(here, &["build", "clinic", "-o", "out"])
        .ends(1)
        .says("nothing was written");
    assert!(!here.join("out").exists());
    add(&directory, "allow nobody -> pumps\n");
    septum(here, &["build", "clinic", "-o", "out"])
        .ends(2)
        .says("nobody");
    assert!(!here.join("out").exists());
}

#[test]
fn a_device_that_left_the_policy_takes_its_file_along() {
    let directory = clinic();
    let here = directory.path();
    let policy = here.join("clinic/clinic.sept");
    let small = fs::read_to_string(&policy).unwrap();
    add(&directory, WARD);
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    fs::write(here.join("out/notes.txt"), "mine").unwrap();
    fs::write(policy, small).unwrap();
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    assert!(!here.join("out/wing.ios").exists());
    assert!(here.join("out/gateway.nft").exists() && here.join("out/notes.txt").exists());
}

#[test]
fn a_device_of_another_platform_leaves_no_file_of_the_old_one() {
    let directory = clinic();
    let here = directory.path();
    let policy = here.join("clinic/clinic.sept");
    let text = fs::read_to_string(&policy).unwrap();
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    fs::write(policy, text.replace("target nftables", "target fortigate")).unwrap();
    septum(here, &["build", "clinic", "-o", "out", "--check"])
        .ends(1)
        .says("would change out/gateway.nft");
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    assert!(here.join("out/gateway.fortios").exists() && !here.join("out/gateway.nft").exists());
}

#[test]
fn a_partial_build_for_a_mode_says_so_of_its_devices_alone() {
    let directory = clinic();
    let here = directory.path();
    add(&directory, WARD);
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    let partial = [
        "build", "clinic", "-o", "out", "--mode", "lockdown", "--device", "gateway",
    ];
    septum(here, &partial).ends(0);
    let manifest = fs::read_to_string(here.join("out/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["devices"]["gateway"]["mode"], "lockdown");
    assert_eq!(manifest["devices"]["wing"].get("mode"), None);
}

#[test]
fn a_rule_that_expired_is_left_out_and_stops_no_build() {
    let directory = clinic();
    let here = directory.path();
    add(
        &directory,
        "policy past { owner it; ticket CHG-1; reason \"a trial\"; allow guest -> servers : tcp 9999 { expires 2020-01-01 } }\n",
    );
    septum(here, &["check", "clinic"])
        .ends(1)
        .says("error[expired-rule]");
    septum(here, &["build", "clinic", "-o", "out"])
        .ends(0)
        .says("warning[expired-rule]");
    let written = fs::read_to_string(here.join("out/gateway.nft")).unwrap();
    assert!(!written.contains("9999"), "{written}");
}

#[test]
fn an_emergency_waits_for_no_finding_but_those_about_it() {
    let directory = clinic();
    let here = directory.path();
    add(&directory, "forbid pumps -> servers\n");
    septum(here, &["build", "clinic", "-o", "out"]).ends(1);
    septum(here, &["build", "clinic", "-o", "out", "--mode", "lockdown"])
        .ends(0)
        .says("warning[forbid-reachable]");
    add(&directory, "mode silence { deny any -> any }\n");
    septum(here, &["build", "clinic", "-o", "quiet", "--mode", "silence"])
        .ends(1)
        .says("error[require-unmet]");
    assert!(!here.join("quiet").exists());
}

#[test]
fn a_device_that_leaves_the_policy_is_named_since_it_keeps_what_it_has() {
    let directory = clinic();
    let here = directory.path();
    let policy = fs::read(here.join("clinic/clinic.sept")).unwrap();
    add(&directory, WARD);
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    fs::write(here.join("clinic/clinic.sept"), policy).unwrap();
    septum(here, &["build", "clinic", "-o", "out"])
        .ends(0)
        .says("removed out/wing.ios: the device keeps what it has loaded");
    let again = septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    assert!(!again.err.contains("removed"), "{}", again.err);
}

#[test]
fn a_file_where_the_output_should_be_stays_and_is_named() {
    let directory = clinic();
    let here = directory.path();
    fs::write(here.join("out"), "notes").unwrap();
    septum(here, &["build", "clinic", "-o", "out"])
        .ends(2)
        .says("cannot write `out`: it is a file");
    assert_eq!(fs::read_to_string(here.join("out")).unwrap(), "notes");
}

#[test]
fn an_emergency_waits_for_no_requirement_that_was_unmet_before() {
    let directory = clinic();
    let here = directory.path();
    add(
        &directory,
        "require guest -> servers : https\nmode silence { deny pumps -> servers }\n",
    );
    septum(here, &["build", "clinic", "-o", "out"]).ends(1);
    let lockdown = septum(here, &["build", "clinic", "-o", "lockdown", "--mode", "lockdown"]).ends(0);
    // Neither what normal times do not let through nor what another mode cuts is a fault of this one.
    lockdown
        .says("warning[require-unmet]: `guest -> servers : https` is required and not permitted")
        .says("warning[require-unmet]: mode `silence` cuts");
    septum(here, &["build", "clinic", "-o", "quiet", "--mode", "silence"])
        .ends(1)
        .says("error[require-unmet]: mode `silence` cuts");
}

#[test]
fn a_mode_may_not_cut_what_is_left_of_a_requirement() {
    let directory = clinic();
    let here = directory.path();
    add(
        &directory,
        "require pumps | guest -> servers : https\nallow pumps -> servers : https { owner a; ticket b; reason \"c\" }\n\
         mode silence { deny pumps -> servers - pump-gateway }\n",
    );
    septum(here, &["build", "clinic", "-o", "out", "--mode", "lockdown"]).ends(0);
    septum(here, &["build", "clinic", "-o", "quiet", "--mode", "silence"])
        .ends(1)
        .says(
            "error[require-unmet]: mode `silence` cuts `pumps | guest -> servers : https`, which is required",
        );
}

#[test]
fn the_first_build_says_what_it_cannot_remove() {
    let directory = clinic();
    let here = directory.path();
    add(&directory, WARD);
    let first = septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    first.says("what one elsewhere left on wing is not removed");
    let second = septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    assert!(!second.err.contains("is not removed"), "{}", second.err);
    fs::write(here.join("out/manifest.json"), "<<<<<<< HEAD").unwrap();
    septum(here, &["build", "clinic", "-o", "out"])
        .ends(2)
        .says("restore it");
}

#[test]
fn a_file_that_no_build_wrote_is_not_replaced() {
    let directory = clinic();
    let here = directory.path();
    add(&directory, WARD);
    fs::create_dir(here.join("out")).unwrap();
    fs::write(here.join("out/gateway.nft"), "by hand").unwrap();
    fs::write(here.join("out/notes.txt"), "mine").unwrap();
    let before = tree(here);
    for more in [&[][..], &["--check"], &["--mode", "lockdown"]] {
        let arguments = [&["build", "clinic", "-o", "out"], more].concat();
        septum(here, &arguments).ends(2).says(
            "error: there is no manifest.json to say that a build wrote `out/gateway.nft`, which this one would \
             replace: nothing was written",
        );
        assert_eq!(tree(here), before);
    }
    // What is in nobody's way stays, and so does what is the same.
    septum(here, &["build", "clinic", "-o", "other"]).ends(0);
    fs::copy(here.join("other/gateway.nft"), here.join("out/gateway.nft")).unwrap();
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    assert_eq!(fs::read(here.join("out/notes.txt")).unwrap(), b"mine");
}

#[test]
fn a_manifest_speaks_for_the_devices_that_it_names_alone() {
    let directory = clinic();
    let here = directory.path();
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    fs::write(here.join("out/gateway.nft"), "edited").unwrap();
    fs::write(here.join("out/wing.ios"), "by hand").unwrap();
    add(&directory, WARD);
    let before = tree(&here.join("out"));
    septum(here, &["build", "clinic", "-o", "out"])
        .ends(2)
        .says("error: manifest.json does not say that a build wrote `out/wing.ios`, which");
    assert_eq!(tree(&here.join("out")), before);
    septum(here, &["build", "clinic", "-o", "out", "--target", "nftables"]).ends(0);
    fs::remove_file(here.join("out/wing.ios")).unwrap();
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
}

#[test]
fn without_its_manifest_a_build_belongs_to_nobody() {
    let directory = clinic();
    let here = directory.path();
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
    let manifest = fs::read(here.join("out/manifest.json")).unwrap();
    fs::remove_file(here.join("out/manifest.json")).unwrap();
    add(&directory, WARD);
    septum(here, &["build", "clinic", "-o", "out"])
        .ends(2)
        .says("`out/gateway.nft`, `out/plans.json`, `out/source-map.json`, which this one would replace");
    fs::write(here.join("out/manifest.json"), "{ \"name\": \"a web page\" }").unwrap();
    septum(here, &["build", "clinic", "-o", "out"])
        .ends(2)
        .says("is no manifest of a build")
        .says("If another program wrote it, build into another directory");
    fs::write(here.join("out/manifest.json"), manifest).unwrap();
    septum(here, &["build", "clinic", "-o", "out"]).ends(0);
}
