//! Plans for the tests: written by hand, and at random.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use arbtest::arbitrary::{Result, Unstructured};
use septum::packet::{AddressSet, FlowSet, IntervalSet, Packet, Region, ServiceSet};
use septum::plan::{
    DevicePlan, Forwarding, LocalPlan, PairPlan, PlanRule, PortInterface, Role, Side, decide,
};
use septum::syntax::tree::Action;
use septum::target::fortigate::FortiGate;
use septum::target::{Emitted, Owned, Platform};

use crate::said::said;

pub fn prefixes(list: &[&str]) -> Arc<AddressSet> {
    let nets: Vec<ipnet::IpNet> = list.iter().map(|text| text.parse().unwrap()).collect();
    Arc::new(AddressSet::from_prefixes(&nets))
}

pub fn ports(list: &[(u16, u16)]) -> IntervalSet<u16> {
    IntervalSet::from_ranges(list.iter().copied())
}

pub fn tcp(list: &[(u16, u16)]) -> ServiceSet {
    ServiceSet::tcp(IntervalSet::full(), ports(list))
}

pub fn udp(list: &[(u16, u16)]) -> ServiceSet {
    ServiceSet::udp(IntervalSet::full(), ports(list))
}

pub fn protocols(list: &[u8]) -> ServiceSet {
    ServiceSet::protocols(&IntervalSet::from_ranges(list.iter().map(|n| (*n, *n))))
}

pub fn icmp(kind: u16) -> ServiceSet {
    ServiceSet::icmp(&IntervalSet::single(kind), &IntervalSet::full())
}

pub fn icmpv6(kind: u16) -> ServiceSet {
    ServiceSet::icmpv6(&IntervalSet::single(kind), &IntervalSet::full())
}

/// A set and what its author calls it.
pub type Named<'a> = (&'a str, Arc<AddressSet>);

pub fn rule(
    action: Action,
    id: &str,
    source: Named,
    destination: Named,
    service: (&str, ServiceSet),
) -> PlanRule {
    PlanRule {
        flow: FlowSet {
            source: source.1,
            destination: destination.1,
            service: Arc::new(service.1),
        },
        said: said(action, id, [source.0, destination.0, service.0]),
    }
}

pub fn side(zone: &str, interfaces: &[&str]) -> Side {
    let port = |name: &&str| PortInterface {
        name: (*name).to_owned(),
        addresses: Vec::new(),
    };
    Side {
        zone: zone.to_owned(),
        interfaces: interfaces.iter().map(port).collect(),
        behind: Arc::new(AddressSet::full()),
    }
}

pub fn plan(sides: Vec<Side>, pairs: Vec<(usize, usize, Vec<PlanRule>)>) -> DevicePlan {
    let pair = |(from, to, rules)| PairPlan {
        from,
        to,
        rules,
        replies: Vec::new(),
    };
    DevicePlan {
        device: "core".to_owned(),
        platform: "fortigate".to_owned(),
        claimed: Arc::new(AddressSet::empty()),
        role: Role::Router(Forwarding {
            sides,
            pairs: pairs.into_iter().map(pair).collect(),
        }),
        local: LocalPlan::default(),
    }
}

/// With the assets that ship.
pub fn emit(plan: &DevicePlan, previous: &Owned) -> Emitted {
    FortiGate.emit(plan, &FortiGate.assets(), previous).unwrap()
}

/// With limits so small that groups nest and services split.
pub fn emit_on_small_unit(plan: &DevicePlan, previous: &Owned) -> Emitted {
    let mut assets = FortiGate.assets();
    assets.capability = assets
        .capability
        .replace("group_members: 300", "group_members: 2")
        .replace("port_ranges: 64", "port_ranges: 2");
    FortiGate.emit(plan, &assets, previous).unwrap()
}

/// What the plan does with a packet between two interfaces.
pub fn permits(plan: &DevicePlan, from: &str, to: &str, packet: &Packet) -> bool {
    let Role::Router(forwarding) = &plan.role else {
        panic!("a router")
    };
    let side = |name: &str| {
        let leads = |side: &Side| side.interfaces.iter().any(|interface| interface.name == name);
        forwarding.sides.iter().position(leads)
    };
    let (Some(from), Some(to)) = (side(from), side(to)) else {
        return false;
    };
    let pair = forwarding
        .pairs
        .iter()
        .find(|pair| (pair.from, pair.to) == (from, to));
    pair.is_some_and(|pair| decide(&pair.rules, packet) == Action::Allow)
}

