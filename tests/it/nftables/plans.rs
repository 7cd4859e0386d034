//! Small plans built by hand.

use std::sync::Arc;

use ipnet::IpNet;
use septum::packet::{AddressSet, FlowSet, IntervalSet, ServiceSet};
use septum::plan::{
    DevicePlan, Forwarding, HostPlan, LocalPlan, PairPlan, PlanRule, PortInterface, Role, RunProtocol, Side,
};
use septum::syntax::tree::{Action, Rate};
use septum::target::nftables::Nftables;
use septum::target::{Emitted, Owned, Platform};

use crate::said::said;

/// Addresses from words: prefixes, single addresses, ranges `a-b` of IPv4.
pub fn addresses(text: &str) -> Arc<AddressSet> {
    let mut all = AddressSet::empty();
    for word in text.split_whitespace() {
        let part = if word == "any" {
            AddressSet::full()
        } else if let Some((first, last)) = word.split_once('-') {
            let number = |a: &str| u32::from(a.parse::<std::net::Ipv4Addr>().unwrap());
            AddressSet {
                v4: IntervalSet::range(number(first), number(last)),
                ..AddressSet::empty()
            }
        } else if word.contains('/') {
            AddressSet::from_prefixes([&word.parse::<IpNet>().unwrap()])
        } else {
            AddressSet::from_addresses([word.parse().unwrap()])
        };
        all = all.union(&part);
    }
    Arc::new(all)
}

fn numbers(text: &str) -> IntervalSet<u16> {
    IntervalSet::from_ranges(text.split(',').map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        (first.parse().unwrap(), last.parse().unwrap())
    }))
}

/// A service from terms: `tcp:80,443`, `udp:53/1024-65535` (source ports), `icmp:8`, `icmp:3/4`, `proto:50`, `any`.
pub fn service(text: &str) -> ServiceSet {
    let ports = IntervalSet::full();
    let codes = IntervalSet::range(0, 255);
    text.split_whitespace().fold(ServiceSet::empty(), |all, term| {
        if term == "any" {
            return ServiceSet::full();
        }
        let (kind, rest) = term.split_once(':').unwrap();
        let (first, second) = match rest.split_once('/') {
            Some((first, second)) => (numbers(first), Some(numbers(second))),
            None => (numbers(rest), None),
        };
        let part = match kind {
            "tcp" => ServiceSet::tcp(second.unwrap_or(ports.clone()), first),
            "udp" => ServiceSet::udp(second.unwrap_or(ports.clone()), first),
            "sctp" => ServiceSet::sctp(second.unwrap_or(ports.clone()), first),
            "icmp" => ServiceSet::icmp(&first, &second.unwrap_or(codes.clone())),
            "icmpv6" => ServiceSet::icmpv6(&first, &second.unwrap_or(codes.clone())),
            "proto" => {
                let protocols = first.ranges().iter().map(|(a, b)| (*a as u8, *b as u8));
                ServiceSet::protocols(&IntervalSet::from_ranges(protocols))
            }
            _ => panic!("unknown term {term}"),
        };
        all.union(&part)
    })
}

/// A rule; its id is its text.
pub fn rule(action: Action, id: &str, source: &str, destination: &str, services: &str) -> PlanRule {
    PlanRule {
        flow: FlowSet {
            source: addresses(source),
            destination: addresses(destination),
            service: Arc::new(service(services)),
        },
        said: said(action, id, [source, destination, services]),
    }
}

pub fn allow(id: &str, source: &str, destination: &str, services: &str) -> PlanRule {
    rule(Action::Allow, id, source, destination, services)
}

pub fn deny(id: &str, source: &str, destination: &str, services: &str) -> PlanRule {
    rule(Action::Deny, id, source, destination, services)
}

pub fn logged(mut rule: PlanRule) -> PlanRule {
    Arc::make_mut(&mut rule.said).log = true;
    rule
}

pub fn rated(mut rule: PlanRule, rate: Rate) -> PlanRule {
    Arc::make_mut(&mut rule.said).rate = Some(rate);
    rule
}

pub fn side(zone: &str, interfaces: &str, behind: &str) -> Side {
    let port = |name: &str| PortInterface {
        name: name.to_owned(),
        addresses: Vec::new(),
    };
    Side {
        zone: zone.to_owned(),
        interfaces: interfaces.split_whitespace().map(port).collect(),
        behind: addresses(behind),
    }
}

