//! Packets at and around the boundaries that matter, and random ones. The same seed gives the same packets.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use septum::packet::Packet;

use super::address::{AddressRange, from_number, number};

/// Xorshift64* (Vigna 2016): deterministic, and good enough to pick with.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        // The state must not be zero.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `bound`; 0 where that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from((self.next() >> 11) % bound).unwrap_or(0)
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        items.get(self.below(items.len())).copied()
    }

    fn port(&mut self) -> u16 {
        u16::try_from(self.next() >> 48).unwrap_or(0)
    }
}

/// Makes packets from the numbers that the rules under test mention. An endless iterator.
#[derive(Clone, Debug)]
pub struct Packets {
    v4: Vec<IpAddr>,
    v6: Vec<IpAddr>,
    ports: Vec<u16>,
    random: Random,
}

/// TCP, UDP, ICMP, ICMPv6, SCTP, ESP, and both ends of the number space.
pub const PROTOCOLS: [u8; 8] = [6, 17, 1, 58, 132, 50, 0, 255];

const ICMP_TYPES: [u16; 8] = [0, 3, 5, 8, 11, 13, 40, 255];
const ICMPV6_TYPES: [u16; 12] = [1, 2, 3, 128, 129, 130, 133, 134, 135, 136, 143, 255];
const ICMP_CODES: [u16; 7] = [0, 0, 0, 1, 4, 13, 255];

impl Packets {
    pub fn new(seed: u64, addresses: &[IpAddr], ranges: &[AddressRange], ports: &[u16]) -> Self {
        let mut points: BTreeSet<IpAddr> = BTreeSet::from([
            IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V4(Ipv4Addr::BROADCAST),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            IpAddr::V6(Ipv6Addr::from_bits(u128::MAX)),
        ]);
        for address in addresses {
            points.extend(around(*address));
        }
        for range in ranges {
            points.extend(around(range.first));
            points.extend(around(range.last));
            let middle = number(range.first) + (number(range.last) - number(range.first)) / 2;
            points.extend(from_number(middle, range.first));
        }
        let mut numbers = BTreeSet::from([0, 1, 1023, 1024, 65535]);
        for port in ports {
            numbers.extend([port.saturating_sub(1), *port, port.saturating_add(1)]);
        }
        let (v4, v6) = points.into_iter().partition(IpAddr::is_ipv4);
        Self {
            v4,
            v6,
            ports: numbers.into_iter().collect(),
            random: Random::new(seed),
        }
    }

    /// The boundary addresses of a family.
    pub fn addresses(&self, v6: bool) -> &[IpAddr] {
        if v6 { &self.v6 } else { &self.v4 }
    }

    /// The boundary ports.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// Every pair of boundary addresses of one family, each with one packet a protocol. Ports take turns, so that
    /// the number of packets stays pairs times protocols.
    pub fn all_pairs(&mut self) -> Vec<Packet> {
        let mut packets = Vec::new();
        for pool in [self.v4.clone(), self.v6.clone()] {
            for source in &pool {
                for destination in &pool {
                    for protocol in PROTOCOLS {
                        packets.push(self.with(*source, *destination, protocol));
                    }
                }
            }
        }
        packets
    }

    /// Between the two given addresses: every protocol, with every boundary port as source and as destination and
    /// every well-known ICMP type.
    pub fn all_services(&mut self, source: IpAddr, destination: IpAddr) -> Vec<Packet> {
        let mut packets = Vec::new();
        for protocol in PROTOCOLS {
            let (firsts, seconds): (Vec<u16>, Vec<u16>) = match (protocol, source.is_ipv6()) {
                (6 | 17 | 132, _) => (self.ports.clone(), self.ports.clone()),
                (1, false) => (ICMP_TYPES.to_vec(), ICMP_CODES.to_vec()),
                (58, true) => (ICMPV6_TYPES.to_vec(), ICMP_CODES.to_vec()),
                _ => (vec![0], vec![0]),
            };
            for first in &firsts {
                for second in &seconds {
                    packets.push(Packet {
                        source,
                        destination,
                        protocol,
                        first: *first,
                        second: *second,
                    });
                }
            }
        }
        packets
    }

    fn with(&mut self, source: IpAddr, destination: IpAddr, protocol: u8) -> Packet {
        let (first, second) = match (protocol, source.is_ipv6()) {
            (6 | 17 | 132, _) => (self.port(), self.port()),
            (1, false) => self.message(&ICMP_TYPES),
            (58, true) => self.message(&ICMPV6_TYPES),
            _ => (0, 0),
        };
        Packet {
            source,
            destination,
            protocol,
            first,
            second,
        }
    }

