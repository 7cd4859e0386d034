//! What a rule reads from a packet.

use septum::packet::Packet;

use super::lex::Cursor;
use super::value::{Kind, Value};
use crate::oracle::ReadError;

/// What connection tracking says about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    New,
    Established,
    Related,
    Invalid,
    Untracked,
}

/// One packet on its way through the hooks.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Empty where there is none, as in the output hook: the kernel then compares the empty name.
    pub iif: &'a str,
    pub oif: &'a str,
    pub packet: &'a Packet,
    pub state: State,
    pub tcp_flags: u8,
    /// True where `limit rate` still has tokens.
    pub within_limit: bool,
    /// What is left of the hops, 255 where no router was on the way.
    pub hop_limit: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    InInterface,
    OutInterface,
    Source(bool),
    Destination(bool),
    /// One of these two `&` a mask.
    Masked {
        destination: bool,
        six: bool,
        mask: u128,
    },
    L4Protocol,
    /// The `protocol` of IPv4 or the `nexthdr` of IPv6; no extension headers are modelled.
    HeaderProtocol(bool),
    Family,
    EtherType,
    /// A port of this protocol, or with `None` the bytes where ports would be.
    SourcePort(Option<u8>),
    DestinationPort(Option<u8>),
    IcmpType(bool),
    IcmpCode(bool),
    State,
    TcpFlags,
    /// The `hoplimit` of IPv6 or the `ttl` of IPv4.
    HopLimit(bool),
}

impl Field {
    pub fn kind(self) -> Kind {
        match self {
            Self::InInterface | Self::OutInterface => Kind::Interface,
            Self::Source(false) | Self::Destination(false) => Kind::V4,
            Self::Source(true) | Self::Destination(true) => Kind::V6,
            Self::Masked { six, .. } => {
                if six {
                    Kind::V6
                } else {
                    Kind::V4
                }
            }
            Self::L4Protocol | Self::HeaderProtocol(_) => Kind::Protocol,
            Self::Family => Kind::Family,
            Self::EtherType => Kind::EtherType,
            Self::SourcePort(_) | Self::DestinationPort(_) => Kind::Port,
            Self::IcmpType(false) => Kind::IcmpType,
            Self::IcmpType(true) => Kind::Icmpv6Type,
            Self::IcmpCode(false) => Kind::IcmpCode,
            Self::IcmpCode(true) => Kind::Icmpv6Code,
            Self::State => Kind::State,
            Self::TcpFlags => Kind::TcpFlags,
            Self::HopLimit(_) => Kind::HopLimit,
        }
    }

    /// `None` ends the rule without a match: the packet has no such header.
    pub fn of(self, seen: &Seen<'_>) -> Option<Value> {
        let packet = seen.packet;
        let v6 = packet.source.is_ipv6();
        let number = |value: u16| Some(Value::Number(u128::from(value)));
        let port = |wanted: Option<u8>, value: u16| match (wanted, packet.protocol) {
            (Some(wanted), protocol) if wanted != protocol => None,
            (_, 6 | 17 | 132) => number(value),
            _ => Some(Value::Unknown),
        };
        match self {
            Self::InInterface => Some(Value::Name(seen.iif.to_owned())),
            Self::OutInterface => Some(Value::Name(seen.oif.to_owned())),
            Self::Source(six) => {
                (six == v6).then(|| Value::Number(crate::oracle::address::number(packet.source)))
            }
            Self::Destination(six) => {
                (six == v6).then(|| Value::Number(crate::oracle::address::number(packet.destination)))
            }
            Self::Masked {
                destination,
                six,
                mask,
            } => {
                let end = if destination {
                    packet.destination
                } else {
                    packet.source
                };
                (six == v6).then(|| Value::Number(crate::oracle::address::number(end) & mask))
            }
            Self::L4Protocol => number(u16::from(packet.protocol)),
            Self::HeaderProtocol(six) if six == v6 => number(u16::from(packet.protocol)),
            Self::HeaderProtocol(_) => None,
            Self::Family => number(if v6 { 10 } else { 2 }),
            Self::EtherType => number(if v6 { 0x86dd } else { 0x0800 }),
            // The first two bytes of ICMP are type and code. What other protocols hold there is not modelled.
            Self::SourcePort(None) if is_icmp(packet, v6) => number(packet.first * 256 + packet.second),
            Self::SourcePort(wanted) => port(wanted, packet.first),
            Self::DestinationPort(wanted) => port(wanted, packet.second),
            Self::IcmpType(six) if is_icmp(packet, six) => number(packet.first),
            Self::IcmpCode(six) if is_icmp(packet, six) => number(packet.second),
            Self::IcmpType(_) | Self::IcmpCode(_) => None,
            Self::State => number(match seen.state {
                State::Invalid => 1,
                State::Established => 2,
                State::Related => 4,
                State::New => 8,
                State::Untracked => 64,
            }),
            Self::TcpFlags => (packet.protocol == 6).then_some(Value::Number(u128::from(seen.tcp_flags))),
            Self::HopLimit(six) => (six == v6).then_some(Value::Number(u128::from(seen.hop_limit))),
        }
    }
}

