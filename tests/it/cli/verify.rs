//! `septum verify`: a configuration against the policy, and a build directory against itself.

use std::path::Path;

use super::{repository, said, septum};

const POLICY: &str = "\
zone pumps { subnet 10.20.0.0/24 }
zone servers { subnet 10.30.0.0/24 }
device pump-1 in pumps { address 10.20.0.11 }
device gateway in servers { address 10.30.0.10 }
allow pumps -> gateway : https
mode lockdown { deny pumps -> any }
router wing {
    target cisco-ios
    interface Vlan20 = pumps { address 10.20.0.1 }
    interface Vlan30 = servers { address 10.30.0.1 }
}
";

/// A repository that is built.
fn built() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    repository(directory.path(), POLICY);
    let (text, code) = said(&septum(directory.path(), &["build", "-o", "out"]));
    assert_eq!(code, 0, "{text}");
    directory
}

fn read(directory: &Path, file: &str) -> String {
    std::fs::read_to_string(directory.join(file)).unwrap()
}

/// The verdict on the built configuration of `wing` after an edit.
fn edited(edit: impl Fn(&str) -> String, more: &[&str]) -> (String, i32) {
    let directory = built();
    let text = edit(&read(directory.path(), "out/wing.ios"));
    std::fs::write(directory.path().join("running"), text).unwrap();
    let arguments = [&["verify", "running", "--device", "wing"], more].concat();
    said(&septum(directory.path(), &arguments))
}

/// What a check of the build directory says after an edit of one of its files.
fn rechecked(file: &str, edit: impl Fn(&str) -> String) -> (String, i32) {
    let directory = built();
    let path = Path::new("out").join(file);
    let text = edit(&read(directory.path(), path.to_str().unwrap()));
    std::fs::write(directory.path().join(path), text).unwrap();
    said(&septum(
        directory.path(),
        &["verify", "--manifest", "out/manifest.json"],
    ))
}

#[test]
fn what_was_built_is_equal_whatever_its_line_ends() {
    for edit in [str::to_owned, |text: &str| text.replace('\n', "\r\n")] {
        let (text, code) = edited(edit, &[]);
        assert_eq!(text, "wing: equal to the policy at all 4 places\n");
        assert_eq!(code, 0);
    }
}

