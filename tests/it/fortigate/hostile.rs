//! Texts and plans that try to break out.

use std::sync::Arc;

use septum::packet::{AddressSet, IntervalSet, ServiceSet};
use septum::plan::{DevicePlan, HostPlan, Role};
use septum::syntax::tree::{Action, Rate, RateUnit};
use septum::target::fortigate::FortiGate;
use septum::target::{EmitError, Owned, Platform};

use super::plans::*;
use super::reader::{Unit, quoted};

fn all() -> Arc<AddressSet> {
    Arc::new(AddressSet::full())
}

fn faults(plan: &DevicePlan) -> Vec<(Option<String>, String)> {
    match FortiGate.emit(plan, &FortiGate.assets(), &Owned::new()) {
        Err(EmitError::Inexpressible(faults)) => faults.into_iter().map(|f| (f.rule, f.what)).collect(),
        other => panic!("{other:?}"),
    }
}

/// Every text of the author's, at once.
fn plan_full_of(text: &str) -> DevicePlan {
    let two = prefixes(&["10.1.0.0/24", "10.3.0.0/24"]);
    let mut made = rule(
        Action::Allow,
        text,
        (text, two.clone()),
        (text, two),
        (text, tcp(&[(22, 22)])),
    );
    let mut origin = (*made.said.origin).clone();
    origin.location = text.to_owned();
    origin.ticket = Some(text.to_owned());
    origin.title = Some(text.to_owned());
    Arc::make_mut(&mut made.said).origin = origin.into();
    let manage = made.clone();
    let mut plan = plan(
        vec![side(text, &["port1"]), side("guest", &["port2"])],
        vec![(0, 1, vec![made])],
    );
    plan.device = text.to_owned();
    plan.local.manage = vec![manage];
    plan
}

#[test]
fn no_text_of_the_authors_leaves_its_quotes() {
    let long = "x".repeat(300);
    let texts = [
        "ok\"; set action accept #",
        "line\nend\nconfig firewall policy\r\n    delete 999999\t",
        "HTTPS",
        &long,
        "Überwachung 監視",
        "any",
        "9lives",
        "$USERNAME ? \\\" ' < > ( ) # `",
        "",
        "{{ device }} {% raw %}",
        "\u{202e}\u{2028}\u{85}\u{0}",
    ];
    // What the commands are, whatever the names: objects are sorted by them.
    let shape = |text: &str| {
        let lines = text.lines().filter(|line| !line.trim().starts_with('#'));
        let mut commands: Vec<&str> = lines.filter_map(|line| line.trim().split(' ').next()).collect();
        commands.sort_unstable();
        commands.join(" ")
    };
    let plain = emit(&plan_full_of("plain"), &Owned::new());
    for text in texts {
        let emitted = emit(&plan_full_of(text), &Owned::new());
        assert_eq!(shape(&emitted.text), shape(&plain.text), "{text:?}");
        assert!(
            emitted
                .text
                .chars()
                .all(|c| c == '\n' || (' '..='~').contains(&c)),
            "{text:?}"
        );
        Unit::default().loaded(&emitted.text);
        for line in emitted.text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("set name ") {
                assert!(name.len() <= 37, "{line}");
            }
            if let Some(name) = line.strip_prefix("edit \"") {
                let name = name.trim_end_matches('"');
                assert!(
                    name.len() <= 79 && (!name.starts_with("z_") || name.len() <= 35),
                    "{line}"
                );
                assert!(
                    name.chars()
                        .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)),
                    "{line}"
                );
            }
            if let Some(comments) = line.strip_prefix("set comments ") {
                assert!(comments.len() <= 1025, "{line}");
                assert!(!comments.contains(['?', '$', '\\', '<', '>', '\'']), "{line}");
            }
        }
    }
}

#[test]
fn predefined_names_are_never_used() {
    let names = ["HTTPS", "ALL", "all", "none", "any", "SSH"];
    for name in names {
        let emitted = emit(&plan_full_of(name), &Owned::new());
        let used = quoted(&emitted.text);
        // `any` as an interface is FortiOS's own word, and never one of our names.
        assert!(names.iter().all(|n| *n == "any" || !used.contains(*n)), "{name}");
        assert!(!emitted.text.contains("edit \"any\""), "{name}");
    }
    let emitted = emit(&plan_full_of("HTTPS"), &Owned::new());
    assert!(emitted.text.contains("edit \"svc_https_"), "{}", emitted.text);
    assert!(
        emitted.text.contains("        set tcp-portrange 22\n"),
        "{}",
        emitted.text
    );
}

#[test]
fn names_that_fall_together_stay_apart() {
    let (one, two) = (
        prefixes(&["10.1.0.0/24", "10.3.0.0/24"]),
        prefixes(&["10.5.0.0/24", "10.7.0.0/24"]),
    );
    let server = prefixes(&["10.9.0.1/32"]);
    let allow = |id: &str, source, port| {
        rule(
            Action::Allow,
            id,
            source,
            ("server", server.clone()),
            ("a b", tcp(&[(port, port)])),
        )
    };
    let rules = vec![allow("r.1", ("a b", one), 22), allow("r-1", ("a-b", two), 23)];
    let sides = vec![side("a.b", &["port1"]), side("a-b", &["port2"])];
    let emitted = emit(&plan(sides, vec![(0, 1, rules)]), &Owned::new());
    assert_eq!(emitted.owned["zone"].len(), 2);
    assert_eq!(emitted.owned["addrgrp"].len(), 2);
    assert_eq!(emitted.owned["service"].len(), 3, "two ports and everything");
    assert_eq!(
        emitted.owned["policy"].len(),
        4,
        "two rules, the first and the last"
    );
}

