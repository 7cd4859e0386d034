//! Random plans: whatever side a packet comes in by, the text decides as the plan does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use arbtest::arbitrary::{Result, Unstructured};
use septum::packet::{AddressSet, Family, IntervalSet, Packet, ServiceSet, protocol};
use septum::plan::{DevicePlan, Forwarding, PairPlan, PlanRule, Role, decide};
use septum::syntax::tree::Action;
use septum::target::cisco_ios::CiscoIos;
use septum::target::{EmitError, Owned, Platform};

use super::plans::{device, rule, set, side};
use super::reader::Device;

/// Disjoint zones; the last index stands for what none of them claims.
const ZONES: [&str; 5] = [
    "10.0.0.0/26 2001:db8:0::/64",
    "10.0.0.64/26 10.0.1.7/32",
    "2001:db8:2::/64",
    "10.0.2.0/24 2001:db8:3::/64",
    "192.0.2.0/25 2001:db8:4::/126",
];

fn claimed() -> AddressSet {
    set(&ZONES.join(" "))
}

fn subset(u: &mut Unstructured<'_>, zones: &[AddressSet]) -> Result<AddressSet> {
    let mut all = AddressSet::empty();
    for zone in zones {
        if u.ratio(1, 3)? {
            all = all.union(zone);
        }
    }
    Ok(all)
}

fn addresses(u: &mut Unstructured<'_>, zones: &[AddressSet]) -> Result<AddressSet> {
    Ok(match u.int_in_range(0..=5)? {
        0 => AddressSet::full(),
        1 => claimed().complement(),
        2 => set("10.0.0.10/31 10.0.0.70/32 2001:db8:3::8/125 203.0.113.0/24"),
        _ => subset(u, zones)?,
    })
}

fn ports(u: &mut Unstructured<'_>) -> Result<IntervalSet<u16>> {
    Ok(match u.int_in_range(0..=3)? {
        0 => IntervalSet::single(443),
        1 => IntervalSet::from_ranges([(22, 23), (443, 450)]),
        2 => IntervalSet::range(1024, u16::MAX),
        _ => IntervalSet::full(),
    })
}

fn service(u: &mut Unstructured<'_>) -> Result<ServiceSet> {
    let byte = IntervalSet::range(0, 255);
    Ok(match u.int_in_range(0..=8)? {
        0 | 1 => ServiceSet::tcp(ports(u)?, ports(u)?),
        2 => ServiceSet::udp(ports(u)?, ports(u)?),
        3 => ServiceSet::icmp(&IntervalSet::single(8), &byte).union(&ServiceSet::icmpv6(
            &IntervalSet::range(128, 129),
            &IntervalSet::range(0, 1),
        )),
        4 => ServiceSet::full(),
        5 => ServiceSet::full().difference(&ServiceSet::tcp(ports(u)?, ports(u)?)),
        6 => ServiceSet::full().difference(&ServiceSet::udp(ports(u)?, ports(u)?)),
        7 => ServiceSet::protocols(&IntervalSet::range(47, 50)),
        _ => ServiceSet::tcp(IntervalSet::full(), ports(u)?)
            .union(&ServiceSet::udp(IntervalSet::full(), ports(u)?)),
    })
}

/// Rules of the whole policy; a pair holds of each what lies behind its two sides.
fn policy(u: &mut Unstructured<'_>, zones: &[AddressSet]) -> Result<Vec<PlanRule>> {
    let mut rules = Vec::new();
    for (action, most) in [(Action::Deny, 3), (Action::Allow, 5)] {
        for index in 0..u.int_in_range(0..=most)? {
            let service = match (action, service(u)?) {
                // A service with holes is for replies: authors do not write those.
                (Action::Allow, s) if !s.is_full() && s.other.count() > 16 => ServiceSet::full(),
                (_, s) => s,
            };
            let (from, to) = (addresses(u, zones)?, addresses(u, zones)?);
            let mut made = rule(action, &format!("{action:?}-{index}"), from, to, service);
            Arc::make_mut(&mut made.said).log = u.arbitrary()?;
            rules.push(made);
        }
    }
    Ok(rules)
}

