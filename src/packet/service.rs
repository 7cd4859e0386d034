//! Sets of services: protocol together with ports, or icmp type and code.

use std::sync::LazyLock;

use super::budget::Allowance;
use super::region::{LARGEST, WORK};
use super::{Family, IntervalSet, Region};

/// Protocol numbers with header fields of their own
/// (<https://www.iana.org/assignments/protocol-numbers>).
pub mod protocol {
    /// ICMP for IPv4 (RFC 792).
    pub const ICMP: u8 = 1;
    /// TCP (RFC 9293).
    pub const TCP: u8 = 6;
    /// UDP (RFC 768).
    pub const UDP: u8 = 17;
    /// ICMP for IPv6 (RFC 4443).
    pub const ICMPV6: u8 = 58;
    /// SCTP (RFC 9260).
    pub const SCTP: u8 = 132;
}

/// A set of services. Canonical: equality is equality of sets.
///
/// ICMP belongs to IPv4 packets and ICMPv6 to IPv6 packets. The two numbers 1 and 58 in `other` stand for
/// the oddity of protocol 1 inside IPv6 and 58 inside IPv4, which have no type here.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceSet {
    /// (source port, destination port).
    pub tcp: Region,
    /// (source port, destination port).
    pub udp: Region,
    /// (source port, destination port).
    pub sctp: Region,
    /// (type, code), each 0 to 255.
    pub icmp: Region,
    /// (type, code), each 0 to 255.
    pub icmpv6: Region,
    /// Every protocol but TCP, UDP and SCTP, by number.
    pub other: IntervalSet<u8>,
}

impl ServiceSet {
    /// No service.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every protocol with every header.
    pub fn full() -> Self {
        let ports = Region::product(IntervalSet::full(), IntervalSet::full());
        let icmp = Region::product(IntervalSet::range(0, 255), IntervalSet::range(0, 255));
        Self {
            tcp: ports.clone(),
            udp: ports.clone(),
            sctp: ports,
            icmp: icmp.clone(),
            icmpv6: icmp,
            other: Self::other_protocols(),
        }
    }

    /// The protocols that `other` may hold.
    pub fn other_protocols() -> IntervalSet<u8> {
        let with_ports = [protocol::TCP, protocol::UDP, protocol::SCTP].map(|p| (p, p));
        IntervalSet::from_ranges(with_ports).complement()
    }

    /// TCP with the given ports.
    pub fn tcp(source: IntervalSet<u16>, destination: IntervalSet<u16>) -> Self {
        Self {
            tcp: Region::product(source, destination),
            ..Self::default()
        }
    }

    /// UDP with the given ports.
    pub fn udp(source: IntervalSet<u16>, destination: IntervalSet<u16>) -> Self {
        Self {
            udp: Region::product(source, destination),
            ..Self::default()
        }
    }

    /// SCTP with the given ports.
    pub fn sctp(source: IntervalSet<u16>, destination: IntervalSet<u16>) -> Self {
        Self {
            sctp: Region::product(source, destination),
            ..Self::default()
        }
    }

    /// ICMP (IPv4) with the given types and codes; numbers above 255 hold nothing.
    pub fn icmp(types: &IntervalSet<u16>, codes: &IntervalSet<u16>) -> Self {
        let byte = IntervalSet::range(0, 255);
        Self {
            icmp: Region::product(types.intersection(&byte), codes.intersection(&byte)),
            ..Self::default()
        }
    }

    /// ICMPv6 with the given types and codes; numbers above 255 hold nothing.
    pub fn icmpv6(types: &IntervalSet<u16>, codes: &IntervalSet<u16>) -> Self {
        let byte = IntervalSet::range(0, 255);
        Self {
            icmpv6: Region::product(types.intersection(&byte), codes.intersection(&byte)),
            ..Self::default()
        }
    }

    /// The region as that of a protocol with header numbers; nothing for other protocols.
    pub(super) fn of_region(number: u8, region: Region) -> Self {
        let mut service = Self::empty();
        match number {
            protocol::TCP => service.tcp = region,
            protocol::UDP => service.udp = region,
            protocol::SCTP => service.sctp = region,
            protocol::ICMP => service.icmp = region,
            protocol::ICMPV6 => service.icmpv6 = region,
            _ => {}
        }
        service
    }

