//! Kinds of values, and their names. Every value but an interface name is a number.

use std::net::IpAddr;

use crate::oracle::address::{AddressRange, decimal, number};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Interface,
    V4,
    V6,
    Protocol,
    Port,
    IcmpType,
    IcmpCode,
    Icmpv6Type,
    Icmpv6Code,
    State,
    Family,
    EtherType,
    TcpFlags,
    HopLimit,
}

/// What a packet holds in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Number(u128),
    Name(String),
    /// Bytes that the model of a packet does not hold, such as the ports of ESP.
    Unknown,
}

/// What a rule compares it with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    Range(u128, u128),
    Name(String),
    /// `eth*`
    NamePrefix(String),
}

/// What is known of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    Yes,
    No,
    Unknown,
}

impl Pattern {
    pub fn matches(&self, value: &Value) -> Match {
        let known = match (self, value) {
            (Self::Range(0, 65535..), Value::Unknown) => true,
            (_, Value::Unknown) => return Match::Unknown,
            (Self::Range(low, high), Value::Number(n)) => low <= n && n <= high,
            (Self::Name(name), Value::Name(n)) => name == n,
            (Self::NamePrefix(prefix), Value::Name(n)) => n.starts_with(prefix.as_str()),
            _ => false,
        };
        if known { Match::Yes } else { Match::No }
    }

    pub fn is_single(&self) -> bool {
        match self {
            Self::Range(low, high) => low == high,
            Self::Name(_) => true,
            Self::NamePrefix(_) => false,
        }
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Range(a, b), Self::Range(c, d)) => a <= d && c <= b,
            (Self::Name(a), Self::Name(b)) => a == b,
            (Self::Name(name), Self::NamePrefix(prefix)) | (Self::NamePrefix(prefix), Self::Name(name)) => {
                name.starts_with(prefix.as_str())
            }
            (Self::NamePrefix(a), Self::NamePrefix(b)) => {
                a.starts_with(b.as_str()) || b.starts_with(a.as_str())
            }
            _ => false,
        }
    }

    /// True where everything that `other` holds is held too.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Range(a, b), Self::Range(c, d)) => a <= c && d <= b,
            (Self::NamePrefix(prefix), Self::Name(name) | Self::NamePrefix(name)) => {
                name.starts_with(prefix.as_str())
            }
            _ => self == other,
        }
    }
}

/// Protocols as `/etc/protocols` of Debian names them.
const PROTOCOLS: &[(&str, u8)] = &[
    ("ip", 0),
    ("hopopt", 0),
    ("icmp", 1),
    ("igmp", 2),
    ("ggp", 3),
    ("ipencap", 4),
    ("st", 5),
    ("tcp", 6),
    ("egp", 8),
    ("igp", 9),
    ("pup", 12),
    ("udp", 17),
    ("hmp", 20),
    ("xns-idp", 22),
    ("rdp", 27),
    ("iso-tp4", 29),
    ("dccp", 33),
    ("xtp", 36),
    ("ddp", 37),
    ("idpr-cmtp", 38),
    ("ipv6", 41),
    ("ipv6-route", 43),
    ("ipv6-frag", 44),
    ("idrp", 45),
    ("rsvp", 46),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("skip", 57),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("ipv6-nonxt", 59),
    ("ipv6-opts", 60),
    ("rspf", 73),
    ("vmtp", 81),
    ("eigrp", 88),
    ("ospf", 89),
    ("ospfigp", 89),
    ("ax.25", 93),
    ("ipip", 94),
    ("etherip", 97),
    ("encap", 98),
    ("pim", 103),
    ("ipcomp", 108),
    ("comp", 108),
    ("vrrp", 112),
    ("l2tp", 115),
    ("isis", 124),
    ("sctp", 132),
    ("fc", 133),
    ("mobility-header", 135),
    ("udplite", 136),
    ("mpls-in-ip", 137),
    ("manet", 138),
    ("hip", 139),
    ("shim6", 140),
    ("wesp", 141),
    ("rohc", 142),
];

/// A few ports that people write by name; listings print numbers.
const PORTS: &[(&str, u16)] = &[
    ("ssh", 22),
    ("domain", 53),
    ("http", 80),
    ("ntp", 123),
    ("snmp", 161),
    ("https", 443),
    ("syslog", 514),
];

const ICMP_TYPES: &[(&str, u8)] = &[
    ("echo-reply", 0),
    ("destination-unreachable", 3),
    ("source-quench", 4),
    ("redirect", 5),
    ("echo-request", 8),
    ("router-advertisement", 9),
    ("router-solicitation", 10),
    ("time-exceeded", 11),
    ("parameter-problem", 12),
    ("timestamp-request", 13),
    ("timestamp-reply", 14),
    ("info-request", 15),
    ("info-reply", 16),
    ("address-mask-request", 17),
    ("address-mask-reply", 18),
];

const ICMP_CODES: &[(&str, u8)] = &[
    ("net-unreachable", 0),
    ("host-unreachable", 1),
    ("prot-unreachable", 2),
    ("port-unreachable", 3),
    ("frag-needed", 4),
    ("net-prohibited", 9),
    ("host-prohibited", 10),
    ("admin-prohibited", 13),
];