#[test]
fn drift_is_shown_as_opened_and_closed_with_lines() {
    let (text, code) = edited(|text| text.replace("eq 443", "eq 22"), &[]);
    insta::assert_snapshot!(text, @"
    wing: drift, not what the policy says
      opened at Vlan20 in, Vlan20 in (established): tcp 22 from pumps to gateway
        example: tcp 10.20.0.11:49152 -> 10.30.0.10:22 (pump-1 to gateway)
        line 24: 4972910 permit tcp 10.20.0.0 0.0.0.255 host 10.30.0.10 eq 22
      opened at Vlan30 in (established): tcp from 22 from gateway to pumps
        example: tcp 10.30.0.10:22 -> 10.20.0.11:443 (gateway to pump-1)
        line 34: 1972910 permit tcp host 10.30.0.10 eq 22 10.20.0.0 0.0.0.255 established
      closed at Vlan20 in, Vlan20 in (established): https from pumps to gateway
        example: tcp 10.20.0.11:49152 -> 10.30.0.10:443 (pump-1 to gateway)
        line 26: 10000110 deny ip any any log
        policy: policy.sept:5 (rule-ebe64a)
      closed at Vlan30 in (established): tcp from 443 from gateway to pumps
        example: tcp 10.30.0.10:443 -> 10.20.0.11:443 (gateway to pump-1)
        line 36: 10000110 deny ip any any log
        policy: policy.sept:5 (rule-ebe64a)
    ");
    assert_eq!(code, 1);
    let (text, code) = edited(|text| text.replace("eq 443", "eq 22"), &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json[0]["result"], "drift");
    assert_eq!(json[0]["closed"][0]["location"], "policy.sept:5");
    assert!(json[0]["opened"][0]["text"].as_str().unwrap().contains("eq 22"));
    assert_eq!(code, 1);
}

/// The verdict on the configuration that is built for the router `wing` of a policy, after an edit.
fn edited_router(policy: &str, edit: impl Fn(&str) -> String) -> (String, i32) {
    let directory = tempfile::tempdir().unwrap();
    repository(directory.path(), policy);
    let (text, code) = said(&septum(directory.path(), &["build", "-o", "out"]));
    assert_eq!(code, 0, "{text}");
    let running = edit(&read(directory.path(), "out/wing.nft"));
    std::fs::write(directory.path().join("running"), running).unwrap();
    said(&septum(
        directory.path(),
        &["verify", "running", "--device", "wing"],
    ))
}

/// The verdict on the built configuration of a router that runs OSPF, without the lines that hold some words.
fn router_without(words: &str) -> (String, i32) {
    let policy = "\
zone pumps { subnet 10.20.0.0/24, 2001:db8:20::/64 }
zone servers { subnet 10.30.0.0/24 }
allow pumps -> servers : https
router wing {
    target nftables
    manage from servers : ssh
    run ospf, ping
    interface eth0 = pumps { address 10.20.0.1, 2001:db8:20::1 }
    interface eth1 = servers { address 10.30.0.1 }
}
";
    edited_router(policy, |text| {
        let lines = text.split_inclusive('\n');
        let kept: String = lines.filter(|line| !line.contains(words)).collect();
        assert_eq!(kept == text, words == "nothing");
        kept
    })
}

#[test]
fn a_rate_that_is_another_one_is_drift() {
    let policy = "\
zone pumps { subnet 10.20.0.0/24 }
zone servers { subnet 10.30.0.0/24 }
allow pumps -> servers : https
allow pumps -> servers : ssh { rate 5/minute }
router wing { target nftables; interface eth0 = pumps; interface eth1 = servers }
";
    let limit = |text: &str| {
        let start = text.find("limit name ").unwrap();
        let length = text[start..].find(" counter").unwrap() + 1;
        text[start..start + length].to_owned()
    };
    assert_eq!(edited_router(policy, str::to_owned).1, 0);
    let unbounded = |text: &str| text.replace(&limit(text), "");
    let (text, code) = edited_router(policy, unbounded);
    assert!(
        text.contains("opened at eth0 -> eth1 beyond 5/minute: ssh from pumps to servers"),
        "{text}"
    );
    assert_eq!(code, 1);
    let choked = |text: &str| text.replace("dport 443 counter", "dport 443 limit rate 1/day counter");
    let (text, code) = edited_router(policy, choked);
    assert!(
        text.contains("closed at eth0 -> eth1 beyond 1/day: https from pumps to servers"),
        "{text}"
    );
    assert_eq!(code, 1);
    let faster = |text: &str| text.replace("rate 5/minute", "rate 50/minute");
    let (text, code) = edited_router(policy, faster);
    assert!(
        text.contains("beyond 5/minute") && text.contains("beyond 50/minute"),
        "{text}"
    );
    assert_eq!(code, 1);
    let burst = |text: &str| text.replace("burst 5 packets", "burst 5000 packets");
    let (text, code) = edited_router(policy, burst);
    assert!(text.contains("what this rule does depends on a rate"), "{text}");
    assert_eq!(code, 2);
}

#[test]
fn a_router_that_cannot_do_its_own_work_any_more_has_drifted() {
    assert_eq!(router_without("nothing").1, 0);
    let (text, code) = router_without("run ospf");
    assert!(
        text.contains("closed at input eth0") && text.contains("proto 89"),
        "{text}"
    );
    assert_eq!(code, 1);
    let (text, code) = router_without("run ping");
    assert!(text.contains("icmp 8 from pumps"), "{text}");
    assert_eq!(code, 1);
    let (text, code) = router_without("neighbour and router discovery");
    assert!(text.contains("icmpv6 133, 135-136"), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn another_mode_is_another_policy() {
    let (text, code) = edited(str::to_owned, &["--mode", "lockdown"]);
    assert!(text.contains("opened at Vlan20"), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn a_line_that_is_not_understood_is_never_equal() {
    let (text, code) = edited(|text| format!("{text}frobnicate all\n"), &[]);
    assert!(text.starts_with("wing: unknown, so not proven equal\n"), "{text}");
    assert!(
        text.contains("is not understood (unknown statement): `frobnicate all`"),
        "{text}"
    );
    assert_eq!(code, 2);
    let (text, code) = edited(|_| String::new(), &[]);
    assert!(!text.contains("equal to"), "{text}");
    assert_ne!(code, 0);
    let (text, code) = edited(|_| "what is this\n".repeat(40), &[]);
    assert!(text.contains("more; --format json lists them all\n"), "{text}");
    assert_eq!(code, 2);
}

#[test]
fn drift_beside_what_is_not_understood_is_drift() {
    let (text, code) = edited(
        |text| format!("{}frobnicate all\n", text.replace("eq 443", "eq 22")),
        &[],
    );
    assert!(text.contains("frobnicate all"), "{text}");
    assert_eq!(code, if text.contains("drift") { 1 } else { 2 }, "{text}");
    assert!(!text.contains("equal to the policy"), "{text}");
}

#[test]
fn a_device_that_is_not_there_is_told_with_the_nearest() {
    let directory = built();
    let run = |arguments: &[&str]| said(&septum(directory.path(), arguments));
    let (text, code) = run(&["verify", "out/wing.ios", "--device", "wign"]);
    assert_eq!(
        text,
        "error: there is no managed device `wign`; did you mean `wing`?\n"
    );
    assert_eq!(code, 2);
    let (text, code) = run(&["verify", "out/wing.ios"]);
    assert!(text.contains("--device <DEVICE>"), "{text}");
    assert_eq!(code, 2);
    let (text, code) = run(&["verify", "nowhere", "--device", "wing"]);
    assert!(text.contains("cannot read `nowhere`"), "{text}");
    assert_eq!(code, 2);
    std::fs::write(directory.path().join("binary"), b"\xff\xfe\x00").unwrap();
    let (text, code) = run(&["verify", "binary", "--device", "wing"]);
    assert!(text.contains("it is not UTF-8 text"), "{text}");
    assert_eq!(code, 2);
}

#[test]
fn a_build_directory_is_checked_without_the_policy() {
    let directory = built();
    std::fs::remove_file(directory.path().join("policy.sept")).unwrap();
    let (text, code) = said(&septum(
        directory.path(),
        &["verify", "--manifest", "out/manifest.json"],
    ));
    assert_eq!(text, "wing: equal to the policy at all 4 places\n");
    assert_eq!(code, 0);
}

#[test]
fn an_edited_configuration_is_told_and_compared() {
    let (text, code) = rechecked("wing.ios", |text| text.replace("eq 443", "eq 22"));
    assert!(text.contains("opened at Vlan20"), "{text}");
    assert!(
        text.contains("note: wing.ios has been edited since it was built\n"),
        "{text}"
    );
    assert_eq!(code, 1);
    let (text, code) = rechecked("wing.ios", |text| format!("! a comment\n{text}"));
    assert!(text.contains("equal to the policy"), "{text}");
    assert!(
        text.contains("note: wing.ios has been edited since it was built\n"),
        "{text}"
    );
    assert_eq!(code, 0);
}

#[test]
fn plans_that_are_not_those_of_the_manifest_are_refused() {
    let (text, code) = rechecked("plans.json", |text| text.replace("443", "22"));
    assert!(text.contains("is not the one that the manifest names"), "{text}");
    assert_eq!(code, 2);
    let (text, code) = rechecked("plans.json", |_| "{}".to_owned());
    assert!(text.contains("is not the one that the manifest names"), "{text}");
    assert_eq!(code, 2);
}

#[test]
fn a_manifest_that_is_damaged_or_of_another_version_is_refused() {
    for (edit, message) in [
        (("\"format\": 1", "\"format\": 7"), "has format 7"),
        (
            ("\"format\": 1", "\"format\": \"x\""),
            "is no manifest of a build",
        ),
        (
            ("\"devices\"", "\"devixes\""),
            "is no manifest of a build: missing field `devices`",
        ),
        (
            ("\"wing.ios\"", "\"../policy.sept\""),
            "is no file of the build directory",
        ),
        (("\"wing.ios\"", "\"gone.ios\""), "cannot read `out/gone.ios`"),
        (("\"wing\": {", "\"wong\": {"), "does not name `wing`"),
    ] {
        let (text, code) = rechecked("manifest.json", |text| {
            assert!(text.contains(edit.0), "{text}");
            text.replace(edit.0, edit.1)
        });
        assert!(text.contains(message), "{message}: {text}");
        assert_eq!(code, 2, "{text}");
    }
    for text in ["", "{", "[]", "null"] {
        let (said, code) = rechecked("manifest.json", |_| text.to_owned());
        assert!(said.contains("is no manifest of a build"), "{said}");
        assert_eq!(code, 2);
    }
}

#[test]
fn programs_are_told_all_where_people_are_told_the_first() {
    let more = |text: &str| {
        text.replace(
            "host 10.30.0.10 eq 443",
            "host 10.30.0.10 eq 443 1001 1003 1005 1007 1009 1011 1013 1015 1017",
        )
    };
    let (text, code) = edited(more, &[]);
    assert!(text.contains(" and ") && text.contains(" more"), "{text}");
    assert_eq!(code, 1);
    let (json, code) = edited(more, &["--format", "json"]);
    assert!(json.contains("1003") && json.contains("1017"), "{json}");
    assert!(!json.contains(" more"), "{json}");
    assert_eq!(code, 1);
}