pub fn pair(from: usize, to: usize, rules: Vec<PlanRule>) -> PairPlan {
    PairPlan {
        from,
        to,
        rules,
        replies: Vec::new(),
    }
}

fn device(role: Role, local: LocalPlan) -> DevicePlan {
    DevicePlan {
        device: "core".to_owned(),
        platform: "nftables".to_owned(),
        claimed: Arc::new(AddressSet::empty()),
        role,
        local,
    }
}

pub fn router(sides: Vec<Side>, pairs: Vec<PairPlan>, local: LocalPlan) -> DevicePlan {
    device(Role::Router(Forwarding { sides, pairs }), local)
}

pub fn host(
    addresses: Arc<AddressSet>,
    inbound: Vec<PlanRule>,
    outbound: Vec<PlanRule>,
    local: LocalPlan,
) -> DevicePlan {
    device(
        Role::Host(HostPlan {
            addresses,
            inbound,
            outbound,
        }),
        local,
    )
}

/// What the platform writes with its own assets.
pub fn emit(plan: &DevicePlan, previous: &Owned) -> Emitted {
    Nftables.emit(plan, &Nftables.assets(), previous).unwrap()
}

/// A router with enough flows of each shape for every kind of table in both families, without the rules of one
/// number.
pub fn busy(without: usize) -> DevicePlan {
    let mut rules = vec![
        deny("no-telnet", "10.20.0.0/24", "10.30.1.0/24", "tcp:23"),
        logged(allow(
            "any",
            "10.20.3.3 2001:db8:20::3",
            "10.30.1.99 2001:db8:30:1::99",
            "any",
        )),
    ];
    for n in 0..40 {
        let (v4, v6) = (
            format!("10.20.1.{n} 2001:db8:20::{n:x}"),
            "10.30.1.10 2001:db8:30:1::10",
        );
        rules.push(allow(
            &format!("exact-{n}"),
            &v4,
            v6,
            &format!("tcp:{}", 2000 + n),
        ));
        // Half of them of several ports, which several rules ask of the same pair of networks.
        let first = 3000 + n * 7;
        let ports = match n % 2 {
            0 => format!("udp:{first}-{}", first + 9),
            _ => format!("udp:{}", 4000 + n),
        };
        rules.push(allow(
            &format!("wide-{n}"),
            &format!("10.20.{}.0/24 2001:db8:20:0:{n:x}::/80", n % 4),
            "10.30.1.0/25 2001:db8:30:1::/80",
            &ports,
        ));
    }
    for n in 0..40 {
        // Products of many flows: some destinations and ports are those of several rules.
        let (mut from, mut to) = (String::new(), "10.30.1.53 2001:db8:30:1::53".to_owned());
        for m in 0..5 {
            from.push_str(&format!(
                "10.20.2.{} 2001:db8:20::2:{:x} ",
                6 * n + 2 * m,
                6 * n + 2 * m
            ));
            to.push_str(&format!(
                " 10.30.1.{} 2001:db8:30:1::1:{:x}",
                128 + (n + 4 * m) % 32,
                (n + 4 * m) % 32
            ));
        }
        if n % 2 == 0 {
            from.push_str("10.20.2.240/28 2001:db8:20::2:f0/124");
        }
        rules.push(allow(
            &format!("group-{n}"),
            &from,
            &to,
            &format!("tcp:{},{} udp:53", 4000 + n % 3, 4010 + n),
        ));
        // Services that no key can hold.
        let service = ["tcp:1024-65535", "icmp:8 icmpv6:128", "udp:5000-5999"][n % 3];
        rules.push(allow(
            &format!("odd-{n}"),
            &format!("10.20.3.{}/30 2001:db8:20::3:{:x}/126", 4 * n, 4 * n),
            &format!("10.30.1.{} 2001:db8:30:1::2:{:x}", 192 + n / 2, n / 2),
            service,
        ));
    }
    rules.retain(|rule| !rule.said.origin.id.ends_with(&format!("-{without}")));
    router(
        vec![
            side("pumps", "eth0 eth1", "10.20.0.0/22 2001:db8:20::/64"),
            side("servers", "eth2", "10.30.1.0/24 2001:db8:30:1::/64"),
        ],
        vec![pair(0, 1, rules)],
        LocalPlan {
            own: addresses("10.20.0.1 2001:db8:20::1"),
            manage: vec![allow("manage", "10.30.1.0/24", "10.20.0.1", "tcp:22")],
            run: RunProtocol::ALL.map(|(_, protocol)| protocol.into()).to_vec(),
        },
    )
}