const V4: [(u32, u32); 7] = [
    (0, u32::MAX),
    (0x0a14_0000, 0x0a14_03ff),
    (0x0a14_0001, 0x0a14_0001),
    (0x0a14_0003, 0x0a14_0009),
    (0x0a1e_0100, 0x0a1e_01ff),
    (0, 0x09ff_ffff),
    (0x0b00_0000, u32::MAX),
];
const V6_BASE: u128 = 0x2001_0db8_0000_0000_0000_0000_0000_0000;
const V6: [(u128, u128); 5] = [
    (0, u128::MAX),
    (V6_BASE, V6_BASE + 0xffff),
    (V6_BASE + 3, V6_BASE + 9),
    (V6_BASE + (1 << 64), V6_BASE + (1 << 64)),
    (V6_BASE + (1 << 64) + 2, u128::MAX),
];

/// A set of the small ranges above; seldom empty in a family, seldom in both.
fn addresses(u: &mut Unstructured) -> Result<Arc<AddressSet>> {
    let mut set = AddressSet::empty();
    for _ in 0..u.int_in_range(0..=3)? {
        set.v4 = set.v4.union(&IntervalSet::from_ranges([*u.choose(&V4)?]));
    }
    for _ in 0..u.int_in_range(0..=2)? {
        set.v6 = set.v6.union(&IntervalSet::from_ranges([*u.choose(&V6)?]));
    }
    if set.is_empty() {
        set.v4 = IntervalSet::from_ranges([*u.choose(&V4)?]);
    }
    Ok(Arc::new(set))
}

pub fn service(u: &mut Unstructured) -> Result<ServiceSet> {
    let one = |u: &mut Unstructured| -> Result<ServiceSet> {
        Ok(match u.int_in_range(0..=13)? {
            0 => tcp(&[(443, 443)]),
            1 => tcp(&[(22, 22), (80, 81), (8000, 8010)]),
            2 => udp(&[(53, 53), (443, 443)]),
            3 => ServiceSet::tcp(ports(&[(0, 1023), (2000, 2000)]), ports(&[(22, 22), (443, 444)])),
            4 => ServiceSet::sctp(IntervalSet::full(), ports(&[(2905, 2905)])),
            5 => icmp(8),
            6 => ServiceSet::icmp(&ports(&[(3, 3)]), &ports(&[(4, 4), (13, 13)])),
            7 => icmpv6(128),
            8 => protocols(&[1]),
            9 => protocols(&[58]),
            10 => protocols(&[50, 51]),
            11 => protocols(&[6]),
            12 => protocols(&[17, 132]),
            _ => ServiceSet::full(),
        })
    };
    let mut set = one(u)?;
    for _ in 0..u.int_in_range(0..=2)? {
        let another = one(u)?;
        set = if u.ratio(1, 4)? && !another.is_full() {
            set.difference(&another)
        } else {
            set.union(&another)
        };
    }
    // FortiOS cannot say protocols 0 and 255 alone, and says "all ICMP types but one" at great length.
    let full = ServiceSet::full();
    let lengthy = |region: &Region, whole: &Region| {
        region != whole && region.rows().iter().any(|(types, _)| types.count() > 8)
    };
    let odd = set.other.contains(0) && !set.is_full()
        || lengthy(&set.icmp, &full.icmp)
        || lengthy(&set.icmpv6, &full.icmpv6);
    Ok(if odd || set.is_empty() {
        tcp(&[(443, 443)])
    } else {
        set
    })
}

/// A rule that has packets.
fn random_rule(u: &mut Unstructured, id: &str) -> Result<PlanRule> {
    let action = if u.ratio(1, 3)? {
        Action::Deny
    } else {
        Action::Allow
    };
    let (source, destination) = (addresses(u)?, addresses(u)?);
    let mut made = rule(
        action,
        id,
        ("from here", source),
        ("to there", destination),
        ("some", service(u)?),
    );
    Arc::make_mut(&mut made.said).log = u.arbitrary()?;
    if made.flow.is_empty() {
        let all = Arc::new(AddressSet::full());
        (made.flow.source, made.flow.destination) = (all.clone(), all);
    }
    Ok(made)
}

/// Rules of one pair, denies first.
pub type Rules = Vec<Vec<PlanRule>>;

pub const PAIRS: [(usize, usize); 3] = [(0, 1), (1, 0), (0, 2)];

/// Rules for each of the pairs.
pub fn random_rules(u: &mut Unstructured) -> Result<Rules> {
    let mut pairs = Vec::new();
    for pair in 0..PAIRS.len() {
        let mut rules = Vec::new();
        for number in 0..u.int_in_range(0..=4)? {
            rules.push(random_rule(u, &format!("rule-{pair}-{number}"))?);
        }
        pairs.push(rules);
    }
    Ok(pairs)
}

/// The rules with some taken out, changed or added.
pub fn edited(u: &mut Unstructured, rules: &Rules) -> Result<Rules> {
    let mut pairs = rules.clone();
    for (pair, rules) in pairs.iter_mut().enumerate() {
        let mut kept = Vec::new();
        for old in rules.drain(..) {
            match u.int_in_range(0..=5)? {
                0 => {}
                1 => kept.push(random_rule(u, &old.said.origin.id)?),
                _ => kept.push(old),
            }
        }
        for number in 0..u.int_in_range(0..=1)? {
            let at = u.int_in_range(0..=kept.len())?;
            kept.insert(at, random_rule(u, &format!("new-{pair}-{number}"))?);
        }
        *rules = kept;
    }
    Ok(pairs)
}

