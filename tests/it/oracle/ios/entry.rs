//! One access control entry: reading its words, and matching a packet against it.

use std::net::{IpAddr, Ipv4Addr};

use septum::packet::Packet;

use super::group::Groups;
use super::names;
use crate::oracle::address::{AddressRange, decimal};

/// What an entry can see of a packet beyond its five numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sight {
    /// TCP with ACK or RST set.
    pub established: bool,
    /// A fragment other than the first: it has no ports and no ICMP type.
    pub later_fragment: bool,
}

/// One permit or deny line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub permit: bool,
    pub protocol: Protocol,
    pub source: Place,
    pub source_ports: Ports,
    pub destination: Place,
    pub destination_ports: Ports,
    pub icmp: Option<(u8, Option<u8>)>,
    pub established: bool,
    pub fragments: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    Any,
    Number(u8),
    /// An `object-group service` in the place of the protocol.
    Group(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Any,
    /// An address and an inverted mask whose ones may stand anywhere.
    Wildcard(Ipv4Addr, Ipv4Addr),
    Range(AddressRange),
    Group(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ports {
    Any,
    Equal(Vec<u16>),
    NotEqual(Vec<u16>),
    Above(u16),
    Below(u16),
    Range(u16, u16),
}

impl Ports {
    pub fn contains(&self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Equal(ports) => ports.contains(&port),
            Self::NotEqual(ports) => !ports.contains(&port),
            Self::Above(low) => port > *low,
            Self::Below(high) => port < *high,
            Self::Range(low, high) => *low <= port && port <= *high,
        }
    }
}

impl Place {
    fn contains(&self, address: IpAddr, groups: &Groups) -> bool {
        match self {
            Self::Any => true,
            Self::Range(range) => range.contains(address),
            Self::Wildcard(base, wildcard) => match address {
                IpAddr::V4(v4) => v4.to_bits() | wildcard.to_bits() == base.to_bits() | wildcard.to_bits(),
                IpAddr::V6(_) => false,
            },
            Self::Group(name) => groups.network_contains(name, address),
        }
    }
}

impl Entry {
    /// True where the entry looks at something that only a first fragment carries.
    fn looks_at_layer_4(&self) -> bool {
        self.source_ports != Ports::Any
            || self.destination_ports != Ports::Any
            || self.icmp.is_some()
            || self.established
            || matches!(self.protocol, Protocol::Group(_))
    }

    /// True where the entry decides about the packet.
    ///
    /// A later fragment has no ports. A *permit* with ports lets it through on its addresses alone, a *deny* with
    /// ports does not stop it; `fragments` matches nothing but later fragments (Cisco, "Access Control Lists and
    /// IP Fragments").
    pub fn matches(&self, packet: &Packet, sight: Sight, groups: &Groups) -> bool {
        let addresses = self.source.contains(packet.source, groups)
            && self.destination.contains(packet.destination, groups);
        if !addresses {
            return false;
        }
        let protocol = match &self.protocol {
            Protocol::Any => true,
            Protocol::Number(number) => *number == packet.protocol,
            Protocol::Group(name) => groups.service_contains(name, packet, sight.later_fragment),
        };
        if !protocol {
            return false;
        }
        if sight.later_fragment {
            return self.fragments || !self.looks_at_layer_4() || self.permit;
        }
        if self.fragments {
            return false;
        }
        let icmp = match self.icmp {
            None => true,
            Some((kind, code)) => {
                packet.first == u16::from(kind) && code.is_none_or(|code| packet.second == u16::from(code))
            }
        };
        self.source_ports.contains(packet.first)
            && self.destination_ports.contains(packet.second)
            && icmp
            && (!self.established || sight.established)
    }
}

/// The words of a line, read from the left.
pub struct Words<'a> {
    words: Vec<&'a str>,
    at: usize,
}

impl<'a> Words<'a> {
    pub fn of(words: &[&'a str]) -> Self {
        Self {
            words: words.to_vec(),
            at: 0,
        }
    }

    pub fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    pub fn next(&mut self) -> Result<&'a str, String> {
        let word = self.peek().ok_or("the line ends too early")?;
        self.at += 1;
        Ok(word)
    }

    pub fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        if found {
            self.at += 1;
        }
        found
    }

    pub fn end(&self) -> Result<(), String> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(format!("`{word}` is not understood here")),
        }
    }
}

/// Reads `{permit|deny} PROTO SRC [PORTS] DST [PORTS] [OPTIONS]`; for IPv6 also a `sequence N` at its end.
pub fn read_entry(words: &mut Words<'_>, v6: bool) -> Result<(Entry, Option<u32>), String> {
    let permit = match words.next()? {
        "permit" => true,
        "deny" => false,
        other => return Err(format!("`{other}` is not understood here")),
    };
    let (protocol, named) = read_protocol(words, v6)?;
    let ports_of = match (&protocol, named) {
        (Protocol::Number(number @ (6 | 17 | 132)), true) => Some(*number),
        _ => None,
    };
    let source = read_place(words, v6)?;
    let source_ports = read_ports(words, ports_of)?;
    let destination = read_place(words, v6)?;
    let destination_ports = read_ports(words, ports_of)?;
    let mut entry = Entry {
        permit,
        protocol,
        source,
        source_ports,
        destination,
        destination_ports,
        icmp: None,
        established: false,
        fragments: false,
    };
    let mut sequence = None;
    let is_icmp = named && entry.protocol == Protocol::Number(if v6 { 58 } else { 1 });
    if is_icmp {
        entry.icmp = read_icmp(words, v6)?;
    }
    while let Ok(word) = words.next() {
        match word {
            "established" if ports_of == Some(6) && !entry.established => entry.established = true,
            "log" | "log-input" => {}
            "fragments" if !entry.looks_at_layer_4() => entry.fragments = true,
            "sequence" if v6 && sequence.is_none() => sequence = Some(read_sequence(words.next()?, v6)?),
            other => return Err(format!("`{other}` is not understood here")),
        }
    }
    if entry.fragments && entry.looks_at_layer_4() {
        return Err("`fragments` cannot stand with ports or types".to_owned());
    }
    Ok((entry, sequence))
}

