//! One packet out of many, such that people believe it: between devices that exist, on a port they know.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Context;
use crate::packet::{AddressSet, Family, FlowSet, IntervalSet, Packet, Region, ServiceSet, protocol};

/// Products looked at for one between known devices.
const LOOKED_AT: usize = 64;
/// The first ephemeral port (RFC 6335, section 6).
const SOURCE_PORT: u16 = 49152;
/// What to show of a wide range of ports.
const USUAL_PORTS: [u16; 6] = [443, 445, 3389, 22, 80, 53];

impl Context<'_> {
    /// A packet of one of the products that the policy permits.
    pub(super) fn example(&self, products: &[FlowSet]) -> Option<Packet> {
        self.packet_of(products)
            .filter(|packet| self.permitted.permits(packet))
    }

    /// A packet of one of the products, permitted or not.
    pub(super) fn packet_of(&self, products: &[FlowSet]) -> Option<Packet> {
        let mut best: Option<(usize, Packet)> = None;
        for flow in products.iter().take(LOOKED_AT) {
            for family in Family::BOTH {
                let Some((known, packet)) = self.packet_in(flow, family) else {
                    continue;
                };
                if best.is_none_or(|(score, _)| known > score) {
                    best = Some((known, packet));
                }
            }
            if best.is_some_and(|(score, _)| score == 2) {
                break;
            }
        }
        best.map(|(_, packet)| packet)
    }

    /// A packet of a family, and how many of its ends are known devices.
    fn packet_in(&self, flow: &FlowSet, family: Family) -> Option<(usize, Packet)> {
        let (from_known, source) = self.address(&flow.source.only(family), None)?;
        let (to_known, destination) = self.address(&flow.destination.only(family), Some(source))?;
        let (number, first, second) = header(&flow.service.in_family(family), family)?;
        let packet = Packet {
            source,
            destination,
            protocol: number,
            first,
            second,
        };
        flow.contains(&packet)
            .then_some((usize::from(from_known) + usize::from(to_known), packet))
    }

    /// An address of a set, a device's if there is one; another one than `not` where that can be.
    fn address(&self, set: &AddressSet, not: Option<IpAddr>) -> Option<(bool, IpAddr)> {
        let known = self
            .known_addresses(set)
            .find(|(address, _)| Some(*address) != not);
        known
            .map(|(address, _)| (true, address))
            .or_else(|| Some((false, host(set)?)))
    }
}

/// An address that looks like a host's. Of the internet, one kept for documentation (RFC 5737, RFC 3849).
fn host(set: &AddressSet) -> Option<IpAddr> {
    let examples = [
        IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)),
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 9)),
    ];
    if (set.v4.count() > 1 << 25 || set.v4.is_empty())
        && let Some(address) = examples.into_iter().find(|address| set.contains(*address))
    {
        return Some(address);
    }
    if let Some((first, last)) = set.v4.ranges().first() {
        return Some(IpAddr::V4(Ipv4Addr::from(first.saturating_add(9).min(*last))));
    }
    let (first, last) = set.v6.ranges().first()?;
    Some(IpAddr::V6(Ipv6Addr::from(first.saturating_add(9).min(*last))))
}

/// Protocol and header numbers of a service of one family.
fn header(service: &ServiceSet, family: Family) -> Option<(u8, u16, u16)> {
    let icmp = match family {
        Family::V4 => (protocol::ICMP, &service.icmp),
        Family::V6 => (protocol::ICMPV6, &service.icmpv6),
    };
    let with_ports = [
        (protocol::TCP, &service.tcp),
        (protocol::UDP, &service.udp),
        (protocol::SCTP, &service.sctp),
    ];
    let ports = with_ports.into_iter().find_map(|(number, region)| {
        let (first, second) = usual(region)?;
        Some((number, first, second))
    });
    ports
        .or_else(|| {
            let (first, second) = icmp.1.rows().first()?;
            Some((icmp.0, first.first()?, second.first()?))
        })
        .or_else(|| Some((service.other.first()?, 0, 0)))
}

fn usual(region: &Region) -> Option<(u16, u16)> {
    let (sources, destinations) = region
        .rows()
        .iter()
        .find(|(keys, _)| keys.contains(SOURCE_PORT))
        .or(region.rows().first())?;
    let source = if sources.contains(SOURCE_PORT) {
        SOURCE_PORT
    } else {
        sources.first()?
    };
    Some((source, usual_port(destinations)?))
}

fn usual_port(ports: &IntervalSet<u16>) -> Option<u16> {
    let wide = ports.ranges().iter().any(|(first, last)| last - first > 100);
    let usual = USUAL_PORTS.into_iter().find(|port| ports.contains(*port));
    usual.filter(|_| wide).or(ports.first())
}