/// A plan with these rules, denies first.
pub fn plan_of(sides: Vec<Side>, rules: &Rules) -> DevicePlan {
    let pairs = PAIRS.iter().zip(rules).filter(|(_, rules)| !rules.is_empty());
    let pairs = pairs.map(|((from, to), rules)| {
        let mut rules = rules.clone();
        rules.sort_by_key(|rule| rule.said.action == Action::Allow);
        (*from, *to, rules)
    });
    plan(sides, pairs.collect())
}

pub fn usual_sides() -> Vec<Side> {
    vec![
        side("servers", &["port1", "port2"]),
        side("guest", &["port3"]),
        side("internet", &["wan1"]),
    ]
}

/// Packets at the edges of the ranges that the random sets are made of.
pub fn packets(u: &mut Unstructured, count: usize) -> Result<Vec<Packet>> {
    let mut packets = Vec::new();
    for _ in 0..count {
        let v4 = u.arbitrary()?;
        let address = |u: &mut Unstructured| -> Result<IpAddr> {
            let nudge = u.int_in_range(0..=2)?;
            Ok(if v4 {
                let (first, last) = *u.choose(&V4)?;
                let edge = if u.arbitrary()? { first } else { last };
                IpAddr::V4(Ipv4Addr::from(edge.wrapping_add(nudge).wrapping_sub(1)))
            } else {
                let (first, last) = *u.choose(&V6)?;
                let edge = if u.arbitrary()? { first } else { last };
                IpAddr::V6(Ipv6Addr::from(edge.wrapping_add(nudge.into()).wrapping_sub(1)))
            })
        };
        let (source, destination) = (address(u)?, address(u)?);
        let protocol = *u.choose(&[6, 6, 6, 17, 17, 132, 1, 58, 50, 51, 0, 47, 255])?;
        let port = |u: &mut Unstructured| -> Result<u16> {
            Ok(*u.choose(&[
                0, 21, 22, 53, 79, 80, 82, 443, 444, 445, 1023, 1024, 2000, 2905, 8010, 65535,
            ])?)
        };
        let (first, second) = match (protocol, v4) {
            (6 | 17 | 132, _) => (port(u)?, port(u)?),
            (1, true) | (58, false) => (*u.choose(&[0, 3, 8, 128, 255])?, *u.choose(&[0, 4, 13, 255])?),
            _ => (0, 0),
        };
        packets.push(Packet {
            source,
            destination,
            protocol,
            first,
            second,
        });
    }
    Ok(packets)
}

/// Packets of the rules themselves, at the edges of their sets: these meet several rules at once.
pub fn packets_of(u: &mut Unstructured, rules: &[PlanRule], count: usize) -> Result<Vec<Packet>> {
    let mut found = packets(u, count / 4)?;
    while found.len() < count && !rules.is_empty() {
        let flow = &u.choose(rules)?.flow;
        let v4 = u.arbitrary()?;
        let (source, destination) = (
            edge_address(u, &flow.source, v4)?,
            edge_address(u, &flow.destination, v4)?,
        );
        let service = &flow.service;
        let regions = [
            (6, &service.tcp),
            (17, &service.udp),
            (132, &service.sctp),
            if v4 {
                (1, &service.icmp)
            } else {
                (58, &service.icmpv6)
            },
        ];
        let (mut protocol, region) = *u.choose(&regions)?;
        let (mut first, mut second) = (0, 0);
        if region.is_empty() {
            protocol = edge(u, service.other.ranges())?.unwrap_or(protocol);
        } else {
            let (keys, values) = u.choose(region.rows())?;
            first = edge(u, keys.ranges())?.unwrap_or(0);
            second = edge(u, values.ranges())?.unwrap_or(0);
        }
        let (Some(source), Some(destination)) = (source, destination) else {
            found.extend(packets(u, 1)?);
            continue;
        };
        found.push(Packet {
            source,
            destination,
            protocol,
            first,
            second,
        });
    }
    Ok(found)
}

fn edge<T: Copy>(u: &mut Unstructured, ranges: &[(T, T)]) -> Result<Option<T>> {
    if ranges.is_empty() {
        return Ok(None);
    }
    let (first, last) = *u.choose(ranges)?;
    Ok(Some(if u.arbitrary()? { first } else { last }))
}

fn edge_address(u: &mut Unstructured, set: &AddressSet, v4: bool) -> Result<Option<IpAddr>> {
    Ok(if v4 {
        edge(u, set.v4.ranges())?.map(|a| IpAddr::V4(Ipv4Addr::from(a)))
    } else {
        edge(u, set.v6.ranges())?.map(|a| IpAddr::V6(Ipv6Addr::from(a)))
    })
}
