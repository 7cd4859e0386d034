//! The kinds of set and map that rules are gathered into. A kind opens its object's name, up to the first `_`, so that
//! an object that exists never has another type.

use crate::packet::Family;

/// What a set or map holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Flows of single addresses: source, destination, protocol, destination port.
    Exact,
    /// The same of networks, by their first addresses.
    Networks,
    /// Single addresses.
    Addresses,
    /// Ranges of addresses.
    Ranges,
    /// Ports that many rules test.
    Ports,
    /// From destination, protocol and destination port to a chain.
    ByPort,
    /// From destination to a chain.
    ByDestination,
    /// From source and destination to a chain.
    ByEnds,
    /// [`Kind::Exact`], asked with the interfaces before the rest.
    ExactBySides,
    /// [`Kind::ByEnds`], asked with the interfaces before the rest.
    ByEndsAndSides,
    /// What versions before had in place of [`Kind::Networks`].
    Flows,
}

impl Kind {
    const ALL: [(Self, char); 11] = [
        (Self::Exact, 'x'),
        (Self::Networks, 'm'),
        (Self::Addresses, 's'),
        (Self::Ranges, 'i'),
        (Self::Ports, 'p'),
        (Self::ByPort, 'd'),
        (Self::ByDestination, 'a'),
        (Self::ByEnds, 'e'),
        (Self::ExactBySides, 'f'),
        (Self::ByEndsAndSides, 'g'),
        (Self::Flows, 'r'),
    ];

    /// How names begin: `x4`.
    pub fn prefix(self, family: Family) -> String {
        let letter = Self::ALL.into_iter().find(|(kind, _)| *kind == self);
        let digit = match family {
            Family::V4 => '4',
            Family::V6 => '6',
        };
        letter
            .map(|(_, letter)| letter)
            .into_iter()
            .chain([digit])
            .collect()
    }

    /// True for a map.
    pub fn is_map(self) -> bool {
        matches!(
            self,
            Self::ByPort | Self::ByDestination | Self::ByEnds | Self::ByEndsAndSides
        )
    }

    /// How it is declared.
    pub fn body(self, family: Family) -> &'static str {
        match (self, family) {
            (Self::Exact | Self::Networks, Family::V4) => {
                "type ipv4_addr . ipv4_addr . inet_proto . inet_service; counter;"
            }
            (Self::Exact | Self::Networks, Family::V6) => {
                "type ipv6_addr . ipv6_addr . inet_proto . inet_service; counter;"
            }
            (Self::Addresses, Family::V4) => "type ipv4_addr;",
            (Self::Addresses, Family::V6) => "type ipv6_addr;",
            (Self::Ranges, Family::V4) => "type ipv4_addr; flags interval;",
            (Self::Ranges, Family::V6) => "type ipv6_addr; flags interval;",
            (Self::Ports, _) => "type inet_service;",
            (Self::ByPort, Family::V4) => "type ipv4_addr . inet_proto . inet_service : verdict;",
            (Self::ByPort, Family::V6) => "type ipv6_addr . inet_proto . inet_service : verdict;",
            (Self::ByDestination, Family::V4) => "type ipv4_addr : verdict;",
            (Self::ByDestination, Family::V6) => "type ipv6_addr : verdict;",
            (Self::ByEnds, Family::V4) => "type ipv4_addr . ipv4_addr : verdict; counter;",
            (Self::ByEnds, Family::V6) => "type ipv6_addr . ipv6_addr : verdict; counter;",
            // With two names of interfaces, keys of IPv6 are longer than the 64 bytes that the kernel takes.
            (Self::ExactBySides, _) => {
                "type ifname . ifname . ipv4_addr . ipv4_addr . inet_proto . inet_service; counter;"
            }
            (Self::ByEndsAndSides, _) => "type ifname . ifname . ipv4_addr . ipv4_addr : verdict; counter;",
            (Self::Flows, Family::V4) => {
                "type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags interval; counter;"
            }
            (Self::Flows, Family::V6) => {
                "type ipv6_addr . ipv6_addr . inet_proto . inet_service; flags interval; counter;"
            }
        }
    }

    /// The declaration behind a name, where it is that of a set or of a map.
    pub fn body_of(name: &str, map: bool) -> Option<&'static str> {
        let (prefix, _) = name.split_once('_')?;
        Self::ALL.into_iter().find_map(|(kind, _)| {
            let family = Family::BOTH
                .into_iter()
                .find(|family| kind.prefix(*family) == prefix)?;
            (kind.is_map() == map).then(|| kind.body(family))
        })
    }
}
