//! What a policy means for one packet: some allow and no deny. Order never matters.

use std::net::IpAddr;

use septum::packet::Packet;

use super::address::AddressRange;

/// A zone by the addresses that it claims.
#[derive(Clone, Debug, Default)]
pub struct NaiveZone {
    pub prefixes: Vec<AddressRange>,
    /// It owns every address that no other zone claims.
    pub external: bool,
}

/// Protocol and header numbers; each part that is `None` matches everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NaiveService {
    pub protocol: Option<u8>,
    /// Source port, or ICMP type: first and last.
    pub first: Option<(u16, u16)>,
    /// Destination port, or ICMP code: first and last.
    pub second: Option<(u16, u16)>,
    /// `Some(true)`: IPv6 only, `Some(false)`: IPv4 only.
    pub v6: Option<bool>,
}

impl NaiveService {
    fn contains(&self, packet: &Packet) -> bool {
        let within =
            |range: Option<(u16, u16)>, value| range.is_none_or(|(low, high)| low <= value && value <= high);
        self.protocol.is_none_or(|protocol| protocol == packet.protocol)
            && self.v6.is_none_or(|v6| v6 == packet.source.is_ipv6())
            && within(self.first, packet.first)
            && within(self.second, packet.second)
    }
}

/// One rule, its names resolved. An empty side holds no address, and so the rule matches nothing.
#[derive(Clone, Debug)]
pub struct NaiveRule {
    pub allow: bool,
    pub sources: Vec<AddressRange>,
    pub destinations: Vec<AddressRange>,
    pub services: Vec<NaiveService>,
}

impl NaiveRule {
    pub fn matches(&self, packet: &Packet) -> bool {
        let holds = |ranges: &[AddressRange], address| ranges.iter().any(|range| range.contains(address));
        holds(&self.sources, packet.source)
            && holds(&self.destinations, packet.destination)
            && self.services.iter().any(|service| service.contains(packet))
    }
}

#[derive(Clone, Debug, Default)]
pub struct NaivePolicy {
    pub zones: Vec<NaiveZone>,
    pub rules: Vec<NaiveRule>,
}

impl NaivePolicy {
    /// What the rules say. Whether a device sees the packet at all is another matter: [`Self::is_intra_zone`].
    pub fn permits(&self, packet: &Packet) -> bool {
        let some = |allow| {
            self.rules
                .iter()
                .any(|rule| rule.allow == allow && rule.matches(packet))
        };
        some(true) && !some(false)
    }

    /// The zone that owns an address: of those that claim it the one with the smallest prefix, which is the one
    /// `within` the others; else the external zone.
    pub fn zone_of(&self, address: IpAddr) -> Option<usize> {
        let size =
            |range: &AddressRange| super::address::number(range.last) - super::address::number(range.first);
        let mut best: Option<(u128, usize)> = None;
        for (index, zone) in self.zones.iter().enumerate().filter(|(_, zone)| !zone.external) {
            for range in zone.prefixes.iter().filter(|range| range.contains(address)) {
                if best.is_none_or(|(smallest, _)| size(range) < smallest) {
                    best = Some((size(range), index));
                }
            }
        }
        best.map(|(_, index)| index)
            .or_else(|| self.zones.iter().position(|zone| zone.external))
    }

    /// True where both ends live in one zone: the network never filters such a packet.
    pub fn is_intra_zone(&self, packet: &Packet) -> bool {
        let source = self.zone_of(packet.source);
        source.is_some() && source == self.zone_of(packet.destination)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(prefix: &str) -> AddressRange {
        AddressRange::parse_prefix(prefix).unwrap()
    }

    fn packet(source: &str, destination: &str, port: u16) -> Packet {
        Packet {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            protocol: 6,
            first: 40000,
            second: port,
        }
    }

    fn rule(allow: bool, source: &str, destination: &str, ports: Option<(u16, u16)>) -> NaiveRule {
        let service = NaiveService {
            protocol: ports.map(|_| 6),
            second: ports,
            ..NaiveService::default()
        };
        NaiveRule {
            allow,
            sources: vec![range(source)],
            destinations: vec![range(destination)],
            services: vec![service],
        }
    }

    #[test]
    fn deny_wins_in_whatever_order() {
        let mut policy = NaivePolicy {
            zones: Vec::new(),
            rules: vec![
                rule(true, "10.0.0.0/8", "10.1.0.0/16", Some((80, 443))),
                rule(false, "10.9.0.0/16", "10.1.0.0/16", None),
            ],
        };
        for _ in 0..2 {
            assert!(policy.permits(&packet("10.2.0.1", "10.1.0.1", 443)));
            assert!(!policy.permits(&packet("10.2.0.1", "10.1.0.1", 444)));
            assert!(!policy.permits(&packet("10.9.0.1", "10.1.0.1", 443)));
            policy.rules.reverse();
        }
    }

    #[test]
    fn nothing_is_permitted_by_default_or_by_an_empty_side() {
        let mut empty = rule(true, "0.0.0.0/0", "0.0.0.0/0", None);
        empty.sources.clear();
        let policy = NaivePolicy {
            zones: Vec::new(),
            rules: vec![empty],
        };
        assert!(!policy.permits(&packet("10.2.0.1", "10.1.0.1", 443)));
    }

    #[test]
    fn the_inner_zone_owns_its_part_and_external_the_rest() {
        let zone = |prefix: &str| NaiveZone {
            prefixes: vec![range(prefix)],
            external: false,
        };
        let external = NaiveZone {
            external: true,
            ..NaiveZone::default()
        };
        let policy = NaivePolicy {
            zones: vec![zone("10.0.0.0/8"), zone("10.1.0.0/16"), external],
            rules: Vec::new(),
        };
        assert_eq!(policy.zone_of("10.1.0.1".parse().unwrap()), Some(1));
        assert_eq!(policy.zone_of("10.2.0.1".parse().unwrap()), Some(0));
        assert_eq!(policy.zone_of("2001:db8::1".parse().unwrap()), Some(2));
        assert!(policy.is_intra_zone(&packet("10.1.0.1", "10.1.0.2", 1)));
        assert!(!policy.is_intra_zone(&packet("10.1.0.1", "10.2.0.2", 1)));
    }
}