fn narrowed(rules: &[PlanRule], from: &AddressSet, to: &AddressSet) -> Vec<PlanRule> {
    let narrow = |rule: &PlanRule| {
        let mut rule = rule.clone();
        rule.flow.source = rule.flow.source.intersection(from).into();
        rule.flow.destination = rule.flow.destination.intersection(to).into();
        (!rule.flow.is_empty()).then_some(rule)
    };
    rules.iter().filter_map(narrow).collect()
}

fn plan(u: &mut Unstructured<'_>) -> Result<DevicePlan> {
    let mut zones: Vec<AddressSet> = ZONES.iter().map(|zone| set(zone)).collect();
    zones.push(claimed().complement());
    let rules = policy(u, &zones)?;
    let mut replies = Vec::new();
    for index in 0..u.int_in_range(0..=3)? {
        let (from, to) = (addresses(u, &zones)?, addresses(u, &zones)?);
        replies.push(rule(
            Action::Allow,
            &format!("reply-{index}"),
            from,
            to,
            service(u)?,
        ));
    }
    let mut sides = Vec::new();
    for index in 0..u.int_in_range(2..=4)? {
        let behind = subset(u, &zones)?;
        sides.push(side(
            &format!("zone-{index}"),
            &format!("Gi0/{index}"),
            behind,
            &[],
        ));
    }
    let mut pairs = Vec::new();
    for (from, source) in sides.iter().enumerate() {
        for (to, destination) in sides.iter().enumerate() {
            if from == to {
                continue;
            }
            // Sides need not have seen every rule: a path may be closed by another device.
            let seen: Vec<PlanRule> = if u.ratio(1, 4)? {
                rules.iter().skip(2).cloned().collect()
            } else {
                rules.clone()
            };
            pairs.push(PairPlan {
                from,
                to,
                rules: narrowed(&seen, &source.behind, &destination.behind),
                replies: narrowed(&replies, &source.behind, &destination.behind),
            });
        }
    }
    Ok(device(claimed(), sides, pairs))
}

fn v4(u: &mut Unstructured<'_>) -> Result<Ipv4Addr> {
    Ok(*u.choose(&[
        Ipv4Addr::new(10, 0, 0, 0),
        Ipv4Addr::new(10, 0, 0, 10),
        Ipv4Addr::new(10, 0, 0, 63),
        Ipv4Addr::new(10, 0, 0, 64),
        Ipv4Addr::new(10, 0, 0, 70),
        Ipv4Addr::new(10, 0, 0, 127),
        Ipv4Addr::new(10, 0, 0, 128),
        Ipv4Addr::new(10, 0, 1, 7),
        Ipv4Addr::new(10, 0, 2, 255),
        Ipv4Addr::new(192, 0, 2, 127),
        Ipv4Addr::new(203, 0, 113, 9),
        Ipv4Addr::new(0, 0, 0, 0),
        Ipv4Addr::new(255, 255, 255, 255),
    ])?)
}

fn v6(u: &mut Unstructured<'_>) -> Result<Ipv6Addr> {
    let text = u.choose(&[
        "2001:db8:0::1",
        "2001:db8:2::",
        "2001:db8:2::ffff:ffff:ffff:ffff",
        "2001:db8:3::8",
        "2001:db8:3::f",
        "2001:db8:3::10",
        "2001:db8:4::3",
        "2001:db8:4::4",
        "::",
        "ffff::1",
    ])?;
    Ok(text.parse().unwrap())
}

fn packet(u: &mut Unstructured<'_>) -> Result<Packet> {
    let (source, destination): (IpAddr, IpAddr) = if u.arbitrary()? {
        (v4(u)?.into(), v4(u)?.into())
    } else {
        (v6(u)?.into(), v6(u)?.into())
    };
    let number = *u.choose(&[
        protocol::TCP,
        protocol::TCP,
        protocol::UDP,
        1,
        58,
        47,
        50,
        51,
        132,
        200,
    ])?;
    let has_type = matches!(
        (number, source.is_ipv4()),
        (protocol::ICMP, true) | (protocol::ICMPV6, false)
    );
    let (first, second) = match number {
        _ if has_type => (*u.choose(&[0, 8, 128, 129, 140])?, *u.choose(&[0, 1, 2])?),
        protocol::TCP | protocol::UDP | protocol::SCTP => {
            let ports = [0, 21, 22, 23, 24, 442, 443, 450, 451, 1023, 1024, 65535];
            (*u.choose(&ports)?, *u.choose(&ports)?)
        }
        _ => (0, 0),
    };
    Ok(Packet {
        source,
        destination,
        protocol: number,
        first,
        second,
    })
}

