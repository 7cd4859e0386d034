//! Nothing that an author writes becomes a command.

use septum::plan::{DevicePlan, Role};
use septum::target::Owned;

use super::plans::{allow, device, pair, set, side, tcp, titled};
use super::reader::Device;
use super::{emit, refused};

fn named(zones: [&str; 2], title: &str) -> DevicePlan {
    let sides = vec![
        side(zones[0], "Gi0/0", set("10.1.0.0/16"), &[]),
        side(zones[1], "Gi0/1", set("10.2.0.0/16"), &[]),
    ];
    let rule = titled(allow("his", "10.1.0.0/16", "10.2.0.0/16", tcp(443)), title);
    device(set("10.0.0.0/8"), sides, vec![pair(0, 1, vec![rule], vec![])])
}

/// Every line that is not a comment or a remark.
fn commands(text: &str) -> Vec<&str> {
    let lines = text.lines();
    lines
        .filter(|l| !l.starts_with('!') && !l.contains(" remark "))
        .collect()
}

#[test]
fn titles_change_remarks_alone() {
    let plain = emit(&named(["a", "b"], "plain")).text;
    let long = "x".repeat(300);
    let hostile = [
        "ok\"; permit ip any any #",
        "one\npermit ip any any",
        "one\r\n permit ip any any\u{b}\u{c}\u{85}\u{2028}permit ip any any",
        "! no access-list?",
        "Überwachung — 監視 \u{0}\u{3}\u{1a}\u{7f}",
        long.as_str(),
        "{{ 7 * 7 }} {% raw %}",
        "",
    ];
    for title in hostile {
        let text = emit(&named(["a", "b"], title)).text;
        assert_eq!(commands(&text), commands(&plain), "{title}");
        assert!(
            text.chars().all(|c| c == '\n' || (' '..='~').contains(&c)),
            "{text}"
        );
        Device::read(&text);
    }
}

#[test]
fn zone_names_become_safe_names() {
    let long = "z".repeat(300);
    for zone in [
        "any",
        "drop",
        "",
        "監視",
        "a b\nc",
        "9lives",
        "!x?",
        long.as_str(),
        "\"; permit ip any any",
    ] {
        let emitted = emit(&named([zone, "b"], "t"));
        Device::read(&emitted.text);
        for kind in ["acl", "acl6"] {
            for name in &emitted.owned[kind] {
                assert!(name.len() <= 64 && name.starts_with("SEPTUM_"), "{name}");
                assert!(
                    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn names_that_fall_together_stay_apart() {
    let mut plan = named(["a.b", "a_b"], "t");
    if let Role::Router(forwarding) = &mut plan.role {
        forwarding.pairs.clear();
    }
    assert_eq!(emit(&plan).owned["acl"].len(), 2);
}

#[test]
fn interface_names_are_checked() {
    let sides = |first: &str, second: &str| {
        vec![
            side("a", first, set("10.1.0.0/16"), &[]),
            side("b", second, set("10.2.0.0/16"), &[]),
        ]
    };
    for bad in [
        "",
        "Gi0/0 shutdown",
        "Gi0/0\nip access-group X in",
        "Gi0/0?",
        "Gi0/0!",
        "0/1",
        "Gï0/0",
    ] {
        let plan = device(set("10.0.0.0/8"), sides(bad, "Gi0/1"), vec![]);
        assert_eq!(refused(&plan).len(), 1, "{bad}");
    }
    let twice = device(set("10.0.0.0/8"), sides("Gi0/1", "gi0/1"), vec![]);
    assert_eq!(refused(&twice).len(), 1);
    let fine = device(
        set("10.0.0.0/8"),
        sides("TenGigabitEthernet1/0/1.100", "Port-channel10"),
        vec![],
    );
    emit(&fine);
}

#[test]
fn names_in_a_manifest_are_checked_too() {
    use septum::target::Platform as _;
    let ios = septum::target::cisco_ios::CiscoIos;
    let lists = [
        "SEPTUM_A_IN_1\nno aaa new-model",
        "MGMT",
        "SEPTUM_A_IN_0000",
        "SEPTUM_A_IN_1?",
    ];
    let previous = Owned::from([
        ("acl".to_owned(), lists.map(str::to_owned).to_vec()),
        (
            "binding".to_owned(),
            vec!["Gi9/9\nreload SEPTUM_A_IN".to_owned(), "x".to_owned()],
        ),
    ]);
    let text = ios
        .emit(&named(["a", "b"], "t"), &ios.assets(), &previous)
        .unwrap()
        .text;
    let removed: Vec<&str> = text.lines().filter(|line| line.starts_with("no ")).collect();
    assert_eq!(removed, ["no ip access-list extended SEPTUM_A_IN_0000"]);
    Device::read(&text);
}