    fn port(&mut self) -> u16 {
        if self.random.below(4) == 0 {
            return self.random.port();
        }
        self.random.pick(&self.ports).unwrap_or(0)
    }

    fn message(&mut self, types: &[u16]) -> (u16, u16) {
        let kind = self.random.pick(types).unwrap_or(0);
        (kind, self.random.pick(&ICMP_CODES).unwrap_or(0))
    }

    /// Mostly a boundary, sometimes any address at all.
    fn address(&mut self, v6: bool) -> IpAddr {
        let anything = if v6 {
            let high = u128::from(self.random.next()) << 64;
            IpAddr::V6(Ipv6Addr::from_bits(high | u128::from(self.random.next())))
        } else {
            IpAddr::V4(Ipv4Addr::from_bits(
                u32::try_from(self.random.next() >> 32).unwrap_or(0),
            ))
        };
        if self.random.below(10) == 0 {
            return anything;
        }
        let pool = if v6 { &self.v6 } else { &self.v4 };
        self.random.pick(pool).unwrap_or(anything)
    }
}

impl Iterator for Packets {
    type Item = Packet;

    fn next(&mut self) -> Option<Packet> {
        let v6 = self.random.below(2) == 1;
        let (source, destination) = (self.address(v6), self.address(v6));
        // Protocols with ports are where rules differ most.
        let protocol = match self.random.below(16) {
            0..8 => self.random.pick(&[6, 17]).unwrap_or(6),
            8..15 => self.random.pick(&PROTOCOLS).unwrap_or(6),
            _ => self.random.next().to_be_bytes()[0],
        };
        Some(self.with(source, destination, protocol))
    }
}

/// An address with its neighbours on both sides, where there are any.
fn around(address: IpAddr) -> Vec<IpAddr> {
    let value = number(address);
    [value.checked_sub(1), Some(value), value.checked_add(1)]
        .into_iter()
        .flatten()
        .filter_map(|value| from_number(value, address))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(seed: u64) -> Packets {
        let ranges = [
            AddressRange::parse_prefix("10.1.0.0/16").unwrap(),
            AddressRange::parse_prefix("2001:db8::/64").unwrap(),
        ];
        Packets::new(seed, &["192.0.2.1".parse().unwrap()], &ranges, &[443, 65535])
    }

    #[test]
    fn both_ends_of_a_prefix_and_their_neighbours_are_there() {
        let packets = packets(1);
        for address in [
            "10.0.255.255",
            "10.1.0.0",
            "10.1.255.255",
            "10.2.0.0",
            "192.0.2.0",
            "192.0.2.2",
        ] {
            assert!(
                packets.addresses(false).contains(&address.parse().unwrap()),
                "{address}"
            );
        }
        for address in [
            "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db8::",
            "2001:db8:0:1::",
        ] {
            assert!(
                packets.addresses(true).contains(&address.parse().unwrap()),
                "{address}"
            );
        }
        assert_eq!(packets.ports(), [0, 1, 442, 443, 444, 1023, 1024, 65534, 65535]);
    }

    #[test]
    fn a_seed_gives_the_same_packets_again_and_another_seed_others() {
        let draw = |seed| packets(seed).take(50).collect::<Vec<_>>();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn packets_are_of_one_family_and_all_protocols_come_up() {
        let drawn: Vec<Packet> = packets(3).take(4000).collect();
        assert!(
            drawn
                .iter()
                .all(|p| p.source.is_ipv4() == p.destination.is_ipv4())
        );
        for protocol in PROTOCOLS {
            for v6 in [false, true] {
                assert!(
                    drawn
                        .iter()
                        .any(|p| p.protocol == protocol && p.source.is_ipv6() == v6)
                );
            }
        }
    }

    #[test]
    fn only_protocols_with_header_numbers_have_them() {
        for packet in packets(4).take(2000).chain(packets(4).all_pairs()) {
            let has_numbers = match packet.protocol {
                6 | 17 | 132 => true,
                1 => packet.source.is_ipv4(),
                58 => packet.source.is_ipv6(),
                _ => false,
            };
            assert!(has_numbers || (packet.first, packet.second) == (0, 0), "{packet}");
        }
    }

    #[test]
    fn every_service_boundary_is_tried_between_two_addresses() {
        let services = packets(5).all_services("10.1.0.0".parse().unwrap(), "192.0.2.1".parse().unwrap());
        assert!(
            services
                .iter()
                .any(|p| p.protocol == 6 && p.first == 0 && p.second == 444)
        );
        assert!(
            services
                .iter()
                .any(|p| p.protocol == 1 && p.first == 3 && p.second == 4)
        );
    }
}
