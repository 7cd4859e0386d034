//! Packets at and around the edges of a policy's own rules, with the interfaces by which they cross a router.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use septum::packet::{AddressSet, IntervalSet, Ordinal, Packet, ServiceSet, protocol};

use super::meaning::Meaning;
use crate::oracle::address::AddressRange;
use crate::oracle::packets::{Packets, Random};

/// Draws packets for one policy. The same seed draws the same packets.
pub struct Cases<'a> {
    meaning: &'a Meaning<'a>,
    random: Random,
    /// Boundaries of zones and devices, without regard to rules.
    anything: Packets,
}

impl<'a> Cases<'a> {
    pub fn new(meaning: &'a Meaning<'a>, seed: u64) -> Self {
        let policy = meaning.policy;
        let ranges: Vec<AddressRange> = policy
            .zones
            .iter()
            .flat_map(|zone| &zone.subnets)
            .map(|(net, _)| AddressRange::prefix(net.addr(), net.prefix_len()).unwrap())
            .collect();
        let addresses: Vec<IpAddr> = policy
            .devices
            .iter()
            .flat_map(|device| device.addresses.iter().map(|(address, _)| *address))
            .collect();
        let ports: Vec<u16> = policy
            .rules
            .iter()
            .flat_map(|rule| [&rule.service.set.tcp, &rule.service.set.udp])
            .flat_map(|region| region.rows())
            .flat_map(|(_, ports)| ports.ranges())
            .flat_map(|(first, last)| [*first, *last])
            .collect();
        Self {
            meaning,
            random: Random::new(seed),
            anything: Packets::new(seed, &addresses, &ranges, &ports),
        }
    }

    /// A packet of a rule or just beside it; the answer to one; one of two rules mixed; or any at all.
    pub fn packet(&mut self) -> Packet {
        loop {
            let drawn = match self.random.below(20) {
                0..11 => self.around_rule(false),
                11..14 => self.around_rule(true),
                14..17 => self.around_rule(false).map(|packet| turned(&packet)),
                _ => self.anything.next(),
            };
            if let Some(packet) = drawn.filter(Packet::is_possible) {
                return packet;
            }
        }
    }

    /// A packet that mostly belongs to a point: some path of it crosses there.
    pub fn packet_at(&mut self, point: usize) -> Packet {
        for _ in 0..self.random.below(40) {
            let packet = self.packet();
            if !self.meaning.ways(point, &packet).is_empty() {
                return packet;
            }
        }
        self.packet()
    }

    /// A packet to an address of a point: what manages it, what it runs, or anything.
    pub fn packet_to(&mut self, own: &[IpAddr], manage: &[(AddressSet, ServiceSet)]) -> Packet {
        loop {
            let mut packet = self.packet();
            if let Some(destination) = self.random.pick(own).filter(|_| self.random.below(4) != 0) {
                packet.destination = destination;
            }
            if let (Some(index), true) = (
                (!manage.is_empty()).then(|| self.random.below(manage.len())),
                self.random.below(2) == 0,
            ) {
                let (from, service) = &manage[index];
                let v6 = packet.destination.is_ipv6();
                let source = self.address(from, v6);
                let (Some(source), Some((number, first, second))) = (source, self.service(service, v6))
                else {
                    continue;
                };
                packet = Packet {
                    source,
                    protocol: number,
                    first,
                    second,
                    ..packet
                };
            }
            if packet.is_possible() {
                return packet;
            }
        }
    }

    /// The interfaces by which a packet comes in and leaves: mostly those of one of its paths.
    pub fn interfaces(&mut self, point: usize, packet: &Packet) -> (usize, usize) {
        let interfaces = self.meaning.point(point).interfaces();
        let ways: Vec<(usize, usize)> = self.meaning.ways(point, packet).iter().copied().collect();
        if let Some((from, to)) = self.random.pick(&ways).filter(|_| self.random.below(5) != 0) {
            let at = |zone| {
                interfaces
                    .iter()
                    .position(|interface| interface.zone.index() == zone)
            };
            return (at(from).unwrap(), at(to).unwrap());
        }
        (
            self.random.below(interfaces.len()),
            self.random.below(interfaces.len()),
        )
    }

