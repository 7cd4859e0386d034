//! Whole configurations, reviewed.

use std::sync::Arc;

use septum::packet::{AddressSet, IntervalSet, ServiceSet};
use septum::plan::{DevicePlan, Origin, RunProtocol};
use septum::syntax::tree::Action;
use septum::target::fortigate::FortiGate;
use septum::target::{Owned, Platform};

use super::plans::*;

/// Pumps, servers and the internet.
fn hospital() -> DevicePlan {
    let pumps = prefixes(&["10.20.0.0/22", "2001:db8:20::/64"]);
    let gateway = prefixes(&["10.30.1.10/32", "2001:db8:30:1::10/128"]);
    let guest = prefixes(&["172.16.0.0/16"]);
    let claimed = AddressSet::union_of([&*pumps, &*gateway, &*guest]);
    let internet = Arc::new(claimed.complement());
    let mut telemetry = rule(
        Action::Allow,
        "pump-telemetry-5f0c1a",
        ("clinical.pumps", pumps.clone()),
        ("pump-gateway", gateway.clone()),
        ("https", tcp(&[(443, 443)])),
    );
    Arc::make_mut(&mut telemetry.said).log = true;
    Arc::make_mut(&mut telemetry.said).origin = Arc::new(Origin {
        ticket: Some("CHG-20411".to_owned()),
        title: Some("Drug \"library\" and events".to_owned()),
        ..(*telemetry.said.origin).clone()
    });
    let both = prefixes(&["10.20.0.0/22", "172.16.0.0/16"]);
    let name_service = tcp(&[(53, 53)]).union(&udp(&[(53, 53)]));
    let high = ServiceSet::tcp(IntervalSet::range(1024, 65535), ports(&[(80, 80), (8000, 8010)]));
    let mut guests_denied = rule(
        Action::Deny,
        "guest-9b21",
        ("guest", guest.clone()),
        ("pump-gateway", gateway.clone()),
        ("any", ServiceSet::full()),
    );
    Arc::make_mut(&mut guests_denied.said).log = true;
    let mut plan = plan(
        vec![
            side("clinical", &["port1", "port2"]),
            side("servers.biomed", &["port3"]),
            side("internet", &["wan1"]),
        ],
        vec![
            (
                0,
                1,
                vec![
                    guests_denied,
                    telemetry,
                    rule(
                        Action::Allow,
                        "names-77aa",
                        ("clinical.pumps | guest", both),
                        ("pump-gateway", gateway.clone()),
                        ("dns, ping", name_service.union(&icmp(8)).union(&icmpv6(128))),
                    ),
                ],
            ),
            (
                0,
                2,
                vec![
                    rule(
                        Action::Allow,
                        "web-31c0",
                        ("guest", guest),
                        ("internet", internet),
                        ("web", high),
                    ),
                    rule(
                        Action::Allow,
                        "tunnel-c3",
                        ("clinical.pumps", pumps),
                        ("any", Arc::new(AddressSet::full())),
                        ("esp", protocols(&[50])),
                    ),
                ],
            ),
        ],
    );
    let admin = prefixes(&["10.1.0.0/24"]);
    let own = prefixes(&["10.20.0.1/32", "10.30.1.1/32"]);
    plan.local.manage = vec![rule(
        Action::Allow,
        "manage-core",
        ("it.admin", admin),
        ("core", own),
        ("ssh, snmp", tcp(&[(22, 22)]).union(&udp(&[(161, 161)]))),
    )];
    plan.local.run = vec![RunProtocol::DhcpRelay.into(), RunProtocol::Ospf.into()];
    plan
}

#[test]
fn no_range_begins_where_a_unit_shows_that_none_is_set() {
    let text = emit(&hospital(), &Owned::new()).text;
    assert!(text.contains("set subnet 0.0.0.0 248.0.0.0"), "{text}");
    assert!(text.contains("set start-ip 8.0.0.0"), "{text}");
    let starts = text.lines().filter(|line| line.contains("start-ip"));
    assert!(
        starts
            .clone()
            .all(|line| !line.ends_with(" 0.0.0.0") && !line.ends_with(" ::"))
    );
}

