//! Fields of a packet that rules test, and the kinds of value that they have.

use super::cursor::{Cursor, Fault, Token};
use super::value;
use crate::packet::{Family, IntervalSet};

/// Source or destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum End {
    Source,
    Destination,
}

/// A header with ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Transport {
    Tcp,
    Udp,
    Sctp,
    /// `th`: whatever the packet has at this place.
    Any,
}

/// What a rule compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Field {
    In,
    Out,
    /// `iif`, which the kernel keeps as an index.
    InIndex,
    OutIndex,
    State,
    V4(End),
    V6(End),
    /// An address whose last bits are masked away, with the number of those that stay.
    Masked(End, Family, u8),
    /// `meta nfproto`
    Family,
    /// `meta protocol`
    EtherType,
    /// `meta l4proto`
    Protocol,
    /// `ip protocol`
    V4Protocol,
    Port(Transport, End),
    IcmpType,
    IcmpCode,
    Icmpv6Type,
    Icmpv6Code,
}

/// The type of a value, by which sets are declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Name,
    Index,
    State,
    V4,
    V6,
    Family,
    EtherType,
    Protocol,
    Port,
    IcmpType,
    IcmpCode,
    Icmpv6Type,
    Icmpv6Code,
}

impl Field {
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::In | Self::Out => Kind::Name,
            Self::InIndex | Self::OutIndex => Kind::Index,
            Self::State => Kind::State,
            Self::V4(_) | Self::Masked(_, Family::V4, _) => Kind::V4,
            Self::V6(_) | Self::Masked(_, Family::V6, _) => Kind::V6,
            Self::Family => Kind::Family,
            Self::EtherType => Kind::EtherType,
            Self::Protocol | Self::V4Protocol => Kind::Protocol,
            Self::Port(..) => Kind::Port,
            Self::IcmpType => Kind::IcmpType,
            Self::IcmpCode => Kind::IcmpCode,
            Self::Icmpv6Type => Kind::Icmpv6Type,
            Self::Icmpv6Code => Kind::Icmpv6Code,
        }
    }

    /// True where the next words name a field, or mean to.
    pub(super) fn starts(token: Token<'_>) -> bool {
        let words = [
            "meta", "iifname", "oifname", "iif", "oif", "ct", "ip", "ip6", "tcp", "udp", "sctp", "th",
            "icmp", "icmpv6",
        ];
        matches!(token, Token::Word(word) if words.contains(&word))
    }

    /// Reads a field: `ip saddr`, `meta l4proto`, `iifname`, `ip daddr & 255.255.255.0`.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Fault> {
        let field = Self::unmasked(cursor)?;
        let before = *cursor;
        if !cursor.eat_mark("&") {
            return Ok(field);
        }
        let (end, family) = match field {
            Self::V4(end) => (end, Family::V4),
            Self::V6(end) => (end, Family::V6),
            _ => return Err(before.fault("a mask is modelled for addresses alone")),
        };
        let mask = cursor.word("a mask")?;
        let length = value::single(field.kind(), mask).and_then(|mask| ones(mask, field.kind().last()));
        length
            .map(|length| Self::Masked(end, family, length))
            .ok_or_else(|| before.fault(format!("`{mask}` is no mask that keeps first bits alone")))
    }

    fn unmasked(cursor: &mut Cursor<'_>) -> Result<Self, Fault> {
        let before = *cursor;
        let unknown = || before.unknown();
        let first = cursor.word("a field")?;
        let bare = match first {
            "iifname" => Some(Self::In),
            "oifname" => Some(Self::Out),
            "iif" => Some(Self::InIndex),
            "oif" => Some(Self::OutIndex),
            _ => None,
        };
        if let Some(field) = bare {
            return Ok(field);
        }
        if !Self::starts(Token::Word(first)) {
            return Err(unknown());
        }
        let second = cursor.word("a field")?;
        let end = match second {
            "saddr" | "sport" => End::Source,
            _ => End::Destination,
        };
        Ok(match (first, second) {
            ("meta", "iifname") => Self::In,
            ("meta", "oifname") => Self::Out,
            ("meta", "iif") => Self::InIndex,
            ("meta", "oif") => Self::OutIndex,
            ("meta", "nfproto") => Self::Family,
            ("meta", "protocol") => Self::EtherType,
            ("meta", "l4proto") => Self::Protocol,
            ("ct", "state") => Self::State,
            ("ip", "saddr" | "daddr") => Self::V4(end),
            ("ip6", "saddr" | "daddr") => Self::V6(end),
            ("ip", "protocol") => Self::V4Protocol,
            ("tcp", "sport" | "dport") => Self::Port(Transport::Tcp, end),
            ("udp", "sport" | "dport") => Self::Port(Transport::Udp, end),
            ("sctp", "sport" | "dport") => Self::Port(Transport::Sctp, end),
            ("th", "sport" | "dport") => Self::Port(Transport::Any, end),
            ("icmp", "type") => Self::IcmpType,
            ("icmp", "code") => Self::IcmpCode,
            ("icmpv6", "type") => Self::Icmpv6Type,
            ("icmpv6", "code") => Self::Icmpv6Code,
            _ => return Err(before.fault(format!("`{first} {second}` is not modelled"))),
        })
    }
}

impl Kind {
    /// By the name that a set's declaration gives it.
    pub(super) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "ifname" => Self::Name,
            "iface_index" => Self::Index,
            "ct_state" => Self::State,
            "ipv4_addr" => Self::V4,
            "ipv6_addr" => Self::V6,
            "nf_proto" => Self::Family,
            "ether_type" => Self::EtherType,
            "inet_proto" => Self::Protocol,
            "inet_service" => Self::Port,
            "icmp_type" => Self::IcmpType,
            "icmp_code" => Self::IcmpCode,
            "icmpv6_type" => Self::Icmpv6Type,
            "icmpv6_code" => Self::Icmpv6Code,
            _ => return None,
        })
    }

    /// The largest value.
    pub(super) fn last(self) -> u128 {
        match self {
            Self::V4 => u128::from(u32::MAX),
            Self::V6 => u128::MAX,
            Self::Port | Self::EtherType => u128::from(u16::MAX),
            _ => u128::from(u8::MAX),
        }
    }
}

/// How many bits a mask keeps of addresses up to `last`, where these are the first ones.
fn ones(mask: u128, last: u128) -> Option<u8> {
    (0..=128).find(|length| dropped(last, *length) == last & !mask)
}

/// The bits that go where so many stay.
fn dropped(last: u128, length: u8) -> u128 {
    last.checked_shr(length.into()).unwrap_or(0)
}

/// The addresses up to `last` of which certain values are left, once all but so many bits are masked away.
pub(super) fn behind_mask(values: &[(u128, u128)], last: u128, length: u8) -> IntervalSet<u128> {
    let masked = dropped(last, length);
    let whole = |&(first, last): &(u128, u128)| {
        // Only multiples of the prefix's size can be left.
        let from = first.checked_add(masked)? & !masked;
        let to = last & !masked;
        (from <= to).then_some((from, to | masked))
    };
    values.iter().filter_map(whole).collect()
}