    fn around_rule(&mut self, mixed: bool) -> Option<Packet> {
        let rules = &self.meaning.rules;
        let one = self.random.below(rules.len());
        let mut other = |fixed| {
            if mixed {
                self.random.below(rules.len())
            } else {
                fixed
            }
        };
        let (a, b, c) = (&rules[one].1, &rules[other(one)].1, &rules[other(one)].1);
        let v6 = if a.source.v6.is_empty() || b.destination.v6.is_empty() {
            self.random.below(12) == 0
        } else {
            self.random.below(2) == 0
        };
        let (source, destination) = (self.address(&a.source, v6)?, self.address(&b.destination, v6)?);
        let (number, first, second) = self.service(&c.service, v6)?;
        Some(Packet {
            source,
            destination,
            protocol: number,
            first,
            second,
        })
    }

    fn address(&mut self, set: &AddressSet, v6: bool) -> Option<IpAddr> {
        if v6 {
            Some(Ipv6Addr::from_bits(self.near(&set.v6)?).into())
        } else {
            Some(Ipv4Addr::from_bits(self.near(&set.v4)?).into())
        }
    }

    /// Protocol and header numbers of a service, or beside it.
    fn service(&mut self, service: &ServiceSet, v6: bool) -> Option<(u8, u16, u16)> {
        let icmp = if v6 {
            (protocol::ICMPV6, &service.icmpv6)
        } else {
            (protocol::ICMP, &service.icmp)
        };
        let regions = [
            (protocol::TCP, &service.tcp),
            (protocol::UDP, &service.udp),
            (protocol::SCTP, &service.sctp),
            icmp,
        ];
        let present: Vec<_> = regions
            .into_iter()
            .filter(|(_, region)| !region.is_empty())
            .collect();
        if present.is_empty() || (!service.other.is_empty() && self.random.below(3) == 0) {
            return Some((self.near(&service.other)?, 0, 0)).filter(|(number, _, _)| {
                ![protocol::TCP, protocol::UDP, protocol::SCTP, icmp.0].contains(number)
            });
        }
        let (number, region) = present[self.random.below(present.len())];
        let (firsts, seconds) = &region.rows()[self.random.below(region.rows().len())];
        let first = if firsts.is_full() {
            1024 + u16::try_from(self.random.below(60_000)).unwrap()
        } else {
            self.near(firsts)?
        };
        let second = self.near(seconds)?;
        // Now and then the same numbers under another protocol.
        let number = match self.random.below(12) {
            0 if number == protocol::TCP => protocol::UDP,
            0 if number == protocol::UDP => protocol::TCP,
            _ => number,
        };
        Some((number, first, second))
    }

    /// A value at or beside an edge of a set.
    fn near<T: Ordinal>(&mut self, set: &IntervalSet<T>) -> Option<T> {
        let ranges = set.ranges();
        let (first, last) = *ranges.get(self.random.below(ranges.len()))?;
        Some(match self.random.below(16) {
            0 => first.previous().unwrap_or(first),
            1 => last.next().unwrap_or(last),
            2..=6 => last,
            _ => first,
        })
    }
}

/// The packet that comes back: addresses and ports the other way round, echo-reply for echo-request.
fn turned(packet: &Packet) -> Packet {
    let (first, second) = match (packet.protocol, packet.source.is_ipv6()) {
        (protocol::ICMP, false) if packet.first == 8 => (0, packet.second),
        (protocol::ICMPV6, true) if packet.first == 128 => (129, packet.second),
        (protocol::ICMP, false) | (protocol::ICMPV6, true) => (packet.first, packet.second),
        _ => (packet.second, packet.first),
    };
    Packet {
        source: packet.destination,
        destination: packet.source,
        first,
        second,
        ..*packet
    }
}