fn is_icmp(packet: &Packet, v6: bool) -> bool {
    packet.source.is_ipv6() == v6 && packet.protocol == if v6 { 58 } else { 1 }
}

/// Reads a field where the next words name one; `None` leaves the cursor where it is.
pub fn read_field(cursor: &mut Cursor) -> Result<Option<Field>, ReadError> {
    let Some(first) = cursor.peek_word().map(str::to_owned) else {
        return Ok(None);
    };
    let short = match first.as_str() {
        "iifname" | "iif" => Some(Field::InInterface),
        "oifname" | "oif" => Some(Field::OutInterface),
        _ => None,
    };
    if short.is_some() {
        cursor.word()?;
        return Ok(short);
    }
    let second = cursor.second_word().unwrap_or_default();
    let protocol = match first.as_str() {
        "tcp" => Some(6),
        "udp" => Some(17),
        "sctp" => Some(132),
        _ => None,
    };
    let field = match (first.as_str(), second) {
        ("meta", "iifname") => Field::InInterface,
        ("meta", "oifname") => Field::OutInterface,
        ("meta", "l4proto") => Field::L4Protocol,
        ("meta", "nfproto") => Field::Family,
        ("meta", "protocol") => Field::EtherType,
        ("ip", "saddr") => Field::Source(false),
        ("ip", "daddr") => Field::Destination(false),
        ("ip6", "saddr") => Field::Source(true),
        ("ip6", "daddr") => Field::Destination(true),
        ("ip", "protocol") => Field::HeaderProtocol(false),
        ("ip6", "nexthdr") => Field::HeaderProtocol(true),
        ("ip", "ttl") => Field::HopLimit(false),
        ("ip6", "hoplimit") => Field::HopLimit(true),
        ("th" | "tcp" | "udp" | "sctp", "sport") => Field::SourcePort(protocol),
        ("th" | "tcp" | "udp" | "sctp", "dport") => Field::DestinationPort(protocol),
        ("tcp", "flags") => Field::TcpFlags,
        ("icmp", "type") => Field::IcmpType(false),
        ("icmp", "code") => Field::IcmpCode(false),
        ("icmpv6", "type") => Field::IcmpType(true),
        ("icmpv6", "code") => Field::IcmpCode(true),
        ("ct", "state") => Field::State,
        _ => return Ok(None),
    };
    cursor.word()?;
    cursor.word()?;
    let (destination, six) = match field {
        Field::Source(six) => (false, six),
        Field::Destination(six) => (true, six),
        _ => return Ok(Some(field)),
    };
    if !cursor.take("&") {
        return Ok(Some(field));
    }
    let word = cursor.word()?;
    let mask = field.kind().number(&word);
    let mask = mask.ok_or_else(|| cursor.error(format!("`{word}` is not a mask")))?;
    Ok(Some(Field::Masked {
        destination,
        six,
        mask,
    }))
}

/// Reads `field . field …`.
pub fn read_fields(cursor: &mut Cursor) -> Result<Option<Vec<Field>>, ReadError> {
    let Some(first) = read_field(cursor)? else {
        return Ok(None);
    };
    let mut fields = vec![first];
    while cursor.take(".") {
        let next = read_field(cursor)?;
        fields.push(next.ok_or_else(|| cursor.error("expected a field after `.`"))?);
    }
    Ok(Some(fields))
}