    /// Protocols by number; TCP, UDP and SCTP with all ports, ICMP and ICMPv6 with all types.
    pub fn protocols(numbers: &IntervalSet<u8>) -> Self {
        let full = Self::full();
        let keep = |number: u8, region: Region| {
            if numbers.contains(number) {
                region
            } else {
                Region::empty()
            }
        };
        Self {
            tcp: keep(protocol::TCP, full.tcp),
            udp: keep(protocol::UDP, full.udp),
            sctp: keep(protocol::SCTP, full.sctp),
            icmp: keep(protocol::ICMP, full.icmp),
            icmpv6: keep(protocol::ICMPV6, full.icmpv6),
            other: numbers.intersection(&full.other),
        }
    }

    /// True where it holds nothing.
    pub fn is_empty(&self) -> bool {
        let Self {
            tcp,
            udp,
            sctp,
            icmp,
            icmpv6,
            other,
        } = self;
        [tcp, udp, sctp, icmp, icmpv6].into_iter().all(Region::is_empty) && other.is_empty()
    }

    /// True where packets of `family` can have nothing of it.
    pub fn is_empty_in(&self, family: Family) -> bool {
        let (messages, own) = match family {
            Family::V4 => (&self.icmp, protocol::ICMP),
            Family::V6 => (&self.icmpv6, protocol::ICMPV6),
        };
        let others = self.other.ranges();
        self.tcp.is_empty()
            && self.udp.is_empty()
            && self.sctp.is_empty()
            && messages.is_empty()
            && (others.is_empty() || others == [(own, own)])
    }

    /// True where it holds everything.
    pub fn is_full(&self) -> bool {
        *self == Self::full()
    }

    /// What packets of `family` can have of it: no ICMP in IPv6, no ICMPv6 in IPv4.
    #[must_use]
    pub fn in_family(&self, family: Family) -> Self {
        let mut service = self.clone();
        let (foreign, own) = match family {
            Family::V4 => (&mut service.icmpv6, protocol::ICMP),
            Family::V6 => (&mut service.icmp, protocol::ICMPV6),
        };
        *foreign = Region::empty();
        service.other = service.other.difference(&IntervalSet::single(own));
        service
    }

