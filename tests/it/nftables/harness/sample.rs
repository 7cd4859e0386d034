//! Probes around the edges of a plan: where a rule begins and ends, and just beside it.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use septum::packet::{Family, IntervalSet, Ordinal, Packet, Region, protocol};
use septum::plan::{DevicePlan, PlanRule, Role};

use super::{Entry, Probe, Topology, Verdict, expect};

/// A small generator (xorshift64*), so that a failure can be had again.
pub struct Random(pub u64);

impl Random {
    /// A number under a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit.max(1)
    }

    /// A value at or beside an edge of a set, or anywhere between the edges.
    fn near<T: Ordinal>(&mut self, set: &IntervalSet<T>) -> Option<T> {
        let (first, last) = *set.ranges().get(self.below(set.ranges().len()))?;
        match self.below(10) {
            0 => first.previous().or(Some(first)),
            1 => last.next().or(Some(last)),
            2..=4 => Some(last),
            _ => Some(first),
        }
    }

    /// One of some items.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

/// About `count` probes around the rules of a plan, with the answers of those that should pass. Deterministic.
pub fn sample(plan: &DevicePlan, topology: &Topology, count: usize) -> Vec<Probe> {
    let mut random = Random(0x5EED_5EED_5EED_5EED);
    let lists = rule_lists(plan);
    let interfaces: Vec<&str> = topology.ports.iter().map(|port| port.name.as_str()).collect();
    let mut openers: Vec<Probe> = Vec::new();
    let mut seen = BTreeSet::new();
    for _ in 0..count * 20 {
        if openers.len() >= count {
            break;
        }
        let Some((usual, rules)) = random.pick(&lists) else {
            break;
        };
        // Source, destination and service mostly of one rule, now and then of different ones.
        let (Some(one), Some(other)) = (random.pick(rules), random.pick(rules)) else {
            continue;
        };
        let of = |mixed: bool| if mixed { other } else { one };
        let (a, b, c) = (random.below(8) == 0, random.below(8) == 0, random.below(8) == 0);
        let family = *random.pick(&Family::BOTH).unwrap();
        let Some(packet) = packet(&mut random, family, of(a), of(b), of(c)) else {
            continue;
        };
        let entry = match usual {
            None => Entry::Device,
            // Now and then by a wrong interface: a source that does not live there.
            Some(_) if random.below(8) == 0 => interface(&mut random, &interfaces),
            Some(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                interface(&mut random, &names)
            }
        };
        let sensible = match &entry {
            Entry::Device => {
                topology.way_to(packet.destination).is_some() && !topology.is_own(packet.destination)
            }
            Entry::Interface(_) => {
                let to = topology.is_own(packet.destination) || topology.way_to(packet.destination).is_some();
                // The kernel itself refuses its own address from outside, and what it cannot route.
                to && !topology.is_own(packet.source) && topology.way_to(packet.source).is_some()
            }
        };
        // Twice the same packet would tell nothing new, and cost a round of its own.
        if sensible && seen.insert(packet) {
            openers.push(Probe::opens(entry, packet));
        }
    }
    let expected = expect(plan, topology, &openers);
    let mut probes = Vec::new();
    for (opener, verdict) in openers.into_iter().zip(expected) {
        let from = match verdict {
            Verdict::Left(name) => Some(Entry::Interface(name)),
            Verdict::Delivered => Some(Entry::Device),
            Verdict::Dropped => None,
        };
        let answer = from.and_then(|from| Probe::answer(probes.len(), &opener, from));
        probes.push(opener);
        probes.extend(answer);
    }
    probes
}

fn interface(random: &mut Random, names: &[&str]) -> Entry {
    Entry::Interface((*random.pick(names).unwrap()).to_owned())
}

/// Each list of rules with the interfaces by which its packets come in, none for the device's own.
fn rule_lists(plan: &DevicePlan) -> Vec<(Option<Vec<String>>, Vec<PlanRule>)> {
    let mut lists = match &plan.role {
        Role::Router(forwarding) => forwarding
            .pairs
            .iter()
            .map(|pair| {
                let ports = forwarding.sides[pair.from].interfaces.iter();
                (
                    Some(ports.map(|port| port.name.clone()).collect()),
                    pair.rules.clone(),
                )
            })
            .collect(),
        Role::Host(host) => vec![
            (Some(vec!["eth0".to_owned()]), host.inbound.clone()),
            (None, host.outbound.clone()),
        ],
    };
    if !plan.local.manage.is_empty() {
        let all = match &plan.role {
            Role::Router(forwarding) => forwarding
                .sides
                .iter()
                .flat_map(|side| &side.interfaces)
                .map(|p| p.name.clone())
                .collect(),
            Role::Host(_) => vec!["eth0".to_owned()],
        };
        lists.push((Some(all), plan.local.manage.clone()));
    }
    lists.retain(|(_, rules)| !rules.is_empty());
    lists
}

/// A packet around the source of one rule, the destination of another and the service of a third.
pub fn packet(
    random: &mut Random,
    family: Family,
    a: &PlanRule,
    b: &PlanRule,
    c: &PlanRule,
) -> Option<Packet> {
    let (source, destination) = (&a.flow.source, &b.flow.destination);
    let (source, destination): (IpAddr, IpAddr) = match family {
        Family::V4 => (
            Ipv4Addr::from(random.near(&source.v4)?).into(),
            Ipv4Addr::from(random.near(&destination.v4)?).into(),
        ),
        Family::V6 => (
            Ipv6Addr::from(random.near(&source.v6)?).into(),
            Ipv6Addr::from(random.near(&destination.v6)?).into(),
        ),
    };
    let service = c.flow.service.in_family(family);
    let (icmp, region, requests): (u8, &Region, &[u16]) = match family {
        Family::V4 => (protocol::ICMP, &service.icmp, &[8, 13, 17]),
        Family::V6 => (protocol::ICMPV6, &service.icmpv6, &[128]),
    };
    let regions = [
        (protocol::TCP, &service.tcp),
        (protocol::UDP, &service.udp),
        (protocol::SCTP, &service.sctp),
        (icmp, region),
    ];
    let present: Vec<_> = regions.iter().filter(|(_, region)| !region.is_empty()).collect();
    let packet = |protocol, first, second| Packet {
        source,
        destination,
        protocol,
        first,
        second,
    };
    if present.is_empty() || random.below(10) == 0 {
        let number = random
            .near(&service.other)
            .filter(|number| [2, 50, 89, 103, 112].contains(number));
        let number = number
            .or(Some(50))
            .filter(|_| !service.other.is_empty() || random.below(4) == 0)?;
        return Some(packet(number, 0, 0));
    }
    let (number, region) = **random.pick(&present)?;
    let (firsts, seconds) = random.pick(region.rows())?;
    if number == icmp {
        // Others open no flow for conntrack, whatever the rules say.
        let request = *random.pick(requests)?;
        return Some(packet(
            number,
            request,
            random.near(seconds).filter(|code| *code < 256)?,
        ));
    }
    let first = if firsts.is_full() {
        1024 + u16::try_from(random.below(60_000)).unwrap()
    } else {
        random.near(firsts)?
    };
    // Now and then the same ports under another protocol.
    let number = if random.below(20) == 0 {
        protocol::UDP
    } else {
        number
    };
    Some(packet(number, first, random.near(seconds)?))
}
