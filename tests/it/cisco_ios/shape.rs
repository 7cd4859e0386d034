//! What the text looks like, and what is refused.

use std::sync::Arc;

use septum::packet::{AddressSet, IntervalSet, ServiceSet};
use septum::plan::{DevicePlan, Forwarding, HostPlan, PairPlan, Role};
use septum::syntax::tree::{Rate, RateUnit};
use septum::target::cisco_ios::CiscoIos;
use septum::target::{EmitError, Owned, Platform};

use super::plans::{allow, deny, device, pair, set, side, small, tcp};
use super::{emit, refused};

fn two_sides(pairs: Vec<PairPlan>) -> DevicePlan {
    let claimed = set("10.0.0.0/8 2001:db8::/32");
    let sides = vec![
        side("a", "Gi0/0", set("10.1.0.0/16 2001:db8:1::/48"), &[]),
        side("b", "Gi0/1", set("10.2.0.0/16 2001:db8:2::/48"), &[]),
    ];
    device(claimed, sides, pairs)
}

/// The entries of the n-th list, without numbers and remarks.
fn entries(text: &str, heading: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| !line.starts_with(heading)).skip(1);
    lines
        .take_while(|line| line.starts_with(' '))
        .filter(|line| !line.contains("remark"))
        .map(|line| {
            let line = line.trim_start().trim_start_matches("sequence ");
            line.split_once(' ').unwrap().1.to_owned()
        })
        .collect()
}

#[test]
fn a_small_router() {
    insta::assert_snapshot!(emit(&small()).text);
}

#[test]
fn every_entry_is_traced_to_its_rule() {
    let emitted = emit(&small());
    let lines: Vec<&str> = emitted.text.lines().collect();
    for traced in &emitted.lines {
        let line = lines[traced.line - 1];
        assert!(line.contains("permit") || line.contains("deny"), "{line}");
        assert_eq!(traced.origin.location, "hospital.sept:24");
    }
    let of = |id: &str| emitted.lines.iter().filter(|line| line.origin.id == id).count();
    assert_eq!(of("no-telnet-11"), 2);
    assert_eq!(of("his-22"), 4);
    assert_eq!(of("web-44"), 4);
}

#[test]
fn a_rule_over_several_ways_out_is_one_entry() {
    let mut plan = two_sides(vec![
        pair(
            0,
            1,
            vec![deny("telnet", "10.1.0.0/16", "10.2.0.0/16", tcp(23))],
            vec![],
        ),
        pair(
            0,
            2,
            vec![deny("telnet", "10.1.0.0/16", "10.3.0.0/16", tcp(23))],
            vec![],
        ),
    ]);
    if let Role::Router(forwarding) = &mut plan.role {
        forwarding.sides.push(side("c", "Gi0/2", set("10.3.0.0/16"), &[]));
    }
    assert_eq!(
        entries(&emit(&plan).text, "ip access-list extended SEPTUM_A_IN"),
        [
            "deny tcp 10.1.0.0 0.0.255.255 10.2.0.0 0.1.255.255 eq 23",
            "deny ip any any log",
        ]
    );
}

#[test]
fn a_deny_of_one_way_out_spares_an_allow_of_another() {
    let shared = "10.2.0.0/24";
    let plan = two_sides(vec![
        pair(
            0,
            1,
            vec![deny("closed", "10.1.0.0/16", shared, ServiceSet::full())],
            vec![],
        ),
        pair(0, 0, vec![allow("open", "10.1.0.0/24", shared, tcp(443))], vec![]),
    ]);
    assert_eq!(
        entries(&emit(&plan).text, "ip access-list extended SEPTUM_A_IN"),
        [
            "permit icmp 10.1.0.0 0.0.255.255 any 3",
            "permit icmp 10.1.0.0 0.0.255.255 any 11",
            "permit icmp 10.1.0.0 0.0.255.255 any 12",
            "permit tcp 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255 eq 443",
            "deny ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.0.255",
            "deny ip any any log",
        ]
    );
}