    /// Every service that packets of `family` can have.
    pub(crate) fn full_in(family: Family) -> &'static Self {
        static FULL: LazyLock<[ServiceSet; 2]> =
            LazyLock::new(|| Family::BOTH.map(|family| ServiceSet::full().in_family(family)));
        let [v4, v6] = &*FULL;
        if family == Family::V4 { v4 } else { v6 }
    }

    /// True where it has ports alone, which every family has.
    pub(super) fn has_ports_alone(&self) -> bool {
        self.icmp.is_empty() && self.icmpv6.is_empty() && self.other.is_empty()
    }

    /// The same, without types, codes and numbers that no packet has. Every port is possible.
    #[must_use]
    pub(crate) fn possible_in(&self, family: Family) -> Self {
        let possible = Self::full_in(family);
        Self {
            tcp: self.tcp.clone(),
            udp: self.udp.clone(),
            sctp: self.sctp.clone(),
            icmp: self.icmp.intersection(&possible.icmp),
            icmpv6: self.icmpv6.intersection(&possible.icmpv6),
            other: self.other.intersection(&possible.other),
        }
    }

    /// True where a packet of `family` with this protocol and these header numbers is in the set.
    pub fn contains(&self, family: Family, number: u8, first: u16, second: u16) -> bool {
        match (number, family) {
            (protocol::TCP, _) => self.tcp.contains(first, second),
            (protocol::UDP, _) => self.udp.contains(first, second),
            (protocol::SCTP, _) => self.sctp.contains(first, second),
            (protocol::ICMP, Family::V4) => self.icmp.contains(first, second),
            (protocol::ICMPV6, Family::V6) => self.icmpv6.contains(first, second),
            _ => self.other.contains(number),
        }
    }

    /// What either holds.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.zip(other, Region::union, IntervalSet::union)
    }

    /// As [`ServiceSet::union`]; none where that takes more than is allowed.
    pub(crate) fn union_within(&self, other: &Self, allowance: &mut Allowance) -> Option<Self> {
        self.try_zip(
            other,
            |mine, theirs| mine.union_within(theirs, allowance),
            IntervalSet::union,
        )
    }

    /// The union of many sets: in halves, so that each is copied few times.
    pub fn union_of(sets: &[&Self]) -> Self {
        Self::union_of_within(sets, &mut Allowance::endless()).unwrap_or_default()
    }

    /// As [`ServiceSet::union_of`]; none where the union has more pairs of ports than can be worked with.
    pub fn union_of_some(sets: &[&Self]) -> Option<Self> {
        let union = Self::union_of_within(sets, &mut Allowance::of(WORK))?;
        (union.size() <= LARGEST).then_some(union)
    }

    /// As [`ServiceSet::union_of`]; none where that takes more than is allowed.
    pub(crate) fn union_of_within(sets: &[&Self], allowance: &mut Allowance) -> Option<Self> {
        match sets {
            [] => Some(Self::empty()),
            [one] => Some((*one).clone()),
            _ => {
                let (left, right) = sets.split_at(sets.len() / 2);
                let left = Self::union_of_within(left, allowance)?;
                left.union_within(&Self::union_of_within(right, allowance)?, allowance)
            }
        }
    }

    /// How many ranges of header numbers it is written in.
    pub(crate) fn size(&self) -> usize {
        let regions = [&self.tcp, &self.udp, &self.sctp, &self.icmp, &self.icmpv6];
        regions.into_iter().map(Region::size).sum()
    }

    /// What it holds of TCP.
    #[must_use]
    pub(crate) fn only_tcp(&self) -> Self {
        Self {
            tcp: self.tcp.clone(),
            ..Self::empty()
        }
    }

    /// What it holds beside TCP.
    #[must_use]
    pub(crate) fn without_tcp(&self) -> Self {
        Self {
            tcp: Region::empty(),
            ..self.clone()
        }
    }

    /// What both hold.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.zip(other, Region::intersection, IntervalSet::intersection)
    }

    /// What this holds and `other` does not.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.zip(other, Region::difference, IntervalSet::difference)
    }

    /// As [`ServiceSet::difference`]; none where that takes more than is allowed.
    pub(crate) fn difference_within(&self, other: &Self, allowance: &mut Allowance) -> Option<Self> {
        self.try_zip(
            other,
            |mine, theirs| mine.difference_within(theirs, allowance),
            IntervalSet::difference,
        )
    }

    /// True where `other` holds all of this.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// True where both hold some packet of `family`.
    pub fn overlaps_in(&self, other: &Self, family: Family) -> bool {
        let (mine, theirs, own) = match family {
            Family::V4 => (&self.icmp, &other.icmp, protocol::ICMP),
            Family::V6 => (&self.icmpv6, &other.icmpv6, protocol::ICMPV6),
        };
        self.tcp.overlaps(&other.tcp)
            || self.udp.overlaps(&other.udp)
            || mine.overlaps(theirs)
            || self.other.overlaps_beside(&other.other, own)
            || self.sctp.overlaps(&other.sctp)
    }

    fn zip(
        &self,
        other: &Self,
        regions: impl Fn(&Region, &Region) -> Region,
        numbers: impl Fn(&IntervalSet<u8>, &IntervalSet<u8>) -> IntervalSet<u8>,
    ) -> Self {
        Self {
            tcp: regions(&self.tcp, &other.tcp),
            udp: regions(&self.udp, &other.udp),
            sctp: regions(&self.sctp, &other.sctp),
            icmp: regions(&self.icmp, &other.icmp),
            icmpv6: regions(&self.icmpv6, &other.icmpv6),
            other: numbers(&self.other, &other.other),
        }
    }

    fn try_zip(
        &self,
        other: &Self,
        mut regions: impl FnMut(&Region, &Region) -> Option<Region>,
        numbers: impl Fn(&IntervalSet<u8>, &IntervalSet<u8>) -> IntervalSet<u8>,
    ) -> Option<Self> {
        Some(Self {
            tcp: regions(&self.tcp, &other.tcp)?,
            udp: regions(&self.udp, &other.udp)?,
            sctp: regions(&self.sctp, &other.sctp)?,
            icmp: regions(&self.icmp, &other.icmp)?,
            icmpv6: regions(&self.icmpv6, &other.icmpv6)?,
            other: numbers(&self.other, &other.other),
        })
    }
}