#[test]
fn interfaces_that_fortios_would_not_take_are_refused() {
    let bad = [
        "",
        "any",
        "port 1",
        "a\"b",
        "a<b",
        "a'b",
        "a(b",
        "a#b",
        "a\nb",
        "pört1",
        "abcdefghijklmnop",
    ];
    for name in bad {
        let faults = faults(&plan(vec![side("a", &[name]), side("b", &["port2"])], Vec::new()));
        assert!(
            faults.iter().all(|(_, what)| what.contains("interface name")),
            "{name}: {faults:?}"
        );
    }
    let twice = faults(&plan(
        vec![side("a", &["port1"]), side("b", &["port1"])],
        Vec::new(),
    ));
    assert_eq!(
        twice[0].1,
        "interface `port1` in two zones: FortiOS takes it in one"
    );
}

#[test]
fn what_fortios_cannot_say_names_the_rule() {
    let refused = |service: ServiceSet| {
        let one = rule(
            Action::Allow,
            "odd-rule",
            ("any", all()),
            ("any", all()),
            ("odd", service),
        );
        let faults = faults(&plan(usual_sides(), vec![(0, 1, vec![one])]));
        assert!(
            faults.iter().all(|(rule, _)| rule.as_deref() == Some("odd-rule")),
            "{faults:?}"
        );
        faults
            .into_iter()
            .map(|(_, what)| what)
            .collect::<Vec<_>>()
            .join(" | ")
    };
    insta::assert_snapshot!([
        refused(protocols(&[0])),
        refused(protocols(&[255])),
        refused(ServiceSet::full().difference(&tcp(&[(23, 23)]))),
        refused(ServiceSet::icmp(&IntervalSet::range(0, 200), &IntervalSet::range(1, 200))),
        refused(tcp(&(0..30_000u16).map(|n| (2 * n, 2 * n)).collect::<Vec<_>>())),
    ].join("\n"), @r"
    IP protocol 0, which FortiOS takes for every protocol
    IP protocol 255: FortiOS matches protocol numbers up to 254
    IP protocol 0, which FortiOS takes for every protocol
    a service that takes more than 256 FortiOS services (`limits.services`)
    a service that takes more than 256 FortiOS services (`limits.services`)
    ");
    let mut limited = rule(
        Action::Allow,
        "slow",
        ("any", all()),
        ("any", all()),
        ("any", tcp(&[(1, 1)])),
    );
    Arc::make_mut(&mut limited.said).rate = Some(Rate {
        count: 10,
        per: RateUnit::Second,
    });
    let faults = faults(&plan(usual_sides(), vec![(0, 1, vec![limited])]));
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].0.as_deref(), Some("slow"));
}

#[test]
fn a_host_firewall_is_refused() {
    let mut plan = plan(Vec::new(), Vec::new());
    plan.role = Role::Host(HostPlan {
        addresses: all(),
        inbound: Vec::new(),
        outbound: Vec::new(),
    });
    assert_eq!(faults(&plan)[0].1, "a host firewall: FortiOS runs on gateways");
}

#[test]
fn a_damaged_list_of_owned_names_deletes_nothing_of_others() {
    let previous: Owned = [
        ("address", vec!["all", "s_1\"\nend", "s_10.0.0.0_8"]),
        (
            "addrgrp",
            vec!["g_old_0123456789abcdef", "guests", "g2_old_0123456789abcdef"],
        ),
        ("service", vec!["HTTPS", "svc_old_0123456789abcdef"]),
        ("zone", vec!["lan", "z_old_0123456789ab"]),
        (
            "policy",
            vec![
                "1 accept x\nend",
                "0 accept x",
                "12",
                "17 deny old_0123456789ab",
                "18 accept old_0123456789ab",
            ],
        ),
        ("chain", vec!["forward"]),
    ]
    .into_iter()
    .map(|(kind, names)| (kind.to_owned(), names.into_iter().map(str::to_owned).collect()))
    .collect();
    let emitted = emit(&plan(usual_sides(), Vec::new()), &previous);
    let deleted: Vec<&str> = emitted
        .text
        .lines()
        .filter(|line| line.trim().starts_with("delete ") && !line.starts_with('#'))
        .collect();
    insta::assert_snapshot!(deleted.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n"), @r#"
    delete 18
    delete 17
    delete "g2_old_0123456789abcdef"
    delete "g_old_0123456789abcdef"
    delete "s_10.0.0.0_8"
    delete "svc_old_0123456789abcdef"
    delete "z_old_0123456789ab"
    "#);
    Unit::default().loaded(&emitted.text);
    assert!(!emitted.owned.contains_key("chain"));
}

#[test]
fn a_broken_capability_file_says_what_is_wrong() {
    let broken = |from: &str, to: &str| {
        let mut assets = FortiGate.assets();
        assets.capability = assets.capability.replace(from, to);
        let error = FortiGate
            .emit(&plan(usual_sides(), Vec::new()), &assets, &Owned::new())
            .unwrap_err();
        error.to_string().lines().next().unwrap_or_default().to_owned()
    };
    assert!(broken("logtraffic: disable", "logtrafic: disable").contains("logtrafic"));
    insta::assert_snapshot!([
        broken("vdom: null", "vdom: 'root\n\n  end'"),
        broken("zone_name: 35", "zone_name: 3"),
        broken("last: 999999", "last: 100001"),
    ].join("\n"), @r"
    capability file of fortigate: `vdom` is not a name of letters, digits, `_` and `-`: `root\nend`
    capability file of fortigate: `limits.zone_name` is 3, not within 24 to 35
    capability file of fortigate: `policy_ids` 100000 to 100001 holds no room for policies
    ");
}
