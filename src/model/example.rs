//! One packet out of many, such that people believe it: between devices that exist, on a port they know.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Policy;
use crate::packet::{AddressSet, Family, FlowSet, IntervalSet, Packet, Region, ServiceSet, protocol};

/// The first ephemeral port (RFC 6335, section 6).
const SOURCE_PORT: u16 = 49152;
/// What to show of a wide range of ports.
const USUAL_PORTS: [u16; 6] = [443, 445, 3389, 22, 80, 53];

/// Addresses that stand for the internet: kept for documentation (RFC 5737, RFC 3849).
pub const DOCUMENTATION: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 9)),
];

/// Finds believable packets, by the addresses of a policy's devices.
#[derive(Debug)]
pub struct Examples {
    /// Ascending.
    devices: Vec<IpAddr>,
}

impl Examples {
    /// Examples among the devices of a policy.
    pub fn new(policy: &Policy) -> Self {
        let addresses = policy.devices.iter().flat_map(|device| &device.addresses);
        let mut devices: Vec<IpAddr> = addresses.map(|(address, _)| *address).collect();
        devices.sort_unstable();
        Self { devices }
    }

    /// The same, and none of these devices is preferred to others.
    #[must_use]
    pub fn without(mut self, addresses: &AddressSet) -> Self {
        self.devices.retain(|device| !addresses.contains(*device));
        self
    }

    /// A packet of a product, between devices where it has some on its sides.
    pub fn packet(&self, flow: &FlowSet) -> Option<Packet> {
        self.packet_of([flow])
    }

    /// A packet of one of some products, between devices where there are any.
    pub fn packet_of<'f>(&self, flows: impl IntoIterator<Item = &'f FlowSet>) -> Option<Packet> {
        let mut best: Option<(usize, Packet)> = None;
        for flow in flows {
            for family in Family::BOTH {
                let Some((score, packet)) = self.in_family(flow, family) else {
                    continue;
                };
                if best.is_none_or(|(most, _)| score > most) {
                    best = Some((score, packet));
                }
            }
            if best.is_some_and(|(score, _)| score == 3) {
                break;
            }
        }
        best.map(|(_, packet)| packet)
    }

    /// A packet of a family, and how much it is to be believed: by how many of its ends are devices, and least where a
    /// host talks to itself.
    fn in_family(&self, flow: &FlowSet, family: Family) -> Option<(usize, Packet)> {
        let (mut from_known, mut source) = self.address(&flow.source.only(family), None)?;
        let (to_known, destination) = self.address(&flow.destination.only(family), Some(source))?;
        if source == destination {
            (from_known, source) = self.address(&flow.source.only(family), Some(destination))?;
        }
        let (number, first, second) = header(&flow.service.in_family(family), family)?;
        let packet = Packet {
            source,
            destination,
            protocol: number,
            first,
            second,
        };
        let score = match source == destination {
            true => 0,
            false => 1 + usize::from(from_known) + usize::from(to_known),
        };
        flow.contains(&packet).then_some((score, packet))
    }

    /// An address of a set, a device's if there is one; another one than `not` where that can be.
    fn address(&self, set: &AddressSet, not: Option<IpAddr>) -> Option<(bool, IpAddr)> {
        let known = self.devices_in(set).find(|address| Some(*address) != not);
        known
            .map(|address| (true, address))
            .or_else(|| Some((false, host(set, not)?)))
    }

    fn devices_in<'a>(&'a self, set: &'a AddressSet) -> impl Iterator<Item = IpAddr> + 'a {
        let v4 = set.v4.ranges().iter();
        let v4 = v4.map(|(first, last)| (IpAddr::V4((*first).into()), IpAddr::V4((*last).into())));
        let v6 = set.v6.ranges().iter();
        let v6 = v6.map(|(first, last)| (IpAddr::V6((*first).into()), IpAddr::V6((*last).into())));
        v4.chain(v6).flat_map(|(first, last)| {
            let from = self.devices.partition_point(|device| *device < first);
            let rest = self.devices.get(from..).unwrap_or_default().iter().copied();
            rest.take_while(move |device| *device <= last)
        })
    }
}

/// An address that looks like a host's, not `not` where that can be.
fn host(set: &AddressSet, not: Option<IpAddr>) -> Option<IpAddr> {
    let wide = set.v4.count() > 1 << 25 || set.v4.is_empty();
    let documentation = DOCUMENTATION
        .into_iter()
        .filter(|address| wide && set.contains(*address));
    // The first address of a range is often that of the network itself, and the next that of its router.
    let v4 = set.v4.ranges().iter().flat_map(|(first, last)| {
        let usual = |number: u32| first.saturating_add(number).min(*last);
        [usual(9), usual(10), *first].map(|address| IpAddr::V4(address.into()))
    });
    let v6 = set.v6.ranges().iter().flat_map(|(first, last)| {
        let usual = |number: u128| first.saturating_add(number).min(*last);
        [usual(9), usual(10), *first].map(|address| IpAddr::V6(address.into()))
    });
    let mut all = documentation.chain(v4).chain(v6);
    let other = all.clone().find(|address| Some(*address) != not);
    other.or_else(|| all.next())
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