#[test]
fn a_first_load() {
    insta::assert_snapshot!(emit(&hospital(), &Owned::new()).text);
}

#[test]
fn a_change_removes_what_it_replaces() {
    let first = emit(&hospital(), &Owned::new());
    let mut changed = hospital();
    if let septum::plan::Role::Router(forwarding) = &mut changed.role {
        forwarding.pairs[0].rules.remove(2);
        forwarding.pairs[1].rules.remove(0);
    }
    changed.local.manage.clear();
    let second = emit(&changed, &first.owned);
    let from = second.text.find("# 4.").unwrap();
    insta::assert_snapshot!(&second.text[from..]);
}

/// Without `match-vip` a policy for a virtual address is asked although a deny of all addresses stands before it: the default
/// before FortiOS 7.2.4.
#[test]
fn denies_hold_for_virtual_addresses_too() {
    let text = FortiGate
        .emit(&hospital(), &FortiGate.assets(), &Owned::new())
        .unwrap()
        .text;
    let policies = text.split("config firewall policy\n").skip(1);
    let policies = policies.flat_map(|table| {
        table
            .split("\nend")
            .next()
            .into_iter()
            .flat_map(|table| table.split("    next\n"))
    });
    let edited: Vec<&str> = policies.filter(|policy| policy.contains("set action")).collect();
    assert!(edited.len() > 3);
    for policy in edited {
        assert_eq!(
            policy.contains("set match-vip enable"),
            policy.contains("set action deny"),
            "{policy}"
        );
    }
}

#[test]
fn every_policy_line_leads_to_its_rule() {
    let emitted = emit(&hospital(), &Owned::new());
    let lines: Vec<&str> = emitted.text.lines().collect();
    assert_eq!(emitted.lines.len(), 6);
    for line in &emitted.lines {
        assert!(lines[line.line - 1].trim().starts_with("edit "), "{line:?}");
        let block = &lines[line.line..line.line + 14];
        let comments = format!("set comments \"{}; {}", line.origin.id, line.origin.location);
        assert!(
            block.iter().any(|l| l.trim().starts_with(&comments)),
            "{line:?}: {block:#?}"
        );
    }
}

#[test]
fn counts_are_those_of_the_text() {
    let emitted = emit(&hospital(), &Owned::new());
    let counted = |kind: &str| emitted.counts[kind];
    let owned = |kind: &str| emitted.owned[kind].len();
    assert_eq!(counted("policies"), owned("policy"));
    assert_eq!(
        counted("local-in-policies"),
        owned("local-in-policy") + owned("local-in-policy6")
    );
    assert_eq!(counted("addresses"), owned("address") + owned("address6"));
    assert_eq!(counted("services"), owned("service"));
    assert_eq!(counted("zones"), 3);
}

#[test]
fn a_vdom_wraps_everything() {
    let mut assets = FortiGate.assets();
    assets.capability = assets.capability.replace("vdom: null", "vdom: clinical");
    let text = FortiGate.emit(&hospital(), &assets, &Owned::new()).unwrap().text;
    let commands: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    assert_eq!(
        commands[..3],
        ["config vdom", "edit clinical", "config firewall address"]
    );
    assert_eq!(commands[commands.len() - 2..], ["end", "end"]);
}

#[test]
fn how_full_the_unit_gets_is_told_by_table() {
    let emitted = emit_on_small_unit(&hospital(), &Owned::new());
    let row = |place: &str| emitted.usage.iter().find(|usage| usage.place == place).unwrap();
    let policies = row("policy table");
    assert_eq!(
        (policies.used, policies.most),
        (emitted.counts["policies"], 10_000)
    );
    // Larger sets are nested, so that no group ever holds more than it may.
    let group = row("largest address group");
    assert_eq!((group.used, group.most), (2, 2));
    assert!(row("policy with most services").used > 1);
}
