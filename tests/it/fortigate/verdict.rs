//! What an emitted policy permits is what the plan permits.

use std::sync::Arc;

use arbtest::arbtest;
use septum::packet::{AddressSet, IntervalSet, Packet};
use septum::plan::PlanRule;
use septum::syntax::tree::Action;
use septum::target::Owned;

use super::plans::*;
use super::reader::Unit;

const PORTS: [&str; 5] = ["port1", "port2", "port3", "wan1", "port9"];

#[test]
fn a_unit_permits_exactly_what_the_plan_permits() {
    arbtest(|u| {
        let rules = random_rules(u)?;
        let plan = plan_of(usual_sides(), &rules);
        let emitted = if u.arbitrary()? {
            emit(&plan, &Owned::new())
        } else {
            emit_on_small_unit(&plan, &Owned::new())
        };
        let unit = Unit::default().loaded(&emitted.text);
        let all: Vec<PlanRule> = rules.into_iter().flatten().collect();
        for packet in packets_of(u, &all, 60)? {
            for from in PORTS {
                for to in PORTS {
                    let expected = permits(&plan, from, to, &packet);
                    assert_eq!(
                        unit.forwards(from, to, &packet),
                        expected,
                        "{from} to {to}: {packet}\n{}",
                        emitted.text
                    );
                }
            }
        }
        Ok(())
    })
    .size_min(1 << 14)
    .budget_ms(2_000);
}

#[test]
fn sets_larger_than_a_group_are_nested_and_stay_exact() {
    let hosts = |base: u32| {
        let ranges = (0..40u32).map(|n| (base + 2 * n, base + 2 * n));
        Arc::new(AddressSet {
            v4: IntervalSet::from_ranges(ranges),
            v6: IntervalSet::empty(),
        })
    };
    let (many, few) = (hosts(0x0a00_0000), prefixes(&["10.9.0.0/16"]));
    let allow = rule(
        Action::Allow,
        "many",
        ("many", many),
        ("few", few),
        ("https", tcp(&[(443, 443)])),
    );
    let plan = plan(usual_sides(), vec![(0, 1, vec![allow])]);
    let emitted = emit_on_small_unit(&plan, &Owned::new());
    let unit = Unit::default().loaded(&emitted.text);
    for last in 0..100u8 {
        let packet = Packet {
            source: [10, 0, 0, last].into(),
            destination: [10, 9, 1, 1].into(),
            protocol: 6,
            first: 50_000,
            second: 443,
        };
        assert_eq!(
            unit.forwards("port1", "port3", &packet),
            last % 2 == 0 && last < 80,
            "{packet}"
        );
    }
    for entry in unit.entries("firewall addrgrp") {
        assert!(entry.settings["member"].len() <= 2, "{entry:?}");
    }
}

#[test]
fn management_is_let_in_from_its_sources_alone() {
    let all = Arc::new(AddressSet::full());
    let admin = prefixes(&["10.1.0.0/24", "2001:db8:1::/64"]);
    let ssh = rule(
        Action::Allow,
        "manage-core",
        ("it.admin", admin),
        ("core", all),
        ("ssh", tcp(&[(22, 22)])),
    );
    let mut plan = plan(usual_sides(), Vec::new());
    plan.local.manage = vec![ssh];
    let unit = Unit::default().loaded(&emit(&plan, &Owned::new()).text);
    let packet = |source: &str, destination: &str, protocol, second| Packet {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol,
        first: 50_000,
        second,
    };
    assert!(unit.lets_in(&packet("10.1.0.9", "10.0.0.1", 6, 22)));
    assert!(unit.lets_in(&packet("2001:db8:1::9", "2001:db8::1", 6, 22)));
    assert!(!unit.lets_in(&packet("10.1.1.9", "10.0.0.1", 6, 22)));
    assert!(!unit.lets_in(&packet("2001:db8:2::9", "2001:db8::1", 6, 22)));
    // What nobody manages by is left to FortiOS.
    assert!(unit.lets_in(&packet("10.1.1.9", "10.0.0.1", 89, 0)));
}

#[test]
fn what_the_unit_speaks_is_let_in_though_management_is_everything() {
    let all = Arc::new(AddressSet::full());
    let admin = prefixes(&["10.1.0.0/24", "2001:db8:1::/64"]);
    let full = septum::packet::ServiceSet::full();
    let mut plan = plan(usual_sides(), Vec::new());
    plan.local.manage = vec![rule(
        Action::Allow,
        "manage",
        ("it.admin", admin),
        ("core", all),
        ("any", full),
    )];
    plan.local.run = vec![septum::plan::RunProtocol::Ospf.into()];
    let unit = Unit::default().loaded(&emit(&plan, &Owned::new()).text);
    let packet = |protocol, first| Packet {
        source: "fe80::1".parse().unwrap(),
        destination: "fe80::2".parse().unwrap(),
        protocol,
        first,
        second: 0,
    };
    assert!(unit.lets_in(&packet(89, 0)), "OSPF");
    assert!(unit.lets_in(&packet(58, 135)), "neighbour solicitation");
    assert!(!unit.lets_in(&packet(58, 128)), "echo");
}

#[test]
fn management_of_one_family_is_denied_in_the_other() {
    let admin = prefixes(&["10.1.0.0/24"]);
    let mut plan = plan(usual_sides(), Vec::new());
    let all = Arc::new(AddressSet::full());
    let ssh = ("ssh", tcp(&[(22, 22)]));
    plan.local.manage = vec![rule(
        Action::Allow,
        "manage",
        ("it.admin", admin),
        ("core", all),
        ssh,
    )];
    let unit = Unit::default().loaded(&emit(&plan, &Owned::new()).text);
    let packet = |second| Packet {
        source: "2001:db8:1::9".parse().unwrap(),
        destination: "2001:db8::1".parse().unwrap(),
        protocol: 6,
        first: 50_000,
        second,
    };
    assert!(!unit.lets_in(&packet(22)));
    assert!(
        unit.lets_in(&packet(443)),
        "what nobody manages by is left to FortiOS"
    );
}
