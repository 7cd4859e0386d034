//! One packet, and products of sets of them.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use super::{AddressSet, Family, ServiceSet, protocol};

/// A packet that opens a flow. Both addresses are of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Packet {
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// Protocol number.
    pub protocol: u8,
    /// Source port of TCP, UDP and SCTP; type of ICMP in IPv4 and ICMPv6 in IPv6; else 0.
    pub first: u16,
    /// Destination port of TCP, UDP and SCTP; code of ICMP in IPv4 and ICMPv6 in IPv6; else 0.
    pub second: u16,
}

impl Packet {
    /// True where such a packet can exist: one family, and header numbers that its protocol has.
    pub fn is_possible(&self) -> bool {
        let numbers = match (self.protocol, self.family()) {
            (protocol::TCP | protocol::UDP | protocol::SCTP, _) => true,
            (protocol::ICMP, Family::V4) | (protocol::ICMPV6, Family::V6) => {
                self.first <= 255 && self.second <= 255
            }
            _ => self.first == 0 && self.second == 0,
        };
        numbers && self.family() == Family::of(self.destination)
    }

    /// The family of the packet.
    pub fn family(&self) -> Family {
        Family::of(self.source)
    }
}

impl fmt::Display for Packet {
    /// `tcp 172.16.4.9:49152 -> 10.20.0.11:443`, `icmp 10.0.0.1 -> 10.1.0.1 type 8 code 0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            source,
            destination,
            protocol: number,
            first,
            second,
        } = *self;
        let with_port = |address: IpAddr, port: u16| match address {
            IpAddr::V4(a) => format!("{a}:{port}"),
            IpAddr::V6(a) => format!("[{a}]:{port}"),
        };
        let name = match (number, self.family()) {
            (protocol::TCP, _) => "tcp",
            (protocol::UDP, _) => "udp",
            (protocol::SCTP, _) => "sctp",
            (protocol::ICMP, Family::V4) => {
                return write!(f, "icmp {source} -> {destination} type {first} code {second}");
            }
            (protocol::ICMPV6, Family::V6) => {
                return write!(f, "icmpv6 {source} -> {destination} type {first} code {second}");
            }
            _ => return write!(f, "proto {number} {source} -> {destination}"),
        };
        write!(
            f,
            "{name} {} -> {}",
            with_port(source, first),
            with_port(destination, second)
        )
    }
}

/// A product: every packet from one of the sources to one of the destinations with one of the services.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FlowSet {
    /// Sources.
    pub source: Arc<AddressSet>,
    /// Destinations.
    pub destination: Arc<AddressSet>,
    /// Services.
    pub service: Arc<ServiceSet>,
}

impl FlowSet {
    /// The product of three sets; none where no packet is of it.
    pub fn product(source: AddressSet, destination: AddressSet, service: ServiceSet) -> Option<Self> {
        let flow = Self {
            source: Arc::new(source),
            destination: Arc::new(destination),
            service: Arc::new(service),
        };
        (!flow.is_empty()).then_some(flow)
    }

    /// What both hold; none where that is nothing.
    pub fn meet(&self, other: &Self) -> Option<Self> {
        if !self.source.overlaps(&other.source) || !self.destination.overlaps(&other.destination) {
            return None;
        }
        let flow = Self {
            source: in_both(&self.source, &other.source, AddressSet::intersection),
            destination: in_both(&self.destination, &other.destination, AddressSet::intersection),
            service: in_both(&self.service, &other.service, ServiceSet::intersection),
        };
        (!flow.is_empty()).then_some(flow)
    }

    /// True where the packet is of the product. It is naive on purpose: tests hold every engine against it.
    pub fn contains(&self, packet: &Packet) -> bool {
        self.source.contains(packet.source)
            && self.destination.contains(packet.destination)
            && self
                .service
                .contains(packet.family(), packet.protocol, packet.first, packet.second)
    }

    /// True where no packet is of the product: a family needs an address on both sides and a service.
    pub fn is_empty(&self) -> bool {
        Family::BOTH.iter().all(|family| {
            self.source.is_empty_in(*family)
                || self.destination.is_empty_in(*family)
                || self.service.is_empty_in(*family)
        })
    }

    /// True where some packet is of both products.
    pub fn overlaps(&self, other: &Self) -> bool {
        Family::BOTH.into_iter().any(|family| {
            self.overlaps_on_both_sides(other, family) && self.service.overlaps_in(&other.service, family)
        })
    }

    /// True where both have sources of a family in common, and destinations.
    pub(crate) fn overlaps_on_both_sides(&self, other: &Self, family: Family) -> bool {
        match family {
            Family::V4 => {
                self.source.v4.overlaps(&other.source.v4)
                    && self.destination.v4.overlaps(&other.destination.v4)
            }
            Family::V6 => {
                self.source.v6.overlaps(&other.source.v6)
                    && self.destination.v6.overlaps(&other.destination.v6)
            }
        }
    }
}

/// What two sets share: many are one and the same.
fn in_both<T>(one: &Arc<T>, other: &Arc<T>, intersection: fn(&T, &T) -> T) -> Arc<T> {
    match Arc::ptr_eq(one, other) {
        true => Arc::clone(one),
        false => Arc::new(intersection(one, other)),
    }
}