/// A sequence number: up to 2147483647, in IPv6 lists up to 4294967294.
pub fn read_sequence(word: &str, v6: bool) -> Result<u32, String> {
    let highest = if v6 { 4_294_967_294 } else { 2_147_483_647 };
    decimal::<u32>(word)
        .filter(|number| (1..=highest).contains(number))
        .ok_or_else(|| format!("`{word}` is not a sequence number"))
}

/// The protocol, and whether it was written as a keyword: only then may ports and types follow.
pub fn read_protocol(words: &mut Words<'_>, v6: bool) -> Result<(Protocol, bool), String> {
    let word = words.next()?;
    if word == if v6 { "ipv6" } else { "ip" } {
        return Ok((Protocol::Any, true));
    }
    if word == "object-group" && !v6 {
        return Ok((Protocol::Group(words.next()?.to_owned()), true));
    }
    if let Some(number) = names::protocol(v6, word) {
        return Ok((Protocol::Number(number), true));
    }
    match decimal::<u8>(word) {
        // IOS keeps `ip` itself as protocol 0: such an entry may well match everything.
        Some(0) => Err("protocol 0 may mean any protocol on IOS".to_owned()),
        Some(number) => Ok((Protocol::Number(number), false)),
        None => Err(format!("`{word}` is not a protocol")),
    }
}

fn read_place(words: &mut Words<'_>, v6: bool) -> Result<Place, String> {
    let word = words.next()?;
    let bad = |word: &str| format!("`{word}` is not an address here");
    match word {
        "any" => Ok(Place::Any),
        "host" => {
            let word = words.next()?;
            let address: IpAddr = word.parse().map_err(|_| bad(word))?;
            if address.is_ipv6() != v6 {
                return Err(bad(word));
            }
            Ok(Place::Range(AddressRange::single(address)))
        }
        "object-group" if !v6 => Ok(Place::Group(words.next()?.to_owned())),
        _ if v6 => AddressRange::parse_prefix(word)
            .filter(|range| range.first.is_ipv6())
            .map(Place::Range)
            .ok_or_else(|| bad(word)),
        _ => {
            let base = word.parse().map_err(|_| bad(word))?;
            let wildcard = words.next()?;
            Ok(Place::Wildcard(
                base,
                wildcard.parse().map_err(|_| bad(wildcard))?,
            ))
        }
    }
}

/// Reads a port operator where one follows and the protocol has ports.
pub fn read_ports(words: &mut Words<'_>, protocol: Option<u8>) -> Result<Ports, String> {
    let operator = match words.peek() {
        Some(word @ ("eq" | "neq" | "gt" | "lt" | "range")) => word,
        _ => return Ok(Ports::Any),
    };
    let Some(protocol) = protocol else {
        return Err(format!("`{operator}` needs tcp or udp by name"));
    };
    words.next()?;
    let is_port = |word: &str| decimal::<u16>(word).or_else(|| names::port(protocol, word));
    let mut one = || {
        let word = words.next()?;
        is_port(word).ok_or_else(|| format!("`{word}` is not a port"))
    };
    Ok(match operator {
        "gt" => match one()? {
            65535 => return Err("`gt 65535` matches nothing".to_owned()),
            port => Ports::Above(port),
        },
        "lt" => match one()? {
            0 => return Err("`lt 0` matches nothing".to_owned()),
            port => Ports::Below(port),
        },
        "range" => {
            let (low, high) = (one()?, one()?);
            if low > high {
                return Err(format!("`range {low} {high}` is upside down"));
            }
            Ports::Range(low, high)
        }
        _ => {
            let mut ports = vec![one()?];
            while let Some(port) = words.peek().and_then(is_port) {
                words.next()?;
                ports.push(port);
            }
            if ports.len() > 10 {
                return Err("more than ten ports in one entry".to_owned());
            }
            if operator == "eq" {
                Ports::Equal(ports)
            } else {
                Ports::NotEqual(ports)
            }
        }
    })
}

/// Reads a message name, or a type and perhaps a code.
pub fn read_icmp(words: &mut Words<'_>, v6: bool) -> Result<Option<(u8, Option<u8>)>, String> {
    let Some(word) = words.peek() else {
        return Ok(None);
    };
    if let Some(message) = names::icmp(v6, word) {
        words.next()?;
        return Ok(Some(message));
    }
    let Some(kind) = decimal::<u8>(word) else {
        return Ok(None);
    };
    words.next()?;
    let code = words.peek().and_then(decimal::<u8>);
    if code.is_some() {
        words.next()?;
    }
    Ok(Some((kind, code)))
}