fn expected(forwarding: &Forwarding, side: usize, packet: &Packet, ack: bool) -> bool {
    let mut pairs = forwarding.pairs.iter().filter(|pair| pair.from == side);
    pairs.any(|pair| {
        let replies = || pair.replies.iter().any(|rule| rule.flow.contains(packet));
        decide(&pair.rules, packet) == Action::Allow
            || ((packet.protocol != protocol::TCP || ack) && replies())
    })
}

fn agrees(u: &mut Unstructured<'_>, capability: impl Fn(String) -> String, ran: &mut u32) -> Result<()> {
    let plan = plan(u)?;
    let mut assets = CiscoIos.assets();
    assets.capability = capability(assets.capability);
    let text = match CiscoIos.emit(&plan, &assets, &Owned::new()) {
        Ok(emitted) => emitted.text,
        // Holes in a service that only IOS's single list brings about.
        Err(EmitError::Inexpressible(failures)) => {
            assert!(failures.iter().all(|f| f.rule.is_some()), "{failures:?}");
            return Ok(());
        }
        Err(other) => panic!("{other}"),
    };
    *ran += 1;
    let device = Device::read(&text);
    let Role::Router(forwarding) = &plan.role else {
        unreachable!()
    };
    for _ in 0..60 {
        let (packet, ack) = (packet(u)?, u.arbitrary()?);
        for (index, side) in forwarding.sides.iter().enumerate() {
            let written = device.permits(&side.interfaces[0].name, &packet, ack);
            let meant = expected(forwarding, index, &packet, ack);
            assert_eq!(written, meant, "{packet} (ack {ack}) into {index}\n{text}");
        }
    }
    Ok(())
}

#[test]
fn text_decides_every_packet_as_the_plan() {
    let (mut ran, mut tried) = (0, 0);
    arbtest::arbtest(|u| {
        tried += 1;
        agrees(u, |capability| capability, &mut ran)
    })
    .budget_ms(3_000)
    .size_min(600)
    .size_max(4_000);
    assert!(ran * 4 > tried, "only {ran} of {tried} plans were written");
}

#[test]
fn object_groups_decide_every_packet_as_the_plan() {
    let mut ran = 0;
    let groups = |capability: String| capability.replace("object_groups: false", "object_groups: true");
    arbtest::arbtest(|u| agrees(u, groups, &mut ran))
        .budget_ms(1_000)
        .size_min(600)
        .size_max(4_000);
    assert!(ran > 0);
}

#[test]
fn joined_lists_decide_every_packet_as_the_plan() {
    let mut ran = 0;
    let joined = |capability: String| {
        capability
            .replace("object_groups: false", "object_groups: true")
            .replace("join_entries: 200", "join_entries: 0")
    };
    arbtest::arbtest(|u| agrees(u, joined, &mut ran))
        .budget_ms(1_000)
        .size_min(600)
        .size_max(4_000);
    assert!(ran > 0);
}

#[test]
fn lists_of_one_family_hold_nothing_of_the_other() {
    let plan = device(
        claimed(),
        vec![
            side("a", "Gi0/0", set("10.0.0.0/24"), &[]),
            side("b", "Gi0/1", set("2001:db8::/64"), &[]),
        ],
        vec![PairPlan {
            from: 0,
            to: 1,
            rules: vec![rule(
                Action::Allow,
                "mixed",
                set("10.0.0.0/24"),
                set("2001:db8::/64"),
                ServiceSet::full(),
            )],
            replies: vec![],
        }],
    );
    let emitted = super::emit(&plan);
    assert!(emitted.lines.is_empty(), "{}", emitted.text);
    assert!(!emitted.text.contains("permit ip"), "{}", emitted.text);
    assert_eq!(Family::BOTH.len() * 2, emitted.counts["acls"]);
}