#[test]
fn replies_to_everything_open_no_tcp() {
    let replies = vec![allow("admin", "10.2.0.0/16", "10.1.0.0/16", ServiceSet::full())];
    let plan = two_sides(vec![pair(1, 0, vec![], replies)]);
    assert_eq!(
        entries(&emit(&plan).text, "ip access-list extended SEPTUM_B_IN"),
        [
            "permit tcp 10.2.0.0 0.0.255.255 10.1.0.0 0.0.255.255 established",
            "deny tcp 10.2.0.0 0.0.255.255 10.1.0.0 0.0.255.255",
            "permit ip 10.2.0.0 0.0.255.255 10.1.0.0 0.0.255.255",
            "deny ip any any log",
        ]
    );
}

#[test]
fn external_stays_short_below_a_guard() {
    let text = emit(&small()).text;
    let wards = entries(&text, "ip access-list extended SEPTUM_CLINICAL_WARDS_IN");
    let guard = wards
        .iter()
        .position(|e| e == "deny ip any 10.0.0.0 0.255.255.255 log");
    let web = wards
        .iter()
        .position(|e| e == "permit tcp 10.1.0.0 0.0.255.255 any eq 443");
    assert!(guard.unwrap() < web.unwrap(), "{wards:?}");
    let internet = entries(&text, "ip access-list extended SEPTUM_INTERNET_IN");
    let guard = internet
        .iter()
        .position(|e| e == "deny ip 10.0.0.0 0.255.255.255 any log");
    let replies = internet
        .iter()
        .position(|e| e == "permit tcp any eq 443 10.1.0.0 0.0.255.255 established");
    assert!(guard.unwrap() < replies.unwrap(), "{internet:?}");
}