const ICMPV6_TYPES: &[(&str, u8)] = &[
    ("destination-unreachable", 1),
    ("packet-too-big", 2),
    ("time-exceeded", 3),
    ("parameter-problem", 4),
    ("echo-request", 128),
    ("echo-reply", 129),
    ("mld-listener-query", 130),
    ("mld-listener-report", 131),
    ("mld-listener-done", 132),
    ("mld-listener-reduction", 132),
    ("nd-router-solicit", 133),
    ("nd-router-advert", 134),
    ("nd-neighbor-solicit", 135),
    ("nd-neighbor-advert", 136),
    ("nd-redirect", 137),
    ("router-renumbering", 138),
    ("ind-neighbor-solicit", 141),
    ("ind-neighbor-advert", 142),
    ("mld2-listener-report", 143),
];

const ICMPV6_CODES: &[(&str, u8)] = &[
    ("no-route", 0),
    ("admin-prohibited", 1),
    ("addr-unreachable", 3),
    ("port-unreachable", 4),
    ("policy-fail", 5),
    ("reject-route", 6),
];

/// Bits of the conntrack state.
const STATES: &[(&str, u8)] = &[
    ("invalid", 1),
    ("established", 2),
    ("related", 4),
    ("new", 8),
    ("untracked", 64),
];

const FAMILIES: &[(&str, u8)] = &[("ipv4", 2), ("ipv6", 10)];
const ETHER_TYPES: &[(&str, u16)] = &[("ip", 0x0800), ("ip6", 0x86dd)];

const TCP_FLAGS: &[(&str, u8)] = &[
    ("fin", 1),
    ("syn", 2),
    ("rst", 4),
    ("psh", 8),
    ("ack", 16),
    ("urg", 32),
    ("ecn", 64),
    ("cwr", 128),
];

fn look_up<T: Copy + Into<u128>>(table: &[(&str, T)], name: &str) -> Option<u128> {
    table
        .iter()
        .find(|(other, _)| *other == name)
        .map(|(_, value)| (*value).into())
}

impl Kind {
    /// The highest number of the kind.
    pub fn highest(self) -> u128 {
        match self {
            Self::V4 | Self::State => u128::from(u32::MAX),
            Self::V6 => u128::MAX,
            Self::Port | Self::EtherType => 65535,
            _ => 255,
        }
    }

    /// The name of the type in a set declaration.
    pub fn from_type(name: &str) -> Option<Self> {
        Some(match name {
            "ifname" => Self::Interface,
            "ipv4_addr" => Self::V4,
            "ipv6_addr" => Self::V6,
            "inet_proto" => Self::Protocol,
            "inet_service" => Self::Port,
            "icmp_type" => Self::IcmpType,
            "icmp_code" => Self::IcmpCode,
            "icmpv6_type" => Self::Icmpv6Type,
            "icmpv6_code" => Self::Icmpv6Code,
            "ct_state" => Self::State,
            "nf_proto" => Self::Family,
            "ether_type" => Self::EtherType,
            _ => return None,
        })
    }

    /// One number of the kind, by name or in digits.
    pub fn number(self, word: &str) -> Option<u128> {
        let named = match self {
            Self::Interface => return None,
            Self::HopLimit => None,
            Self::V4 | Self::V6 => {
                let address: IpAddr = word.parse().ok()?;
                return (address.is_ipv6() == (self == Self::V6)).then(|| number(address));
            }
            Self::Protocol => look_up(PROTOCOLS, word),
            Self::Port => look_up(PORTS, word),
            Self::IcmpType => look_up(ICMP_TYPES, word),
            Self::IcmpCode => look_up(ICMP_CODES, word),
            Self::Icmpv6Type => look_up(ICMPV6_TYPES, word),
            Self::Icmpv6Code => look_up(ICMPV6_CODES, word),
            Self::State => look_up(STATES, word),
            Self::Family => look_up(FAMILIES, word),
            Self::EtherType => look_up(ETHER_TYPES, word),
            Self::TcpFlags => look_up(TCP_FLAGS, word),
        };
        let digits = || match word.strip_prefix("0x") {
            Some(hex) => u128::from_str_radix(hex, 16).ok(),
            None => decimal(word),
        };
        named.or_else(digits).filter(|value| *value <= self.highest())
    }

    /// A number, a prefix, or two numbers with `-` between them.
    pub fn pattern(self, word: &str) -> Option<Pattern> {
        if self == Self::Interface {
            return interface(word);
        }
        if let Some(value) = self.number(word) {
            return Some(Pattern::Range(value, value));
        }
        if word.contains('/') {
            let range = AddressRange::parse_prefix(word)?;
            let of_kind = range.first.is_ipv6() == (self == Self::V6) && matches!(self, Self::V4 | Self::V6);
            return of_kind.then(|| Pattern::Range(number(range.first), number(range.last)));
        }
        // A name may hold `-` itself: try each of them.
        word.match_indices('-').find_map(|(at, _)| {
            let low = self.number(word.get(..at)?)?;
            let high = self.number(word.get(at + 1..)?)?;
            (low <= high).then_some(Pattern::Range(low, high))
        })
    }
}

/// An interface name of at most 15 characters, or its beginning before `*`.
pub fn interface(name: &str) -> Option<Pattern> {
    let pattern = match name.strip_suffix('*') {
        Some(prefix) => Pattern::NamePrefix(prefix.to_owned()),
        None => Pattern::Name(name.to_owned()),
    };
    (!name.is_empty() && name.len() <= 15 && !name.contains('/')).then_some(pattern)
}