#[test]
fn an_entry_more_in_one_rule_moves_no_other_rule() {
    let first = |prefixes: &str| allow("first", "10.1.0.0/16", prefixes, tcp(443));
    let numbers = |prefixes: &str| -> Vec<String> {
        let plan = two_sides(vec![pair(
            0,
            1,
            vec![
                first(prefixes),
                allow("second", "10.1.0.0/16", "10.2.9.0/24", tcp(80)),
            ],
            vec![],
        )]);
        let text = emit(&plan).text;
        text.lines()
            .filter(|line| line.contains("eq 80"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(
        numbers("10.2.0.0/24"),
        numbers("10.2.0.0/24 10.2.2.0/24 10.2.4.1/32")
    );
}

#[test]
fn remarks_do_not_change_names() {
    let plan = |title: &str| {
        let rule = super::plans::titled(allow("his", "10.1.0.0/16", "10.2.0.0/16", tcp(443)), title);
        two_sides(vec![pair(0, 1, vec![rule], vec![])])
    };
    assert_eq!(emit(&plan("one")).owned, emit(&plan("two")).owned);
    assert_ne!(emit(&plan("one")).text, emit(&plan("two")).text);
}

#[test]
fn object_groups_where_the_device_has_them() {
    let plan = two_sides(vec![pair(
        0,
        1,
        vec![allow(
            "his",
            "10.1.0.0/24 10.1.4.0/24",
            "10.2.0.1/32 10.2.0.8/30 10.2.1.1/32 10.2.1.2/32",
            tcp(443),
        )],
        vec![],
    )]);
    let mut assets = CiscoIos.assets();
    assets.capability = assets
        .capability
        .replace("\nobject_groups: false", "\nobject_groups: true");
    let emitted = CiscoIos.emit(&plan, &assets, &Owned::new()).unwrap();
    assert_eq!(emitted.counts["object-groups"], 2);
    assert_eq!(emitted.owned["object-group"].len(), 2);
    for line in [
        " host 10.2.0.1",
        " 10.2.0.8 255.255.255.252",
        " range 10.2.1.1 10.2.1.2",
    ] {
        assert!(
            emitted.text.lines().any(|l| l == line),
            "{line}\n{}",
            emitted.text
        );
    }
}

#[test]
fn ipv6_object_groups_where_the_device_has_them() {
    let clients = "2001:db8:1::/64 2001:db8:1:4::/64 2001:db8:1:8::1/128";
    let servers = "2001:db8:2::1/128 2001:db8:2::4/128";
    let plan = two_sides(vec![pair(
        0,
        1,
        vec![allow("his", clients, servers, tcp(443))],
        vec![],
    )]);
    let mut assets = CiscoIos.assets();
    let without = CiscoIos.emit(&plan, &assets, &Owned::new()).unwrap();
    assets.capability = assets
        .capability
        .replace("ipv6_object_groups: false", "ipv6_object_groups: true");
    let with = CiscoIos.emit(&plan, &assets, &Owned::new()).unwrap();
    assert_eq!(
        with.counts["acl-entries-v6"] + 5,
        without.counts["acl-entries-v6"]
    );
    assert_eq!(with.owned["object-group6"].len(), 2);
    for line in [" 2001:db8:1:4::/64", " host 2001:db8:2::4"] {
        assert!(with.text.lines().any(|l| l == line), "{line}\n{}", with.text);
    }
    // A later build without them takes them away.
    let after = CiscoIos.emit(&plan, &CiscoIos.assets(), &with.owned).unwrap();
    assert_eq!(
        after
            .text
            .matches("\nno object-group v6-network SEPTUM_NET6_")
            .count(),
        2
    );
}

#[test]
fn sctp_ports_are_refused_in_ipv4_and_written_in_ipv6() {
    let sctp = ServiceSet::sctp(IntervalSet::full(), IntervalSet::single(2905));
    let of = |source: &str, destination: &str| {
        two_sides(vec![pair(
            0,
            1,
            vec![allow("ss7", source, destination, sctp.clone())],
            vec![],
        )])
    };
    let failures = refused(&of("10.1.0.0/16", "10.2.0.0/16"));
    assert_eq!(failures[0].rule.as_deref(), Some("ss7"));
    let text = emit(&of("2001:db8:1::/48", "2001:db8:2::/48")).text;
    assert!(
        text.contains("permit sctp 2001:db8:1::/48 2001:db8:2::/48 eq 2905"),
        "{text}"
    );
}

#[test]
fn rates_hosts_and_floods_are_refused() {
    let mut limited = allow("slow", "10.1.0.0/16", "10.2.0.0/16", tcp(80));
    Arc::make_mut(&mut limited.said).rate = Some(Rate {
        count: 5,
        per: RateUnit::Second,
    });
    let failures = refused(&two_sides(vec![pair(0, 1, vec![limited], vec![])]));
    assert_eq!(failures[0].rule.as_deref(), Some("slow"));

    let mut host = two_sides(vec![]);
    host.role = Role::Host(HostPlan {
        addresses: Arc::new(AddressSet::empty()),
        inbound: vec![],
        outbound: vec![],
    });
    assert_eq!(refused(&host).len(), 1);

    // 32 768 hosts by 32 768 hosts: a thousand million entries.
    let sparse = |base: u32| AddressSet {
        v4: IntervalSet::from_ranges((0..32_768).map(|n| (base + 2 * n, base + 2 * n))),
        v6: IntervalSet::empty(),
    };
    let flood = super::plans::rule(
        septum::syntax::tree::Action::Allow,
        "flood",
        sparse(0x0a01_0000),
        sparse(0x0a02_0000),
        tcp(80),
    );
    let failures = refused(&two_sides(vec![pair(0, 1, vec![flood], vec![])]));
    assert_eq!(failures[0].rule.as_deref(), Some("flood"));
}

#[test]
fn a_full_table_is_reported() {
    let mut assets = CiscoIos.assets();
    assets.capability = assets.capability.replace("max_entries: 1000", "max_entries: 3");
    let emitted = CiscoIos.emit(&small(), &assets, &Owned::new()).unwrap();
    assert!(
        emitted.residual.iter().any(|s| s.contains("more than the 3")),
        "{:?}",
        emitted.residual
    );
}

#[test]
fn capability_files_are_strict() {
    let mut assets = CiscoIos.assets();
    assets.capability.push_str("\nobject_group: true\n");
    let error = CiscoIos.emit(&small(), &assets, &Owned::new()).unwrap_err();
    assert!(matches!(error, EmitError::Capability { .. }), "{error}");
}

#[test]
fn a_side_that_reaches_nothing_is_closed_all_the_same() {
    let plan = two_sides(vec![]);
    let Role::Router(Forwarding { sides, .. }) = &plan.role else {
        unreachable!()
    };
    let text = emit(&plan).text;
    assert_eq!(text.matches("deny ip any any log").count(), sides.len());
    assert_eq!(text.matches("deny ipv6 any any log").count(), sides.len());
}
